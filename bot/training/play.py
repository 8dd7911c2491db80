"""A drill as it goes: what the made-up person says next, and afterwards what was good and what was missing. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bot import outgoing
from bot.choices import fold
from bot.handoff import order
from bot.training.persona import Persona, topics

PERSON, STAFF = "person", "staff"
MOST = 2  # lines at once: a person writes short
Talk = Sequence[Mapping[str, Any]]  # {"from", "text", "at"}


@dataclasses.dataclass(frozen=True, slots=True)
class Feedback:
    """What there is to learn. ``first``: seconds to the first answer, None without one; ``late``: after the target.

    ``forbidden``: kind and words of what must not be said; ``after_leaving``: answers written to other eyes.
    """

    first: float | None
    late: bool
    asked: Sequence[str]
    missed: Sequence[str]
    forbidden: Sequence[tuple[str, str]]
    after_leaving: int


def opening(persona: Persona, now: float) -> list[dict[str, Any]]:
    """How it begins."""
    return [{"from": PERSON, "text": text, "at": now} for text in persona.opens]


def touched(texts: Sequence[str]) -> list[str]:
    """The topics that these answers touch on."""
    whole = [fold(text) for text in texts]
    return [name for name, patterns in topics().items() if any(p.search(t) for p in patterns for t in whole)]


def gone(persona: Persona, talk: Talk) -> bool:
    """Whether the person has left."""
    return any(line["from"] == PERSON and line["text"] == persona.leaving for line in talk)


def answer(persona: Persona, talk: Talk, text: str, now: float) -> list[dict[str, Any]]:
    """What ``talk`` grows by when the responder writes ``text``."""
    mine = {"from": STAFF, "text": text, "at": now}
    if gone(persona, talk):
        return [mine]
    before = _written(talk)
    known = set(touched(before))
    fresh = [name for name in touched([text]) if name not in known and name in persona.says]
    if persona.without not in known | set(touched([text])) and len(before) + 1 >= persona.after:
        lines: Sequence[str] = [persona.leaving]
    elif fresh:
        lines = [line for name in fresh for line in persona.says[name]][:MOST]
    else:
        said = sum(line["text"] in persona.otherwise for line in talk if line["from"] == PERSON)
        lines = [persona.otherwise[min(said, len(persona.otherwise) - 1)]]
    return [mine, *({"from": PERSON, "text": line, "at": now} for line in lines)]


def covered(persona: Persona, talk: Talk) -> tuple[list[str], list[str]]:
    """Of what a good answer touches on: what the responder did, and what not."""
    found = set(touched(_written(talk)))
    asked = [name for name in persona.wanted if name in found]
    return asked, [name for name in persona.wanted if name not in found]


def feedback(persona: Persona, talk: Talk, alias: str) -> Feedback:
    """What a supervisor would say, by rule: the checks are those of real replies."""
    written = _written(talk)
    asked, missed = covered(persona, talk)
    answers = [line["at"] for line in talk if line["from"] == STAFF]
    first = answers[0] - talk[0]["at"] if answers else None
    forbidden = [(one.kind, one.words) for text in written for one in outgoing.check(text, (alias,))]
    left = next((n for n, line in enumerate(talk) if line["text"] == persona.leaving), len(talk))
    return Feedback(
        first=first,
        late=first is None or order.late(persona.urgency, first),
        asked=asked,
        missed=missed,
        forbidden=list(dict.fromkeys(forbidden)),
        after_leaving=sum(line["from"] == STAFF for line in talk[left:]),
    )


def _written(talk: Talk) -> list[str]:
    return [line["text"] for line in talk if line["from"] == STAFF]
