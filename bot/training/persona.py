"""The made-up people, read from data: what each says, when, and what a good answer to them touches on.

Raises ``ValueError`` with file and reason for what is wrong in the data, before anybody trains with it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.screening.assess import assess

HERE = Path(__file__).parent
Topics = Mapping[str, tuple[re.Pattern[str], ...]]


@dataclasses.dataclass(frozen=True, slots=True)
class Persona:
    """One made-up person. ``leaves``: without which topic they are gone, after how many answers, with which word."""

    id: str
    assessed: Mapping[str, Any]
    urgency: int
    opens: Sequence[str]
    wanted: Sequence[str]
    says: Mapping[str, Sequence[str]]
    otherwise: Sequence[str]
    without: str
    after: int
    leaving: str


@functools.cache
def topics() -> Topics:
    """``topics.yml``."""
    raw: dict[str, list[str]] = yaml.safe_load((HERE / "topics.yml").read_text(encoding="utf-8"))
    return {name: tuple(re.compile(one) for one in patterns) for name, patterns in raw.items()}


@functools.cache
def personas() -> Mapping[str, Persona]:
    """All of them, the most urgent first."""
    found = [_persona(path) for path in sorted((HERE / "personas").glob("*.yml"))]
    return {one.id: one for one in sorted(found, key=lambda one: (-one.urgency, one.id))}


def _persona(path: Path) -> Persona:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    leaves = raw["leaves"]
    unknown = {*raw["wanted"], *raw["says"], leaves["without"]} - topics().keys()
    unanswered = {*raw["wanted"]} - raw["says"].keys()
    if unknown or unanswered:
        raise ValueError(
            f"{path.name}: no such topic {sorted(unknown)}, or no answer to {sorted(unanswered)}"
        )
    result = assess(raw["assessed"])
    return Persona(
        id=path.stem,
        assessed=raw["assessed"],
        urgency=int(result["urgency"][1]),
        opens=raw["opens"],
        wanted=raw["wanted"],
        says=raw["says"],
        otherwise=raw["else"],
        without=leaves["without"],
        after=leaves["after"],
        leaving=leaves["says"],
    )
