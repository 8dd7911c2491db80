"""Plates of cars and motorcycles.

Stage: detector. Promise: the forms of Peru wherever they stand, any form after "placa" or a vehicle. Must not: take a
sum for a plate ("el bus son 200").
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.lexicon import everyday
from bot.redaction.view import Found, View

# With a hyphen, or letter-digit-letter: no other word looks so.
_SURE = re.compile(
    r"(?<![\w-])(?:[a-z][a-z0-9]{2}-\d{3}|[a-z]\d[a-z][ ]?\d{3}|[a-z]\d{2}-?\d{3}|\d{4}-\d[a-z]|[a-z]{2}\d{3}[a-z]{2})(?![\w-])"
)
# Only in capitals.
_CAPITAL = re.compile(
    r"(?<![\w-])(?:[a-z]{3}\d{3}|[a-z]{3}[ ]\d{3}|[a-z]{2,3}-\d{4}|\d{4}-[a-z]{2})(?![\w-])"
)
_FORM = (
    r"[a-z][a-z0-9]{2}[- ]?\d{3}|\d{4}[- ]?\d?[a-z]{1,2}|[a-z]{2,3}[- ]?\d{4}|[a-z]{2}\d{3}[a-z]{2}"
    r"|[a-z]{2}-\d{5}|[a-z]{3}\d[a-z]\d{2}|[a-z]{3}(?: de bola)? \d{3}|[a-z]{2}[- ]\d{3}[- ][a-z]{2}"
)
_LETTERS = re.compile(r"[a-z]+")


def find(view: View) -> Iterator[Found]:
    """PLATE."""
    for match in _SURE.finditer(view.plain):
        yield Found(match.start(), match.end(), "PLATE")
    for match in _CAPITAL.finditer(view.plain):
        letters = _LETTERS.search(match[0])
        if letters and view.capital(*view.place(match.start(), match.end())) and not _says(letters[0]):
            yield Found(match.start(), match.end(), "PLATE")
    for match in _told().finditer(view.plain):
        letters = _LETTERS.search(match["plate"] or match["other"])
        digits = any(c.isdigit() for c in match["plate"] or match["other"])
        if digits and not (match["vehicle"] and letters and _says(letters[0])):
            group = "plate" if match["plate"] else "other"
            yield Found(match.start(group), match.end(group), "PLATE")


def _says(letters: str) -> bool:
    """A word or the short name of a document, no letters of a plate."""
    cues = data.load("numbers")["cues"]
    return everyday(letters) or any(letters in cues[kind] for kind in cues)


@functools.cache
def _told() -> re.Pattern[str]:
    vehicles = "|".join(sorted(data.words("numbers", "vehicles"), key=len, reverse=True))
    between = "|".join(sorted(data.words("numbers", "vehicle_words"), key=len, reverse=True))
    return re.compile(
        rf"\b(?:(?P<vehicle>{vehicles})|placas?)\b\W{{1,3}}(?:(?:{between})\W{{1,3}}){{0,5}}"
        rf"(?:(?P<plate>{_FORM})|(?<=[\W])(?P<other>(?<=placa )[a-z0-9]{{5,8}}|(?<=placa: )[a-z0-9]{{5,8}}))(?![\w-])"
    )
