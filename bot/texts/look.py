"""A text as telephones show it: bubbles, buttons, the line on a locked screen. Through the one renderer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from bot.phrasing import Catalogues, Phrasing
from bot.texts import place, rules, shape
from bot.texts.check import PLACEHOLDER
from connectors.base import Limits, Outbound

LOCK_LETTERS = 70
PHONES = ("whatsapp", "telegram")


@dataclasses.dataclass(frozen=True, slots=True)
class Phone:
    """What one kind of telephone shows for a text."""

    name: str
    lock: str
    messages: Sequence[Outbound]


def line(key: str, text: str) -> list[tuple[str, bool]]:
    """A text of the console in pieces: what is written, and (True) a sample of each value that a page fills in."""
    samples = {**rules.common()["samples"], **rules.common()["samples_of"].get(key, {})}
    parts = PLACEHOLDER.split(text)  # every second one is a name
    said = [
        (str(samples.get(part, f"{{{part}}}")) if n % 2 else part, bool(n % 2))
        for n, part in enumerate(parts)
    ]
    return [(words, filled) for words, filled in said if words]


def phones(catalogues: Catalogues, locale: str, key: str, limits: Mapping[str, Limits]) -> list[Phone]:
    """The text with sample values and its choices, on each telephone."""
    act = shape.act(key, rules.common()["samples"])
    found = []
    for name in PHONES:
        one = next((limit for channel, limit in limits.items() if name in channel), None)
        if one is not None:
            messages = Phrasing(catalogues).render(act, locale, one)
            found.append(Phone(name, lock(messages[0].text), messages))
    return found


def phone(channel: str, messages: Sequence[Outbound]) -> Phone:
    """These messages on the one telephone that a channel reaches."""
    name = next((name for name in PHONES if name in channel), channel)
    return Phone(name, lock(messages[0].text), messages)


def lock(text: str) -> str:
    """What a locked screen shows: the first line, cut."""
    line = text.split("\n", maxsplit=1)[0]
    return line if len(line) <= LOCK_LETTERS else f"{line[: LOCK_LETTERS - 1].rstrip()}…"


def conversation(
    catalogues: Catalogues, locale: str, keys: Sequence[str], limits: Mapping[str, Limits]
) -> dict[str, list[tuple[str, list[Phone]]]]:
    """Place → the texts said there with their telephones, in the order of the catalogue; buttons go with questions."""
    found: dict[str, list[tuple[str, list[Phone]]]] = {name: [] for name in place.names()}
    for key in keys:
        if key not in shape.shown_in() and not rules.is_staff(key):
            found[place.of(key)].append((key, phones(catalogues, locale, key, limits)))
    return {name: texts for name, texts in found.items() if texts}
