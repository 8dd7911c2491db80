"""What a model on rehearsal understands better and worse than the one in use, on the same labelled lines.

Promise: pure. The lines are of the development set, which names nobody; the report holds those that changed, so that
an editor sees what an example does. A rehearsal is refused when an answer or a cry for help is understood less often.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from bot.evaluation.comparison import compare
from bot.evaluation.understanding import ANSWERS, Figures, Reading, measure

GUARDED = (*ANSWERS, "emergency", "self_harm")  # of none of these may a line less be understood
MOST = 40  # lines that are listed


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A line whose reading changed in a way that counts."""

    text: str
    intent: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One intent: how many of its lines are understood, before and after."""

    intent: str
    lines: int
    before: int
    after: int


@dataclasses.dataclass(frozen=True, slots=True)
class Effect:
    """``worse_in``: the guarded intents that lose, and ``swaps`` when more yes and no are taken for each other.

    ``p``: McNemar's exact test of better against worse; shares are hits of all.
    """

    lines: int
    right_before: int
    right_after: int
    answers_before: int
    answers_after: int
    answers: int
    swaps_before: int
    swaps_after: int
    p: float
    rows: tuple[Row, ...]
    better: tuple[Line, ...]
    worse: tuple[Line, ...]
    better_count: int
    worse_count: int
    worse_in: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def effect(texts: Sequence[str], before: Sequence[Reading], after: Sequence[Reading]) -> Effect:
    """All in the order of the lines. Raises ``ValueError`` where they are not of the same lines, or of none."""
    tested = compare(after, before)
    old, new = measure(before), measure(after)
    changed = [
        Line(text, b.intent, b.found, a.found)
        for text, b, a in zip(texts, before, after, strict=True)
        if (b.found == b.intent) != (a.found == a.intent)
    ]
    better = [line for line in changed if line.after == line.intent]
    # What keeps a rehearsal from being published comes first: it must be among those that are listed.
    worse = sorted((li for li in changed if li.before == li.intent), key=lambda li: li.intent not in GUARDED)
    rows = _rows(before, after)
    losing = [row.intent for row in rows if row.intent in GUARDED and row.after < row.before]
    swapped = (_swaps(old), _swaps(new))
    return Effect(
        lines=len(texts),
        right_before=old.accuracy.hits,
        right_after=new.accuracy.hits,
        answers_before=old.answers.hits if old.answers else 0,
        answers_after=new.answers.hits if new.answers else 0,
        answers=old.answers.total if old.answers else 0,
        swaps_before=swapped[0],
        swaps_after=swapped[1],
        p=tested.p,
        rows=tuple(row for row in rows if row.before != row.after),
        better=tuple(better[:MOST]),
        worse=tuple(worse[:MOST]),
        better_count=len(better),
        worse_count=len(worse),
        worse_in=(*losing, *(("swaps",) if swapped[1] > swapped[0] else ())),
    )


def _swaps(figures: Figures) -> int:
    return figures.swaps.hits if figures.swaps else 0


def _rows(before: Sequence[Reading], after: Sequence[Reading]) -> list[Row]:
    found = []
    for intent in sorted({reading.intent for reading in before}):
        pairs = [(b, a) for b, a in zip(before, after, strict=True) if b.intent == intent]
        right = [(b.found == intent, a.found == intent) for b, a in pairs]
        found.append(Row(intent, len(pairs), sum(b for b, _ in right), sum(a for _, a in right)))
    return found
