"""A typed message → the choice it means, among those last shown: by digit, emoji, exact title or short word.

Pure. What it does not recognise goes to the language model; it never guesses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

KEYCAP = "️⃣"
YOUNGEST = 6  # below this a number is the number of an option, not an age
MORE = "more"  # the value of the button that shows the answers which three buttons could not hold


def load_words(locales: Path, locale: str) -> dict[str, frozenset[str]]:
    """Value → short answers of a language (``locales/<lang>/answers.yml``); empty when it has none."""
    path = locales / locale / "answers.yml"
    if not path.is_file():
        return {}
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {value: frozenset(fold(word) for word in words) for value, words in data.items()}


def fold(text: str) -> str:
    """Lower case, no accents, no outer punctuation, single spaces: for comparing whole messages."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip(" .,;:!¡?¿\"'()")


def match(
    text: str, shown: Sequence[Mapping[str, Any]], words: Mapping[str, frozenset[str]], *, multi: bool
) -> tuple[Any, str] | None:
    """``(value, source)`` of the choice that ``text`` names, or None.

    ``shown``: ``{"id", "title", "value"}`` in the order of their numbers. With ``multi`` several numbers
    ("1, 3 y 4") give one value whose ``v`` is the list of ticks.
    """
    if not shown:
        return None
    numbers = _numbers(text)
    if multi and len(numbers) > 1:
        picked = [shown[n - 1]["value"] for n in numbers if 1 <= n <= len(shown)]
        if len(picked) == len(numbers):
            return {**picked[0], "v": [value["v"] for value in picked]}, "digit"
        return None
    if len(numbers) == 1 and 1 <= numbers[0] <= len(shown):
        return shown[numbers[0] - 1]["value"], "digit"
    plain = fold(text)
    for choice in shown:
        if plain and plain == fold(choice["title"]):
            return choice["value"], "word"
    for choice in shown:
        value = choice["value"].get("v")
        if isinstance(value, str) and (plain or text.strip()) in words.get(value, ()):
            return choice["value"], "word"
    return None


def age_band(text: str) -> str | None:
    """The band of the one age that a message names in digits ("tengo 25"); None when it names none or several."""
    found = re.findall(r"(?<!\d)\d{1,2}(?!\d)", text)
    if len(found) != 1 or len(re.findall(r"\d", text)) != len(found[0]) or int(found[0]) < YOUNGEST:
        return None
    years = int(found[0])
    return "18" if years >= 18 else "14_17" if years >= 14 else "u14"


def _numbers(text: str) -> list[int]:
    """The numbers of a message that holds nothing but small numbers and what joins them; else none."""
    bare = text.replace(KEYCAP, " ").replace("⃣", " ").replace("️", "")
    if not re.fullmatch(r"[\s\d,.;:)yY&+\-]*\d[\s\d,.;:)yY&+\-]*", bare):
        return []
    return [int(n) for n in re.findall(r"\d{1,2}(?!\d)", bare)] if not re.search(r"\d{3,}", bare) else []
