"""Whether a message says that something is over, and no more than that: an answer to "is there danger now?".

Stage: beside the rules, only where such a question is open. Promise: pure; whoever says anything besides is left to
the rules and the model. Must not: look at a message by itself, where "before" may mean anything.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from bot.safety.fold import pieces

FILE = Path(__file__).with_name("past.yml")


def over(text: str) -> bool:
    """In any of the languages of the file; people write in the one they speak.

    >>> [over(said) for said in ("eso fue antes", "ya pasó hace un año", "fue hace una hora", "antes me pegaba")]
    [True, True, False, False]
    """
    said = _folded(text)
    return any(found.search(said) and whole.fullmatch(said) for found, whole in _patterns())


def _folded(text: str) -> str:
    return " ".join(sound for _, sound in pieces(text, {}) if sound)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(_compiled(**table) for table in data.values())


def _compiled(
    spans: list[str], numbers: list[str], over: list[str], beside: list[str]
) -> tuple[re.Pattern[str], re.Pattern[str]]:
    number = rf"(?:(?:{_either(numbers)}|\d{{1,2}})(?: (?:{_either(numbers)}|\d{{1,2}})){{0,2}})"
    values = {"<n>": number, "<span>": f"(?:{_either(spans)})"}
    signs = "|".join(_sign(phrase, values) for phrase in over)
    one = f"(?:{signs}|{_either(beside)})"
    return re.compile(rf"\b(?:{signs})\b"), re.compile(rf"{one}(?: {one})*+")


def _sign(phrase: str, values: dict[str, str]) -> str:
    return " ".join(values.get(word) or _folded(word) for word in phrase.split())


def _either(phrases: Iterable[str]) -> str:
    return "|".join(sorted((_folded(phrase) for phrase in phrases), key=len, reverse=True))
