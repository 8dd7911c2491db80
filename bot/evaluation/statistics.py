"""The statistics of proportions and waiting times that an evaluation quotes.

Promise: pure, standard library only; every function says what it does with nothing to count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054  # the normal quantile that leaves 2.5 % above it
ALPHA = 0.05
HALVINGS = 60  # far below what a double can tell apart


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, with the ends of its Wilson 95 % interval."""

    hits: int
    total: int
    value: float
    low: float
    high: float


def share(hits: int, total: int) -> Share:
    """Raises ``ValueError`` when nothing was counted: a share of nothing is not nought."""
    _check(hits, total)
    value = hits / total
    low, high = wilson(hits, total)
    return Share(hits, total, value, low, high)


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a proportion; it stays honest near 0 and 1."""
    _check(hits, total)
    value, square = hits / total, Z_95**2
    middle = value + square / (2 * total)
    spread = Z_95 * math.sqrt(value * (1 - value) / total + square / (4 * total**2))
    scale = 1 + square / total
    # At the ends the formula is exact and only rounding would leave a trace beyond 0 or 1.
    low = 0.0 if hits == 0 else (middle - spread) / scale
    high = 1.0 if hits == total else (middle + spread) / scale
    return low, high


def upper_bound(hits: int, total: int) -> float:
    """Clopper-Pearson's one-sided 95 % upper bound; with no hits it is close to the rule of three, 3/total."""
    _check(hits, total)
    if hits == total:
        return 1.0
    low, high = hits / total, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _at_most(hits, total, middle) > ALPHA:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, total: int, chance: float) -> float:
    """The binomial probability of ``hits`` or fewer; in logarithms, as the coefficients outgrow a float."""
    yes, no = math.log(chance), math.log1p(-chance)
    whole = math.lgamma(total + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * yes + (total - k) * no)
        for k in range(hits + 1)
    )


def _check(hits: int, total: int) -> None:
    if not 0 <= hits <= total or total == 0:
        raise ValueError(f"{hits} of {total} is no proportion")


def mcnemar(only_one: int, only_other: int) -> float:
    """McNemar's exact two-sided p: how likely two equally good readers would differ at least as unevenly.

    ``only_one``: the lines that the one alone read rightly, ``only_other``: those that the other alone did.
    """
    if min(only_one, only_other) < 0:
        raise ValueError("a number of lines is not below nought")
    differing = only_one + only_other
    fewer = sum(math.comb(differing, k) for k in range(min(only_one, only_other) + 1))
    return min(1.0, 2 * fewer / (1 << differing))


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that was really measured. Raises ``ValueError`` on nothing."""
    if not values or not 0 < percent <= 100:
        raise ValueError("a percentile needs a value and lies above 0 and at most at 100")
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]


def calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: how far confidence and accuracy lie apart, in bins of equal width.

    A confidence on an edge belongs to the bin above it, 1 to the last. Raises ``ValueError`` on nothing.
    """
    if not confidences:
        raise ValueError("no confidence to compare")
    gaps = [0.0] * bins
    for confidence, hit in zip(confidences, correct, strict=True):
        gaps[min(int(confidence * bins), bins - 1)] += confidence - hit
    return math.fsum(abs(gap) for gap in gaps) / len(confidences)
