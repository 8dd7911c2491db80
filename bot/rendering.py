"""Proof that every text fits every telephone: each key, in each language, on each channel, rendered and measured.

Pure but for the catalogues. Placeholders are filled with the longest sample values. What a channel would have to
cut, split or show otherwise than meant is a fault, and so is an alarming word where a locked screen shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from bot.phrasing import FALLBACK, Catalogues, MissingTextError, Phrasing
from bot.texts import rules, shape
from connectors.base import Limits, Outbound

LOCK_SCREEN = 40  # letters that a notification surely shows
CALLBACK_BYTES = 64  # Telegram; WhatsApp allows 200
LABEL = 20
YES_NO = 4  # answers that three buttons can show, the third opening the rest


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where."""

    key: str
    locale: str
    channel: str
    what: str


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """How much was rendered, and every fault."""

    rendered: int
    faults: tuple[Fault, ...]


class Everything:
    """Each question as if it were recorded: the choice to hear it must fit wherever it is offered."""

    def of(self, locale: str, key: str, text: str) -> str:  # noqa: ARG002 - as ``bot.recordings`` has it
        return f"{locale}/{key}"


def prove(catalogues: Catalogues, channels: Mapping[str, Limits]) -> Proof:
    """Render everything that chatters can read. A language without a text of its own shows the Spanish one."""
    keys = sorted(catalogues.keys(FALLBACK))
    count, faults = 0, []
    for locale in catalogues.locales:
        for key in keys:
            for channel, limits in channels.items():
                count += 1
                found = _faults(Phrasing(catalogues, recordings=Everything()), key, locale, limits)
                faults += [Fault(key, locale, channel, what) for what in found]
    return Proof(count, tuple(faults))


def rendered(phrasing: Phrasing, key: str, locale: str, limits: Limits) -> list[Outbound]:
    """What a telephone gets for a key, its choices included, with the longest sample values."""
    return phrasing.render(shape.act(key, rules.common()["samples"]), locale, limits)


def _faults(phrasing: Phrasing, key: str, locale: str, limits: Limits) -> Iterator[str]:
    act = shape.act(key, rules.common()["samples"])
    try:
        messages = rendered(phrasing, key, locale, limits)
    except MissingTextError as missing:
        yield f"no text for {missing.args[0]}"
        return
    if len(messages) > 1:
        yield f"the body is too long: it goes out in {len(messages)} parts"
    last = messages[-1]
    meant = _meant([choice["id"] for choice in act["choices"]], limits)
    if last.layout != meant:
        yield f"a title is too long: the choices go out as {last.layout}, not {meant}"
    yield from _choices(last, limits)
    text = messages[0].text
    if word := rules.alarms(text.split("\n", 1)[0], locale):
        yield f"alarming in the first line: {word}"
    elif rules.shows_first_line(key) and (word := rules.alarms(text[:LOCK_SCREEN], locale)):
        yield f"alarming on a locked screen: {word}"


def _meant(ids: Sequence[str], limits: Limits) -> str:
    """How these choices are meant to be shown on this channel."""
    yes_no = len(ids) == YES_NO and ids[0].endswith(".yes") and ids[1].endswith(".no")
    if ids and (len(ids) <= limits.buttons or (yes_no and limits.buttons)):
        return "buttons"
    return "list" if 0 < len(ids) <= limits.list_items else "plain"


def _choices(message: Outbound, limits: Limits) -> Iterator[str]:
    if message.layout == "plain":
        return
    most = limits.buttons if message.layout == "buttons" else limits.list_items
    longest = limits.button_title if message.layout == "buttons" else limits.list_title
    titles = [choice.title for choice in message.choices]
    if len(titles) > most:
        yield f"{len(titles)} choices where {most} fit"
    if len(message.text) > limits.text_with_choices:
        yield f"the body holds {len(message.text)} letters where {limits.text_with_choices} fit"
    if message.layout == "list" and not 0 < len(message.list_label) <= LABEL:
        yield "the label of the list does not fit"
    for title in titles:
        if not 0 < len(title.strip()) <= longest:
            yield f"the title {title!r} holds {len(title)} letters where {longest} fit"
    yield from (f"two choices are called {title!r}" for title in _twice(titles))
    for choice in message.choices:
        if len(choice.id.encode()) > CALLBACK_BYTES:
            yield f"the id {choice.id!r} holds more than {CALLBACK_BYTES} bytes"


def _twice(titles: Sequence[str]) -> list[str]:
    return sorted({title for title in titles if titles.count(title) > 1})
