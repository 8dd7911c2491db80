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
    """``polarity.yml``: how an answer is said with a whole message, anywhere in it, and as its last part.

    ``leads`` and ``nods``: what only leads to one. ``greeting``: what stands before one. ``first``: word → answer.
    """

    whole: Mapping[str, str]
    anywhere: Mapping[str, re.Pattern[str]]
    closing: Mapping[str, frozenset[str]]
    leads: re.Pattern[str]
    nods: frozenset[str]
    greeting: re.Pattern[str]
    first: Mapping[str, str]


@functools.cache
def tables(path: Path = TABLES) -> Tables:
    """The tables, read once."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))

    def one(lines: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(line.format(**data["parts"]) for line in lines))

    return Tables(
        {said: answer for answer, lines in data["whole"].items() for said in lines},
        {answer: one(lines) for answer, lines in data["anywhere"].items()},
        {answer: frozenset(lines) for answer, lines in data["closing"].items()},
        one(data["leads"]),
        frozenset(data["nods"]),
        re.compile(data["greeting"]),
        {word: answer for answer, words in data["first"].items() for word in words},
    )


def plainly(whole: str) -> str | None:
    """The answer that a normalised message is, and nothing but that."""
    return tables().whole.get(whole)


def begun(whole: str) -> str | None:
    """The answer that a normalised message begins with, whatever follows."""
    return tables().first.get(whole.partition(" ")[0])


def polarity(whole: str, parts: Sequence[str]) -> str | None:
    """``affirm``, ``deny`` or ``unsure`` for a normalised message and its parts, told in one of the known turns."""
    known = tables()
    told = {answer for answer, said in known.anywhere.items() if said.search(whole)}
    if not told and len(parts) > 1:
        told = {answer for answer, said in known.closing.items() if parts[-1] in said}
    return told.pop() if len(told) == 1 else None


def without_lead(parts: Sequence[str]) -> str:
    """What is left of a message of several parts when the first only lead to the answer; empty when they do not."""
    known, rest = tables(), list(parts)
    while len(rest) > 1 and rest[0] in known.nods and known.leads.fullmatch(rest[1]):
        rest = rest[1:]
    return " ".join(rest[1:]) if len(rest) > 1 and known.leads.fullmatch(rest[0]) else ""


def without_greeting(whole: str) -> str:
    """What is left of a normalised message that greets before it says something; empty when it does not."""
    found = tables().greeting.match(whole)
    return whole[found.end() :] if found else ""
