"""How many questions people are asked: the small edition of ``faro bench instrument``, with the same people."""

from __future__ import annotations

import functools
import statistics

from tests.bench.instrument import SCORED, Walk, simulated

PEOPLE = 800
FINE, GRAVE = (
    ("kitchen_hand", "shop_assistant", "delivery_rider"),
    ("waitress_to_bar", "live_in_carer", "multada"),
)


@functools.cache
def walks() -> dict[str, list[Walk]]:
    return simulated(PEOPLE)


def test_without_signs_the_median_is_at_most_14() -> None:
    """Who has nothing to tell is not kept long."""
    asked = [walk.scored for name in FINE for walk in walks()[name]]
    assert len(asked) > 200
    assert statistics.median(asked) <= 14


def test_with_strong_signs_a_person_is_offered_within_10() -> None:
    """Who has much to tell is offered a person early."""
    before = [walk.before_offer or 0 for name in GRAVE for walk in walks()[name]]
    assert len(before) > 60
    assert statistics.median(before) <= 10


def test_nobody_is_asked_anything_twice() -> None:
    """Not even those who told a part of it before: that is confirmed, once."""
    everybody = [walk for rows in walks().values() for walk in rows]
    assert len(everybody) == PEOPLE
    assert [walk.twice for walk in everybody if walk.twice] == []
    assert max(walk.scored for walk in everybody) <= len(SCORED)


def test_the_same_number_is_the_same_person() -> None:
    """The figures can be had again."""
    again = simulated(20)
    first = {name: rows[: len(again[name])] for name, rows in walks().items()}
    assert [walk.asked for rows in again.values() for walk in rows] == [
        walk.asked for rows in first.values() for walk in rows
    ]
