"""Weekly shifts in Lima's hours: who is expected now, and when the next shift begins. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from bot.handoff import holidays

LIMA = dt.timezone(dt.timedelta(hours=-5))  # Peru has one time all year
MINUTES = 24 * 60
AHEAD = 7  # days that are looked ahead
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclasses.dataclass(frozen=True, slots=True)
class Shift:
    """Who is expected every week. ``starts`` and ``ends`` are minutes of the day in Lima.

    An end that is not after the start lies on the next day. Without ``holidays`` the shift does not take place
    when the day on which it would begin is one.
    """

    id: str
    staff_id: str
    weekday: int
    starts: int
    ends: int
    holidays: bool = False

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.ends - self.starts if self.ends > self.starts else self.ends + MINUTES - self.starts


@dataclasses.dataclass(frozen=True, slots=True)
class Occurrence:
    """A shift on one day."""

    shift: Shift
    begins: float
    ends: float


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """When a shift begins, as it is told: ``day`` is ``today``, ``tomorrow`` or a day of the week."""

    at: float
    day: str
    time: str


def occurrences(shifts: Iterable[Shift], first: dt.date, days: int) -> list[Occurrence]:
    """The shifts that begin on these days, in order."""
    found = [one for shift in shifts for one in _of(shift, first, days)]
    return sorted(found, key=lambda one: (one.begins, one.ends, one.shift.staff_id))


def _of(shift: Shift, first: dt.date, days: int) -> Iterator[Occurrence]:
    for n in range(days):
        day = first + dt.timedelta(n)
        if day.weekday() == shift.weekday and (shift.holidays or not holidays.name(day)):
            midnight = dt.datetime.combine(day, dt.time(), LIMA).timestamp()
            begins = midnight + shift.starts * 60
            yield Occurrence(shift, begins, begins + shift.minutes * 60)


def running(shifts: Iterable[Shift], now: float) -> list[Occurrence]:
    """The shifts that take place now."""
    return [
        one for one in occurrences(shifts, today(now) - dt.timedelta(1), 2) if one.begins <= now < one.ends
    ]


def next_start(shifts: Sequence[Shift], now: float) -> Start | None:
    """When the next shift begins, within a week; None when none does."""
    here = today(now)
    for one in occurrences(shifts, here, AHEAD):
        if one.begins > now:
            begins = dt.datetime.fromtimestamp(one.begins, LIMA)
            away = (begins.date() - here).days
            day = ("today", "tomorrow")[away] if away < 2 else DAYS[begins.weekday()]
            return Start(one.begins, day, f"{begins:%H:%M}")
    return None


def today(now: float) -> dt.date:
    """The day in Lima."""
    return dt.datetime.fromtimestamp(now, LIMA).date()
