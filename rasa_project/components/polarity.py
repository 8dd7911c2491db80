"""A yes told as a no ("no te digo que no"), a no told as a yes: what letters alone get the wrong way round.

Promise: pure; None unless a line of ``polarity.yml`` says one answer and none says the other. Must not: be asked
whether a message is an answer at all; that is the model's to say.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLES = Path(__file__).parent / "polarity.yml"


@dataclass(frozen=True)
class Tables:
    """``polarity.yml``: how an answer is said with a whole message, anywhere in it, and as its last part.

    ``leads`` and ``nods``: what only leads to one. ``greeting``: what stands before one. ``first``: word → answer.
    ``words``: answer → the words that are said with it and seldom with the other. ``elsewhere``: of other times, others.
    """

    whole: Mapping[str, str]
    anywhere: Mapping[str, re.Pattern[str]]
    closing: Mapping[str, frozenset[str]]
    leads: re.Pattern[str]
    nods: frozenset[str]
    greeting: re.Pattern[str]
    first: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    elsewhere: frozenset[str]


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
        {answer: frozenset(words) for answer, words in data["words"].items()},
        frozenset(data["elsewhere"]),
    )


def plainly(whole: str) -> str | None:
    """The answer that a normalised message is, and nothing but that."""
    return tables().whole.get(whole)


def begun(whole: str) -> str | None:
    """The answer that a normalised message begins with, whatever follows."""
    return tables().first.get(whole.partition(" ")[0])


def closed(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each part that an answer's own word ends, or that is a later "sí …" or a bare later "no": answer and part.

    "sí, no me cumplieron" begins a part with a no and is a yes; a later part that begins with a "sí" is a no only
    after a bare one: "no, si es buena".
    """
    first = tables().first
    for at, part in enumerate(parts):
        opening, *more = part.split()
        answer = first.get(more[-1] if more else opening if at else "")
        if answer is None and at and first.get(opening) == "affirm" and parts[0] not in first:
            answer = "affirm"
        if answer is not None:
            yield answer, part


def confirmed(answer: str, parts: Sequence[str]) -> bool:
    """Whether the message comes to this answer in so many words: "no... bueno sí", "antes sí, ahora no".

    The last one counts, unless it is told of another time or of others: "a mí no, a otras sí" comes to nothing.
    """
    answers = list(closed(parts))
    if not answers:
        return False
    last, part = answers[-1]
    contrast = any(other != last for other, _ in answers)
    return last == answer and not (contrast and not tables().elsewhere.isdisjoint(part.split()))


def mixed(whole: str, other: str) -> bool:
    """Whether a normalised message holds a word of the other answer."""
    return not tables().words[other].isdisjoint(whole.split())


def polarity(whole: str, parts: Sequence[str]) -> str | None:
    """``affirm``, ``deny`` or ``unsure`` for a normalised message and its parts, told in one of the known turns.

    A bare "sí" or "no" before a comma is what was meant, unless the other word closes a part.
    """
    known = tables()
    told = {answer for answer, said in known.anywhere.items() if said.search(whole)}
    if not told and len(parts) > 1:
        told = {answer for answer, said in known.closing.items() if parts[-1] in said}
    if not told and len(parts) > 1:
        # "por supuesto que no, faltaba más", but not "claro que no... mentira, sí".
        told = {answer for answer, said in known.anywhere.items() if said.search(parts[0])}
        told = {answer for answer in told if all(one == answer for one, _ in closed(parts))}
    if len(told) != 1:
        return None
    answer = told.pop()
    bare = known.first.get(parts[0]) if len(parts) > 1 else None
    return None if bare not in (None, answer) and not confirmed(answer, parts) else answer


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
