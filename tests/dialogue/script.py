"""Dialogues as data: one file a path, read here and checked before anything runs. README.md says what may stand in one.

Messages are named by their keys, so that an editor may change any text without touching a script.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.phrasing import Catalogues
from bot.texts import rules
from tests.conftest import ROOT

FOLDER = Path(__file__).parent
CATALOGUES = Catalogues(ROOT / "locales", held_back=rules.is_safety)  # as the service reads them
KEYS = frozenset(key for key in CATALOGUES.keys("es") if not key.startswith("console."))
ETC = "etc"  # in a list of messages: any number of others
ACTS = ("say", "tap", "send", "burst", "wait", "go", "staff", "language", "long")
WITH = {"hear", "with"}
ENDS = {"case", "phase", "answers", "told", "wishes", "erased", "locale"}
UNITS = {"s": 1, "min": 60, "h": 3600}


class ScriptError(ValueError):
    """A file that is not a script; the message names it and the place."""


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One thing that the person, the clock or a responder does, and what must be heard then (None: not looked at)."""

    act: str
    what: Any
    hear: tuple[str, ...] | None
    more: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """One path through the dialogue."""

    name: str
    about: str
    channels: tuple[str, ...]
    steps: tuple[Step, ...]
    never: tuple[str, ...]
    end: dict[str, Any]


def scripts() -> list[Script]:
    """All of them, in the order of their names."""
    return [read(path) for path in sorted(FOLDER.glob("*.yml"))]


def read(path: Path) -> Script:
    """Read one file; raises ``ScriptError``."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    wrong = set(data) - {"about", "only", "steps", "never", "end"}
    if wrong or not data.get("about") or not data.get("steps"):
        raise ScriptError(f"{path.name}: needs about and steps; cannot have {sorted(wrong)}")
    end = data.get("end", {})
    if set(end) - ENDS:
        raise ScriptError(f"{path.name}: end can have {sorted(ENDS)}")
    never = tuple(data.get("never", ()))
    steps = tuple(_step(path.name, n, row) for n, row in enumerate(data["steps"], 1))
    for key in (*never, *(key for step in steps for key in step.hear or ())):
        if key not in KEYS and key != ETC:
            raise ScriptError(f"{path.name}: no text has the key {key}")
    return Script(
        path.stem, data["about"], tuple(data.get("only", ("whatsapp", "telegram"))), steps, never, end
    )


def _step(name: str, n: int, row: dict[str, Any]) -> Step:
    acts = [act for act in ACTS if act in row]
    if len(acts) != 1 or set(row) - {*acts, *WITH}:
        raise ScriptError(f"{name}, step {n}: one of {', '.join(ACTS)}, and hear")
    hear = row.get("hear")
    if isinstance(hear, str):
        hear = [hear]
    return Step(acts[0], row[acts[0]], None if hear is None else tuple(hear), dict(row.get("with", {})))


def seconds(said: str) -> float:
    """``31 min`` → 1860."""
    number, _, unit = said.partition(" ")
    return float(number) * UNITS[unit]


@functools.cache
def pattern(key: str, locale: str) -> re.Pattern[str]:
    """What a message of this key looks like: the text, any value for a placeholder.

    A neutral line may stand before it, and numbered choices below.
    """
    text = CATALOGUES.text(key, locale).strip()
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", text)]
    named = ("lead.ask", "lead.say", "lead.spanish")
    leads = "|".join(re.escape(CATALOGUES.text(lead, locale)) for lead in named)
    return re.compile(rf"(?:(?:{leads})\n)?{'.+'.join(parts)}(\n\n1\. .+)?", re.DOTALL)


def name_of(text: str, locale: str) -> str:
    """The key of a text that arrived; the text itself when it is none of ours."""
    return next((key for key in sorted(KEYS) if pattern(key, locale).fullmatch(text)), repr(text[:60]))


def fits(expected: Sequence[str], texts: Sequence[str], locale: str) -> bool:
    """Whether these messages are the ones named, in their order."""
    if not expected:
        return not texts
    first, rest = expected[0], expected[1:]
    if first == ETC:
        return any(fits(rest, texts[n:], locale) for n in range(len(texts) + 1))
    return bool(texts) and bool(pattern(first, locale).fullmatch(texts[0])) and fits(rest, texts[1:], locale)
