"""Is the queue fair? A team is given up to three times what it can do, and answers in the queue's own order.

A case is touched when somebody claims it. People come at random; each responder talks to a few at once, and takes
the next case when a talk ends. Two things must hold at every load: half of those in danger (U3) are touched within
a third of the time of half of the U1; and nobody waits for ever, not even while the load stays: whoever came on the
first day is touched before the end. Sorting by urgency alone is run beside it: it shows that the second can fail,
and how soon a U3 can be touched at all (where a lone responder is about to fall behind, a third is out of reach:
everybody waits for the one next hand).
"""

from __future__ import annotations

import heapq
import random
import statistics
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.handoff.order import need

MINUTE, DAY = 60.0, 86_400.0
LOADS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
TEAMS = ((1, 3), (4, 3), (8, 3))  # how many responders, and to how many people each talks at once
TALK = 40 * MINUTE
MIX = {"usual": (15, 50, 25, 10), "grave": (5, 35, 40, 20)}  # of a hundred cases: U0 to U3
MODIFIED = 0.2
DAYS = 42

Rule = Callable[[int, float, bool], float]
Line = tuple[int, bool]


def ours(urgency: int, waited: float, modifier: bool) -> float:
    """The queue's order."""
    return need(urgency, waited, modifier=modifier)


def strict(urgency: int, waited: float, modifier: bool) -> float:
    """By urgency alone, then by waiting."""
    return urgency * 1e12 + modifier * 1e11 + waited


@dataclass(slots=True)
class Run:
    """What came of a load. ``waits`` by urgency, of those who were touched; ``left``: came on day one, never touched."""

    waits: list[list[float]] = field(default_factory=lambda: [[], [], [], []])
    left: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    came: int = 0

    def half(self, urgency: int) -> float:
        """The median wait."""
        return statistics.median(self.waits[urgency])

    def fair(self) -> bool:
        """U3 waits a third of U1 or less; where U1 does not wait, neither does U3."""
        return self.half(3) <= self.half(1) / 3

    def as_good_as(self, best: Run) -> bool:
        """No order could touch U3 sooner, but for a minute."""
        return self.half(3) <= best.half(3) + MINUTE


def simulate(
    rule: Rule, load: float, team: tuple[int, int], mix: tuple[int, ...], days: int, seed: int
) -> Run:
    """One load from an empty queue on."""
    chance, run = random.Random(f"{load}-{team}-{mix}-{seed}"), Run()
    hands = team[0] * team[1]
    free = [0.0] * hands  # when each hand is free again
    waiting: dict[Line, deque[float]] = {(u, m): deque() for u in range(4) for m in (False, True)}
    coming = chance.expovariate(load * hands / TALK)
    end = days * DAY

    def arrive(until: float) -> None:
        nonlocal coming
        while coming <= min(until, end):
            line = chance.choices(range(4), mix)[0], chance.random() < MODIFIED
            waiting[line].append(coming)
            run.came += 1
            coming += chance.expovariate(load * hands / TALK)

    while free[0] < end:
        now = free[0]
        arrive(now)
        if not any(waiting.values()):
            if coming > end:
                break
            heapq.heapreplace(free, coming)  # this hand rests until somebody comes
            continue
        urgency, modifier = max(
            (line for line in waiting if waiting[line]),
            key=lambda line: rule(line[0], now - waiting[line][0], line[1]),
        )
        run.waits[urgency].append(now - waiting[urgency, modifier].popleft())
        heapq.heapreplace(free, now + chance.lognormvariate(0, 0.8) * TALK / 1.377)  # its mean is TALK
    for (urgency, _), line in waiting.items():
        run.left[urgency] += sum(since < DAY for since in line)
    return run


def words(seconds: float) -> str:
    """A wait as a person says it."""
    if seconds < 90 * MINUTE:
        return f"{seconds / MINUTE:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} d"


async def main() -> None:
    """Print a row for each load; exit 1 when either promise is broken."""
    broken = False
    print(
        f"{'mix':6} {'team':>6} {'load':>5} {'U3 half':>9} {'U2 half':>9} {'U1 half':>9} {'U0 half':>9}  day one left"
    )
    for name, mix in MIX.items():
        for team in TEAMS:
            for load in LOADS:
                run = simulate(ours, load, team, mix, DAYS, 1)
                halves = " ".join(f"{words(run.half(u)) if run.waits[u] else '-':>9}" for u in (3, 2, 1, 0))
                best = run.fair() or run.as_good_as(simulate(strict, load, team, mix, DAYS, 1))
                remark = "" if run.fair() else "no order is better" if best else "U3 WAITS TOO LONG"
                remark += " SOMEBODY IS NEVER REACHED" if any(run.left) else ""
                broken = broken or not best or any(run.left)
                print(f"{name:6} {team[0]}×{team[1]:>4} {load:5.2f} {halves}  {run.left} {remark}")
    bare = simulate(strict, 3.0, TEAMS[1], MIX["grave"], DAYS, 1)
    print(f"by urgency alone, load 3, grave: of day one never touched, U0 to U3: {bare.left}")
    if broken or not any(bare.left):
        sys.exit(1)
