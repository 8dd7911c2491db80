"""The escalation ladder: which steps are due, and what makes one come early."""

from __future__ import annotations

import pytest

from bot.handoff import ladder
from bot.handoff.order import TARGETS

SENT, QUEUED, FAILED, NOBODY = (frozenset({state}) for state in ("sent", "queued", "failed", "nobody"))


def to(urgency: int, waited: float, taken: dict[int, frozenset[str]] | None = None) -> list[str]:
    return [step.to for step in ladder.due(urgency, waited, taken or {})]


@pytest.mark.parametrize("urgency", range(4))
def test_every_urgency_reaches_a_supervisor_within_its_target(urgency: int) -> None:
    """And the graver, the sooner anybody is told."""
    last = next(step for step in ladder.steps(urgency) if step.to == "supervisor")
    assert last.after <= TARGETS[urgency]
    if urgency:
        assert ladder.soonest(urgency) < ladder.soonest(urgency - 1)


def test_steps_come_at_their_time() -> None:
    assert to(3, 0) == ["first"]
    assert to(3, 89, {0: SENT}) == []
    assert to(3, 90, {0: SENT}) == ["second"]
    assert to(3, 400) == ["first", "second", "supervisor", "common"]  # a case that was forgotten: all at once
    assert to(1, 3600) == []


def test_what_does_not_arrive_goes_one_step_on() -> None:
    """At once; what is still being sent is waited for; one who was reached is enough."""
    assert to(3, 1, {0: FAILED}) == ["second"]
    assert to(3, 1, {0: NOBODY, 1: FAILED}) == ["supervisor"]
    assert to(3, 1, {0: QUEUED}) == []
    assert to(3, 1, {0: FAILED | SENT}) == []
    assert to(3, 1, {0: FAILED, 1: SENT}) == []


def test_what_an_open_console_shows() -> None:
    assert ladder.shown(3, 0, "sound")
    assert ladder.shown(2, 0, "screen")
    assert not ladder.shown(2, 0, "sound")
    assert not ladder.shown(1, 60, "screen")


@pytest.mark.parametrize(
    "rows",
    [[{"after": 0, "to": "everybody"}], [{"after": -1, "to": "first"}],
     [{"after": 9, "to": "first"}, {"after": 1, "to": "second"}]],
    ids=["unknown", "before", "out of order"],
)  # fmt: skip
def test_a_ladder_that_cannot_be_climbed_is_refused(
    rows: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "_ladder", lambda: {"U2": rows})
    ladder.steps.cache_clear()
    with pytest.raises(ValueError, match="ladder.yml"):
        ladder.steps(2)
    ladder.steps.cache_clear()
