"""A typed message → the choice it means, among those last shown: by digit, emoji, its title or words for it.

Pure. What fits no choice, or more than one, goes to the language model; it never guesses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

KEYCAP = "️⃣"
_JOINTS = re.compile(r",|;|\n|\+|&|\by\b|\be\b", re.IGNORECASE)
_ENDS = frozenset({"unsure", "declined", "done"})  # answers to a list that are no tick of it


def load_words(locales: Path, locale: str) -> dict[str, frozenset[str]]:
    """Value → short answers of a language (``locales/<lang>/answers.yml``); empty when it has none.

    Raises ``TypeError`` or a ``YAMLError`` for what are no lists of words.
    """
    path = locales / locale / "answers.yml"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - the one that makes strings only: "no" is a word
    if not isinstance(data, dict) or not all(_is_words(words) for words in data.values()):
        raise TypeError("not lists of words by value")
    return {value: frozenset(fold(word) for word in words) for value, words in data.items()}


def _is_words(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(word, str) for word in found)


def fold(text: str) -> str:
    """Lower case, no accents, no outer punctuation, single spaces: for comparing whole messages."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip(" .,;:!¡?¿\"'()")


def match(
    text: str, shown: Sequence[Mapping[str, Any]], words: Mapping[str, frozenset[str]], *, multi: bool
) -> tuple[Any, str] | None:
    """``(value, source)`` of the choice that ``text`` names, or None.

    ``shown``: ``{"id", "title", "value"}`` in the order of their numbers. With ``multi`` several numbers
    ("1, 3 y 4") or words ("el pago y los papeles") give one value whose ``v`` is the list of ticks.
    """
    if not shown:
        return None
    numbers = _numbers(text)
    if multi and len(numbers) > 1:
        picked = [shown[n - 1]["value"] for n in numbers if 1 <= n <= len(shown)]
        return (_ticks(picked), "digit") if len(picked) == len(numbers) else None
    if len(numbers) == 1 and 1 <= numbers[0] <= len(shown):
        return shown[numbers[0] - 1]["value"], "digit"
    if (value := _named(text, shown, words)) is not None:
        return value, "word"
    if multi and fold(text) in words.get("all", frozenset()):
        return _ticks([one["value"] for one in shown if one["value"].get("v") not in _ENDS]), "word"
    parts = [part for part in _JOINTS.split(text) if part.strip()] if multi else []
    named = [_named(part, shown, words) or _named(_bare(part, words), shown, words) for part in parts]
    ticks = [value for value in named if value is not None and value.get("v") not in _ENDS]
    if not ticks or len(ticks) < len(parts):
        return None
    return (_ticks(ticks) if len(ticks) > 1 else ticks[0]), "word"


def _bare(text: str, words: Mapping[str, frozenset[str]]) -> str:
    """Without small words: "en el pago" names what "pago" does."""
    small = words.get("fillers", frozenset())
    return " ".join(word for word in fold(text).split() if word not in small)


def _ticks(picked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**picked[0], "v": list(dict.fromkeys(value["v"] for value in picked))}


def _named(
    text: str, shown: Sequence[Mapping[str, Any]], words: Mapping[str, frozenset[str]]
) -> Mapping[str, Any] | None:
    """The one choice whose title, or whose words in the table, the text is; else whose title it shortens."""
    plain = fold(text)
    said = plain or text.strip()
    if not said:
        return None
    for choice in shown:
        if plain == fold(choice["title"]) != "":
            return _value(choice)
    for own in (True, False):  # what it says to this question counts before what it says anywhere
        for choice in shown:
            q, v = choice["value"].get("q"), choice["value"].get("v")
            if isinstance(v, str) and said in words.get(f"{q}.{v}" if own else v, frozenset()):
                return _value(choice)
    shortened = [choice for choice in shown if _shortens(plain, fold(choice["title"]), words)]
    return _value(shortened[0]) if len(shortened) == 1 else None


def _value(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    value: Mapping[str, Any] = choice["value"]
    return value


def _shortens(plain: str, title: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether the text is the telling part of a title: "oferta" of "Es una oferta", not "ahora" of "Ahora no"."""
    said, whole = set(plain.split()), set(title.split())
    small = words.get("fillers", frozenset())
    turning = words.get("yes", frozenset()) | words.get("no", frozenset())
    return said <= whole and bool(said - small - turning) and not (whole - said) & turning


def _numbers(text: str) -> list[int]:
    """The numbers of a message that holds nothing but small numbers and what joins them; else none."""
    bare = text.replace(KEYCAP, " ").replace("⃣", " ").replace("️", "")
    if not re.fullmatch(r"[\s\d,.;:)yY&+\-]*\d[\s\d,.;:)yY&+\-]*", bare):
        return []
    return [int(n) for n in re.findall(r"\d{1,2}(?!\d)", bare)] if not re.search(r"\d{3,}", bare) else []
