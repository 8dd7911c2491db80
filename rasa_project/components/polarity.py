"""A yes told as a no ("no te digo que no"), a no told as a yes: what letters alone get the wrong way round.

Promise: pure; None unless a line of ``polarity.yml`` says one answer and none says the other. Must not: be asked
whether a message is an answer at all; that is the model's to say.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLES = Path(__file__).parent / "polarity.yml"


@dataclass(frozen=True)
class Tables:
    """``polarity.yml``: answer → how it is said anywhere in a message, and as its last part; what only leads to one."""

    anywhere: Mapping[str, re.Pattern[str]]
    closing: Mapping[str, frozenset[str]]
    leads: re.Pattern[str]


@functools.cache
def tables(path: Path = TABLES) -> Tables:
    """The tables, read once."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))

    def one(lines: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(line.format(**data["parts"]) for line in lines))

    return Tables(
        {answer: one(lines) for answer, lines in data["anywhere"].items()},
        {answer: frozenset(lines) for answer, lines in data["closing"].items()},
        one(data["leads"]),
    )


def polarity(whole: str, parts: Sequence[str]) -> str | None:
    """``affirm`` or ``deny`` for a normalised message and its parts, when it is told in one of the known turns."""
    known = tables()
    told = {answer for answer, said in known.anywhere.items() if said.search(whole)}
    if not told and len(parts) > 1:
        told = {answer for answer, said in known.closing.items() if parts[-1] in said}
    return told.pop() if len(told) == 1 else None


def without_lead(parts: Sequence[str]) -> str:
    """What is left of a message of several parts when the first only leads to the answer; empty when it does not."""
    return " ".join(parts[1:]) if len(parts) > 1 and tables().leads.fullmatch(parts[0]) else ""
