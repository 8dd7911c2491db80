"""Is a catalogue fit to be read on a telephone that may be watched? Errors block, warnings explain. Pure.

Every finding names file, line, key and, in words from the catalogue ``console.po``, what to change.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from bot.texts import reading, rules, sayable, shape, variants
from bot.texts.po import Entry, LineError, one_line, parse
from connectors.base import Limits

Level = Literal["error", "warning"]
SPANISH = variants.FALLBACK
PLACEHOLDER = re.compile(r"\{(\w*)\}")
NUMBER = re.compile(r"(?<![\w/.])(?:0800[ -][\d -]*\d|\+?\d[\d -]{5,}\d|1\d{2,3})(?![\w/])")
LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:[a-z]{2,3}\.)?(?:pe|com|org|net|int|gob|info)\b[^\s,;]*",
    re.IGNORECASE,
)
Found = tuple[Level, str, dict[str, str]]  # level, code, what the words of the code are filled with


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that somebody should look at; ``console.check.<code>`` has the words."""

    level: Level
    code: str
    file: str
    line: int
    key: str
    params: Mapping[str, str]


class Checker:
    """The rules with the limits of the channels that are to be served."""

    def __init__(self, limits: Mapping[str, Limits]) -> None:
        self.limits = limits

    def file(
        self, locale: str, domain: str, source: str, spanish: Mapping[str, str] | None = None
    ) -> list[Finding]:
        """Everything about one catalogue. ``spanish`` is the source of a translation."""
        name = f"{locale}/LC_MESSAGES/{domain}.po"
        try:
            entries = parse(source)
        except LineError as error:
            return [Finding("error", "unreadable", name, error.line, "", {})]
        texts = {entry.key: entry.text for entry in entries}
        around = {**(spanish or {}), **texts} if variants.is_variant(locale) else texts
        found = [*_whole(locale, domain, entries, texts)]
        for entry in entries:
            if entry.text:
                made_from = (spanish or {}).get(entry.key, "")
                more = [
                    *self.text(locale, entry.key, entry.text, around, made_from),
                    *_translated(locale, entry, spanish),
                ]
                found += [(entry.line, entry.key, one) for one in more]
        return sorted(
            (Finding(one[0], one[1], name, line, key, one[2]) for line, key, one in found),
            key=lambda f: (f.line, f.key, f.code),
        )

    def text(
        self, locale: str, key: str, text: str, texts: Mapping[str, str], made_from: str = ""
    ) -> list[Found]:
        """Everything about one text; ``texts`` are the others of its catalogue.

        ``made_from`` is what it translates or takes the place of, which tells the values that a text of the console
        is given. Such a text is for staff at a screen: no channel's limit, no locked telephone, no reader in need.
        """
        if rules.is_staff(key):
            return [*_values(key, text, made_from), *_banned(locale, key, text, team=True)]
        filled = fill(text)
        return [
            *_placeholders(key, text),
            *self._fits(key, filled),
            *_buttons(key, text, texts),
            *_readable(locale, key, filled),
            *_addressed(locale, key, text),
            *_said(locale, key, text),
            *_directory(locale, key, text),
            *_needed(key, text),
        ]

    def _fits(self, key: str, filled: str) -> Iterator[Found]:
        choices = shape.choices_of(key)
        for limits in self.limits.values():
            most = limits.text_with_choices if choices else limits.text
            if len(filled) > most:
                yield "error", "long", {"n": str(len(filled)), "most": str(most)}
                return
        longest = shape.longest(key)
        if longest is not None and len(filled) > longest:
            yield "error", "button_long", {"n": str(len(filled)), "most": str(longest)}


def fill(text: str) -> str:
    """The text with sample values, as long as they get."""
    samples = rules.common()["samples"]
    return PLACEHOLDER.sub(lambda found: str(samples.get(found[1], found[0])), text)


def _whole(
    locale: str, domain: str, entries: list[Entry], texts: Mapping[str, str]
) -> Iterator[tuple[int, str, Found]]:
    """What only the file as a whole shows: keys that are missing, left over or there twice."""
    end = entries[-1].last if entries else 1
    wanted, begun = sayable.wanted(domain)
    for key in () if variants.is_variant(locale) else sorted(wanted):
        if not texts.get(key):
            at = next((e.line for e in entries if e.key == key), end)
            yield at, key, ("error" if locale == SPANISH else "warning", "missing", {})
    seen: set[str] = set()
    for entry in entries:
        if entry.key in seen:
            yield entry.line, entry.key, ("error", "twice", {})
        elif entry.key not in wanted and not entry.key.startswith(tuple(begun)):
            yield entry.line, entry.key, ("error", "unused", {})
        seen.add(entry.key)


def _translated(locale: str, entry: Entry, spanish: Mapping[str, str] | None) -> Iterator[Found]:
    if locale == SPANISH or spanish is None:
        return
    source = spanish.get(entry.key)
    left = entry.left_behind(source)
    if variants.parts(locale).modifier and (
        left or (entry.fuzzy and source)
    ):  # our own words, no translator's
        yield "error", "stale", {"text": one_line(source or "")}
        return
    if entry.fuzzy:
        yield "warning", "unreviewed", {}
    if left:
        yield "warning", "stale", {"text": one_line(source or "")}


