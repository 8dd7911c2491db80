"""The escalation ladder, from ``ladder.yml``: which steps are due for a case that waits. Pure."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("ladder.yml")
CONSOLE = ("screen", "sound")  # what open consoles show by themselves
SENT = ("first", "second", "supervisor", "common")  # what leaves the house
DEAD = frozenset({"failed", "nobody"})


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Tell ``to`` when a case has waited ``after`` seconds. ``n`` is its place among the steps that are sent."""

    n: int
    after: float
    to: str


@functools.cache
def steps(urgency: int) -> tuple[Step, ...]:
    """The steps for an urgency, in order. Raises ``ValueError`` for a ladder that cannot be climbed."""
    rows: Sequence[Mapping[str, object]] = _ladder()[f"U{urgency}"]
    found: list[Step] = []
    for row in rows:
        to, after = str(row["to"]), float(str(row["after"]))
        if to not in (*CONSOLE, *SENT) or after < 0:
            raise ValueError(f"ladder.yml: no step like {dict(row)}")
        found.append(Step(sum(step.to in SENT for step in found), after, to))
    sent = [step.after for step in found if step.to in SENT]
    if sent != sorted(sent):
        raise ValueError(f"ladder.yml: the steps of U{urgency} are not in order")
    return tuple(found)


def shown(urgency: int, waited: float, what: str) -> bool:
    """Whether an open console shows (``screen``) or sounds (``sound``) a case that has waited so long."""
    return any(step.to == what and waited >= step.after for step in steps(urgency))


def due(urgency: int, waited: float, taken: Mapping[int, frozenset[str]]) -> list[Step]:
    """The steps to take now. ``taken``: number of a step → how its alerts stand.

    A step is due at its time, or when nothing of the step before it arrived.
    """
    found: list[Step] = []
    stuck = False
    for step in (step for step in steps(urgency) if step.to in SENT):
        if step.n in taken:
            stuck = bool(taken[step.n]) and taken[step.n] <= DEAD
        elif waited >= step.after or stuck:
            found.append(step)
            stuck = False
        else:
            break
    return found


def soonest(urgency: int) -> float:
    """After how many seconds the first alert leaves the house."""
    return min((step.after for step in steps(urgency) if step.to in SENT), default=float("inf"))


@functools.cache
def _ladder() -> Mapping[str, Sequence[Mapping[str, object]]]:
    loaded: Mapping[str, Sequence[Mapping[str, object]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded
