"""The age that somebody tells in figures or words → its band. Pure; the words stand in ``ages.yml``.

The language model has no sense of numbers, and "mayor de edad" stands close to "menor de edad". Promise: whoever says
to be under age is never read as an adult; what can be read two ways, or is said of somebody else, is not read.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

TABLES = Path(__file__).parent / "ages.yml"
ADULT, TEEN, CHILD = "18", "14_17", "u14"
_WORDS = re.compile(r"[^\W\d_]+|\d+")
NO_AGE = "20"
YOUNGEST = 6  # below this a number is the number of an option, or of children
NEGATED_WITHIN = 3  # words: "no, todavía no soy mayor" but not "no, gracias. Ya soy mayor"


def band(text: str) -> str | None:
    """``u14``, ``14_17`` or ``18`` (the last for every adult); None when no one age is told."""
    said = _plain(text)
    if _any(said, _words()["others"]):
        return None
    minor, adult = _claim(said, "minor"), _claim(said, "adult")
    if minor is True or adult is False:  # under age, and how much is not said
        return CHILD if _claim(said, "child") else None
    if _claim(said, "child"):
        return CHILD
    years = _years(said)
    if minor is False or adult is True:  # of legal age: a number must not say otherwise
        return ADULT if years is None or years >= 18 else None
    return None if years is None or _any(said, _words()["not"]) else _of(years)


def without_spans(text: str) -> str:
    """The text with every amount of time below the legal age written as one that nobody takes for an age.

    >>> without_spans("tengo 15 minutos, y 16 años")
    'tengo 20 minutos, y 16 años'
    """
    return _span().sub(NO_AGE, text)


def _of(years: int) -> str:
    return ADULT if years >= 18 else TEEN if years >= 14 else CHILD


def _claim(said: str, name: str) -> bool | None:
    """Whether one of these phrases is said (True) or denied (False); None when none stands there."""
    for phrase in _words()[name]:
        before, found, _ = said.partition(f" {phrase} ")
        if found:
            return not _any(f" {' '.join(before.split()[-NEGATED_WITHIN:])} ", _words()["not"])
    return None


def _years(said: str) -> int | None:
    """The one number that can be an age, less one when it is still to come."""
    if re.search(r"\d{3,}", said):
        return None
    said = _span().sub("", said)
    found = [n for n in _numbers(said.split()) if n >= YOUNGEST]
    if len(found) != 1:
        return None
    return found[0] - 1 if _any(said, _words()["before"]) else found[0]


def _numbers(words: list[str]) -> Iterable[int]:
    numbers, units = _words()["numbers"], _words()["units"]
    at = 0
    while at < len(words):
        word = words[at]
        if word.isdecimal():
            yield int(word)
        elif word in numbers:
            tens = numbers[word]
            if tens % 10 == 0 and tens >= 30 and words[at + 1 : at + 2] == ["y"] and words[at + 2 : at + 3]:
                unit = units.get(words[at + 2])
                tens, at = (tens + unit, at + 2) if unit else (tens, at)
            yield tens
        at += 1


def _any(said: str, phrases: Iterable[str]) -> bool:
    return any(f" {phrase} " in said for phrase in phrases)


def _plain(text: str) -> str:
    """Lower-case words without accents, figures apart from letters, spaces around."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return f" {' '.join(_WORDS.findall(bare))} "


@functools.cache
def _span() -> re.Pattern[str]:
    """A number below the legal age before a unit of time, in figures or in words, with or without accents."""
    young = [word for word, number in _words()["numbers"].items() if number < 18]
    units = "|".join(_words()["spans"]).replace("dia", "d[ií]a")
    return re.compile(rf"\b(?:{'|'.join(young)}|0?\d|1[0-7])(?=\s?(?:{units})\b)", re.IGNORECASE)


@functools.cache
def _words() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(TABLES.read_text(encoding="utf-8"))
    return data