def _placeholders(key: str, text: str) -> Iterator[Found]:
    there = set(PLACEHOLDER.findall(text))
    known = set(rules.common()["placeholders"].get(key, ()))
    for name in sorted(there - known):
        yield "error", "placeholder", {"name": f"{{{name}}}"}
    for name in sorted(known - there):
        yield "error", "placeholder_lost", {"name": f"{{{name}}}"}


def _values(key: str, text: str, made_from: str) -> Iterator[Found]:
    """The values of a text of the console: what its pages fill in; of a key that they put together, what it had."""
    there, had = set(PLACEHOLDER.findall(text)), set(PLACEHOLDER.findall(made_from))
    filled = sayable.console_placeholders().get(key)
    known = filled if filled is not None else had if made_from else there
    for name in sorted(there - known):
        yield "error", "placeholder", {"name": f"{{{name}}}"}
    for name in sorted(had - there):
        yield "warning", "placeholder_lost", {"name": f"{{{name}}}"}


def _banned(locale: str, key: str, text: str, *, team: bool = False) -> Iterator[Found]:
    for banned in rules.words(locale).banned:
        if (banned.team or not team) and (there := banned.found(key, text)):
            level: Level = "warning" if banned.level == "warning" else "error"
            yield level, "banned", {"words": there.strip(), "why": banned.why, "instead": banned.instead}


def _buttons(key: str, text: str, texts: Mapping[str, str]) -> Iterator[Found]:
    for choices in shape.shown_in().get(key, ()):
        for other in choices.keys:
            if other != key and texts.get(other, "").casefold() == text.casefold():
                yield "error", "button_twice", {"other": other, "question": choices.question}
                return


def _readable(locale: str, key: str, filled: str) -> Iterator[Found]:
    common = rules.common()
    longest = reading.longest(filled)
    if longest > common["sentence_words"]:
        yield "error", "sentence", {"n": str(longest), "most": str(common["sentence_words"])}
    measure = common["reading"]
    enough = len(filled.split()) >= measure["from_words"]
    if variants.language(locale) == SPANISH and enough and not rules.begins(key, measure["not"]):
        ease = reading.ease(filled)
        if ease < measure["least"]:
            yield "error", "hard", {"n": str(int(ease)), "least": str(measure["least"])}


def _said(locale: str, key: str, text: str) -> Iterator[Found]:
    """What is never said, and what a stranger may not read on a locked telephone."""
    yield from _banned(locale, key, text)
    words = rules.words(locale)
    first = text.split("\n", maxsplit=1)[0]
    if rules.shows_first_line(key) and (alarm := words.alarming.search(first)):
        yield "error", "alarming", {"words": alarm[0]}
    if key in words.cover and (ours := words.cover[key].search(text)):
        yield "error", "cover", {"words": ours[0]}


def _addressed(locale: str, key: str, text: str) -> Iterator[Found]:
    """One form of address, the catalogue's own, all through."""
    own = rules.address(locale)
    for form, given in rules.words(locale).address.items():
        if form != own and (there := given.found(key, text)):
            yield "error", "mixed", {"words": there.strip(), "why": given.why, "instead": given.instead}


def _directory(locale: str, key: str, text: str) -> Iterator[Found]:
    """Numbers and links come from the referral directory, and say whose they are."""
    shown = [line for line in sayable.lines() if line["status"] != "obsolete"]
    known = {re.sub(r"\D", "", part) for line in shown for part in re.findall(r"[\d -]{3,}", line["number"])}
    for number in NUMBER.findall(text):
        if re.sub(r"\D", "", number) not in known:
            yield "error", "number", {"number": number.strip()}
    for link in LINK.findall(text):
        if not any(line["number"] and line["number"] in link for line in shown):
            yield "error", "link", {"link": link}
    for line in shown:
        number = _digits_first(line["number"], locale)
        if line["key"] == key and number not in text:
            yield "error", "number_lost", {"number": number}
    for number, owner in rules.words(locale).owner.items():
        if number in text and owner not in text:
            yield "error", "owner", {"number": number, "owner": owner}


def _digits_first(number: str, locale: str) -> str:
    """What of a line's number is the same in every language ("113, opción 5" is "113")."""
    return number if variants.language(locale) == SPANISH else number.split(",", maxsplit=1)[0]


def _needed(key: str, text: str) -> Iterator[Found]:
    for need in rules.common()["needs"]:
        if re.search(need["keys"], key) and not re.search(need["has"], text):
            yield "error", need["why"], {}
    guarded = rules.common()["guarded"]
    if re.search(rf"\b{guarded['number']}\b", text):
        alone = key != "referral.105" and not re.search(guarded["with"], text)
        if alone or not re.search(guarded["keys"], key):
            yield "error", "police", {"number": guarded["number"]}
