"""Two wordings of one text, tried on people by halves: which one is better, and when to stop. Pure.

The test is a mixture sequential probability ratio test (Robbins 1970; for two wordings on the web: Johari, Koomen,
Pekelis and Walsh, "Always valid inference", 2022). A coin gives each person a wording. If both are equally good, the
coin is still fair among those who answered and among those who did not, whoever they were and whenever they came; a
better wording would have more than its half of the first and less of the second. ``evidence`` is how many times more
likely the halves as counted are under such alternatives, weighed by weights that were fixed beforehand, than under
fair coins: as a martingale that begins at 1 it ever reaches 20 with a chance of at most 1/20 (Ville's inequality),
however often one looks. No approximation: it holds for few people, rare answers, and shares that drift.

Promises: the same counts give the same verdict in whatever order they came. Counts must be of people whose time to
answer is over (``whole``), or the slower wording would look worse than it is.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from typing import Literal

DAY = 24 * 3600.0
TO_ANSWER = DAY  # after reading; who has not answered by then stopped there
LIMA = -5 * 3600.0

# The alternatives that are weighed, all alike: the share that answers (both wordings together), and how many times
# the odds of the better wording are those of the other.
SHARES = (0.15, 0.35, 0.55, 0.72, 0.84, 0.92, 0.97)
TIMES = (1.4, 2.0)

Verdict = Literal["", "better", "worse", "same"]


@dataclasses.dataclass(frozen=True, slots=True)
class Arm:
    """How many people read one wording, and how many of them answered."""

    read: int = 0
    answered: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """When a trial stops: fixed before it begins.

    ``better`` and ``worse``: the evidence it takes; its inverse bounds the chance that two equal wordings are called
    so. Worse takes less: leaving a good wording out costs little. ``fewest``: people of each wording before anything
    is concluded. ``most``: people, and ``until``: when nothing more is awaited.
    """

    most: int
    until: float
    better: float = 20.0
    worse: float = 5.0
    fewest: int = 20


def verdict(old: Arm, new: Arm, rule: Rule, now: float) -> Verdict:
    """What is known by now of the new wording; empty while the trial goes on.

    >>> rule = Rule(most=1000, until=100.0)
    >>> verdict(Arm(60, 30), Arm(60, 50), rule, 0.0), verdict(Arm(60, 50), Arm(60, 36), rule, 0.0)
    ('better', 'worse')
    >>> verdict(Arm(60, 40), Arm(60, 41), rule, 0.0), verdict(Arm(500, 400), Arm(500, 401), rule, 0.0)
    ('', 'same')
    """
    if min(old.read, new.read) >= rule.fewest:
        if evidence(old, new) >= rule.better:
            return "better"
        if evidence(new, old) >= rule.worse:
            return "worse"
    return "same" if old.read + new.read >= rule.most or now >= rule.until else ""


def evidence(one: Arm, other: Arm) -> float:
    """How strongly the counts speak for ``other`` being better than ``one``; 1 where nobody was asked."""
    counts = (one.answered, other.answered, one.read - one.answered, other.read - other.answered)
    told = [sum(map(_product, counts, weights)) for weights in _alternatives()]
    return math.exp(min(_log_mean(told), 700.0))


def _product(count: int, weight: float) -> float:
    return count * weight


def _log_mean(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + math.log(sum(math.exp(one - top) for one in logs) / len(logs))


@functools.cache
def _alternatives() -> tuple[tuple[float, float, float, float], ...]:
    """For each alternative: log of the likelihood ratio of one person, by wording and whether they answered.

    Each person's two ratios average to 1 over a fair coin, which is all that the promise needs.
    """
    found = []
    for share in SHARES:
        for times in TIMES:
            low, high = _odds(share, -math.log(times) / 2), _odds(share, math.log(times) / 2)
            middle = (low + high) / 2
            ratios = (low / middle, high / middle, (1 - low) / (1 - middle), (1 - high) / (1 - middle))
            found.append((math.log(ratios[0]), math.log(ratios[1]), math.log(ratios[2]), math.log(ratios[3])))
    return tuple(found)


def _odds(share: float, shift: float) -> float:
    """A share whose log odds were shifted.

    >>> round(_odds(0.5, math.log(3)), 9)
    0.75
    """
    return 1 / (1 + math.exp(-math.log(share / (1 - share)) - shift))


def day_of(at: float) -> int:
    """The day in Lima, counted from 1970.

    >>> day_of(5 * 3600.0 - 1), day_of(5 * 3600.0)
    (-1, 0)
    """
    return math.floor((at + LIMA) / DAY)


def whole(day: int, now: float) -> bool:
    """Whether everybody who read on this day has answered or will not any more.

    >>> whole(0, 2 * DAY + 5 * 3600.0 - 1), whole(0, 2 * DAY + 5 * 3600.0)
    (False, True)
    """
    return now >= (day + 1) * DAY - LIMA + TO_ANSWER


def together(days: Mapping[int, Arm], now: float) -> Arm:
    """The people of all days that are whole.

    >>> together({0: Arm(5, 3), 1: Arm(4, 4), 9: Arm(7, 1)}, 4 * DAY)
    Arm(read=9, answered=7)
    """
    ready = [arm for day, arm in days.items() if whole(day, now)]
    return Arm(sum(arm.read for arm in ready), sum(arm.answered for arm in ready))
