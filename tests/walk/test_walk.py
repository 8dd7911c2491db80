"""From any state, anything in any order: never an error, never a lost answer, never a key, always a next step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test as run

from tests.walk.machine import Walk

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_any_walk() -> None:
    """The small edition, the same walks every time."""
    run(
        Walk,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=QUIET,
        ),
    )


@pytest.mark.nightly
def test_any_walk_at_length() -> None:
    """Five thousand walks of a hundred steps."""
    run(
        Walk,
        settings=settings(
            max_examples=5000, stateful_step_count=100, deadline=None, suppress_health_check=QUIET
        ),
    )
