"""The order of the queue: grave first at every load, and nobody is left behind."""

from __future__ import annotations

import heapq
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.order import HEAD, TARGETS, late, need

URGENCY, WAITED = st.integers(0, 3), st.floats(0, 1e7)
DAY = 24 * 3600.0


@given(URGENCY, WAITED, st.booleans())
def test_a_fresh_graver_case_is_ahead_of_a_milder_fresh_one(
    urgency: int, waited: float, modifier: bool
) -> None:
    """At the same wait, urgency decides; and what raises a case never lowers it."""
    if urgency < 3:
        assert need(urgency, waited, modifier=modifier) < need(urgency + 1, waited, modifier=modifier)
    assert need(urgency, waited, modifier=False) < need(urgency, waited, modifier=True)


@given(URGENCY, WAITED, st.floats(1, 1e6), st.booleans())
def test_need_only_grows(urgency: int, waited: float, more: float, modifier: bool) -> None:
    """Whoever waits longer is never behind for it."""
    first = need(urgency, waited, modifier=modifier)
    assert first < need(urgency, waited + more, modifier=modifier)


@given(URGENCY, st.booleans())
def test_everybody_overtakes_a_fresh_danger_at_last(urgency: int, modifier: bool) -> None:
    """Nobody starves: within a month and a half even "no hurry" is ahead of a danger that begins."""
    assert need(urgency, 45 * DAY, modifier=False) > need(3, 0, modifier=modifier)


@pytest.mark.parametrize(
    ("urgency", "hours", "ahead"),
    [
        (2, 6, False),  # a danger that begins now is ahead of an urgent case of this morning
        (2, 13, True),  # not of one of last night
        (1, 24, False),
        (1, 7 * 24, True),
    ],
)
def test_when_a_milder_case_overtakes_a_danger_that_begins(urgency: int, hours: int, ahead: bool) -> None:
    """The figures that the team agreed on, as they come out."""
    assert (need(urgency, hours * 3600, modifier=False) > need(3, 0, modifier=False)) == ahead


@pytest.mark.parametrize(("urgency", "waited", "is_late"), [(3, 299, False), (3, 301, True), (2, 7201, True)])
def test_late_is_after_the_target(urgency: int, waited: float, is_late: bool) -> None:
    """Five minutes for danger, two hours for urgent."""
    assert late(urgency, waited) == is_late


@pytest.mark.parametrize("load", [0.5, 1.0, 2.0, 3.0])
def test_danger_is_answered_first_at_every_load_and_nobody_waits_for_ever(load: float) -> None:
    """Four people, half an hour a case, three days of arrivals: the median of U3 is a third of U1's or less."""
    waits = shift(load, random.Random(7))
    medians = [statistics.median(of_one) for of_one in waits]
    assert medians[3] <= max(medians[1] / 3, HEAD / 30)
    assert medians[3] <= medians[2] <= medians[1] <= medians[0]
    assert max(map(max, waits)) < 20 * DAY


def shift(load: float, chance: random.Random, people: int = 4, service: float = 1800.0) -> list[list[float]]:
    """Waits by urgency, everybody answered, when cases come at ``load`` times what ``people`` can do."""
    arrivals = []
    at = 0.0
    while at < 3 * DAY:
        at += chance.expovariate(load * people / service)
        arrivals.append((at, chance.choices(range(4), (3, 4, 2, 1))[0]))
    arrivals.reverse()
    free = [0.0] * people
    queue: list[tuple[float, int]] = []
    waits: list[list[float]] = [[] for _ in TARGETS]
    while arrivals or queue:
        now = heapq.heappop(free)
        if not queue and arrivals[-1][0] > now:
            now = arrivals[-1][0]
        while arrivals and arrivals[-1][0] <= now:
            queue.append(arrivals.pop())
        first = max(queue, key=lambda one: need(one[1], now - one[0], modifier=False))
        queue.remove(first)
        waits[first[1]].append(now - first[0])
        heapq.heappush(free, now + chance.expovariate(1 / service))
    return waits
