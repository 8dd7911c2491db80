"""Two pipelines on the same lines: which is right more often, whether that is chance, and which is faster.

Promise: pure. The lines themselves never come here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.evaluation.statistics import mcnemar, percentile
from bot.evaluation.understanding import Reading

ALPHA = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """``only_ours``: lines that ours alone read rightly; ``p``: McNemar's exact test of the two numbers.

    ``p50`` and ``p95``: how many times as long the other takes.
    """

    only_ours: int
    only_theirs: int
    p: float
    p50: float
    p95: float

    @property
    def better(self) -> bool:
        """Whether ours is right more often, and that is not chance."""
        return self.only_ours > self.only_theirs and self.p < ALPHA


def compare(ours: Sequence[Reading], theirs: Sequence[Reading]) -> Comparison:
    """Both in the order of the lines. Raises ``ValueError`` where they are not of the same lines, or of none."""
    if [reading.intent for reading in ours] != [reading.intent for reading in theirs]:
        raise ValueError("not the same lines")
    pairs = [(a.found == a.intent, b.found == b.intent) for a, b in zip(ours, theirs, strict=True)]
    only_ours = sum(a and not b for a, b in pairs)
    only_theirs = sum(b and not a for a, b in pairs)
    return Comparison(
        only_ours,
        only_theirs,
        mcnemar(only_ours, only_theirs),
        _ratio(ours, theirs, 50),
        _ratio(ours, theirs, 95),
    )


def _ratio(ours: Sequence[Reading], theirs: Sequence[Reading], percent: float) -> float:
    one, other = ([reading.milliseconds for reading in readings] for readings in (theirs, ours))
    return percentile(one, percent) / percentile(other, percent)
