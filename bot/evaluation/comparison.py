"""Two pipelines on the same lines: which is right more often, and whether that is chance.

Promise: pure. The lines themselves never come here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.evaluation.statistics import mcnemar
from bot.evaluation.understanding import Reading

ALPHA = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """``only_ours``: lines that ours alone read rightly; ``p``: McNemar's exact test of the two numbers."""

    only_ours: int
    only_theirs: int
    p: float

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
    return Comparison(only_ours, only_theirs, mcnemar(only_ours, only_theirs))
