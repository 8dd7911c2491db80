"""The order of the queue: grave first at every load, and nobody is left behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.order import late, need
from tests.bench import queue

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
        (2, 20 * 24, False),  # a danger that begins now is ahead of nearly everybody
        (2, 24 * 24, True),
        (1, 29 * 24, False),
        (1, 30 * 24, True),
    ],
)
def test_when_a_milder_case_overtakes_a_danger_that_begins(urgency: int, hours: int, ahead: bool) -> None:
    """Within a month."""
    assert (need(urgency, hours * 3600, modifier=False) > need(3, 0, modifier=False)) == ahead


@pytest.mark.parametrize(("urgency", "waited", "is_late"), [(3, 299, False), (3, 301, True), (2, 7201, True)])
def test_late_is_after_the_target(urgency: int, waited: float, is_late: bool) -> None:
    """Five minutes for danger, two hours for urgent."""
    assert late(urgency, waited) == is_late


@pytest.mark.parametrize("mix", ["usual", "grave"])
@pytest.mark.parametrize("load", [0.9, 1.5, 3.0])
def test_danger_is_answered_first_at_every_load_and_nobody_waits_for_ever(load: float, mix: str) -> None:
    """A small edition of ``faro bench queue``: ratio of the medians, and everybody of day one is reached."""
    run = queue.simulate(queue.ours, load, (1, 4), queue.MIX[mix], 30, 7)
    assert run.half(3) <= run.half(2) <= run.half(1) <= run.half(0) * 1.1
    assert run.fair()
    assert run.left == [0, 0, 0, 0]


def test_by_urgency_alone_somebody_waits_for_ever() -> None:
    """What the rule is for: without it the first day's mild cases are never reached while the load lasts."""
    run = queue.simulate(queue.strict, 3.0, (1, 4), queue.MIX["grave"], 30, 7)
    assert run.left[0]
    assert run.left[1]
