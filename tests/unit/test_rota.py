"""Shifts and holidays: pure, against days that were looked up in a calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.handoff import holidays
from bot.handoff.load import Load
from bot.handoff.shifts import LIMA, Shift, next_start, running


def at(text: str) -> float:
    """A moment in Lima."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LIMA).timestamp()


MORNINGS = [Shift("a" * 32, "ana", day, 8 * 60, 14 * 60) for day in range(5)]  # Monday to Friday
NIGHT = Shift("b" * 32, "luis", 4, 22 * 60, 6 * 60, holidays=True)  # Friday into Saturday


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2027, "03-28"), (2028, "04-16"), (2030, "04-21")],
)
def test_easter(year: int, sunday: str) -> None:
    assert holidays.easter(year).isoformat() == f"{year}-{sunday}"


def test_the_holidays_of_a_year() -> None:
    """Sixteen days in 2026; those that a later law added are none before it."""
    assert len(holidays.of_year(2026)) == 16
    assert holidays.name(dt.date(2026, 4, 2)) == "holy_thursday"
    assert holidays.name(dt.date(2026, 7, 29)) == "independence"
    assert holidays.name(dt.date(2026, 6, 7)) == "flag"
    assert holidays.name(dt.date(2020, 6, 7)) == ""


@pytest.mark.parametrize(
    ("now", "who"),
    [
        ("2026-11-26T08:00", ["ana"]),
        ("2026-11-26T13:59", ["ana"]),
        ("2026-11-26T14:00", []),
        ("2026-11-27T23:00", ["luis"]),
        ("2026-11-28T05:59", ["luis"]),  # the night goes on into the next day
        ("2026-11-28T06:00", []),
        ("2026-12-08T09:00", []),  # a Tuesday, and a holiday
        ("2026-12-26T01:00", ["luis"]),  # began on Christmas, and is kept on holidays
    ],
)
def test_who_is_expected(now: str, who: list[str]) -> None:
    assert [one.shift.staff_id for one in running([*MORNINGS, NIGHT], at(now))] == who


@pytest.mark.parametrize(
    ("now", "day", "time"),
    [
        ("2026-11-26T07:59", "today", "08:00"),
        ("2026-11-26T08:00", "tomorrow", "08:00"),  # what has begun is not what comes next
        ("2026-11-28T09:00", "monday", "08:00"),
        ("2026-12-07T15:00", "thursday", "08:00"),  # two holidays between
    ],
)
def test_when_the_next_shift_begins(now: str, day: str, time: str) -> None:
    start = next_start(MORNINGS, at(now))
    assert start is not None
    assert (start.day, start.time) == (day, time)


def test_nothing_is_said_of_a_shift_that_is_more_than_a_week_away() -> None:
    """Nor where there are none at all."""
    assert next_start([], at("2026-11-26T08:00")) is None
    christmas = Shift("c" * 32, "ana", 4, 480, 600)
    assert next_start([christmas], at("2026-12-18T12:00")) is None  # the Friday in a week is Christmas


def test_a_case_weighs_by_its_urgency() -> None:
    heavy = Load().plus(3, minor=True).plus(3, minor=False).plus(0, minor=False)
    assert (heavy.cases, heavy.weight, heavy.much) == (3, 12, True)
    assert not Load().plus(2, minor=True).much
