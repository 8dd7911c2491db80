"""The holidays of Peru, from ``holidays.yml``. Pure."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("holidays.yml")


def name(day: dt.date) -> str:
    """The code of the holiday on this day; empty on other days.

    >>> name(dt.date(2026, 4, 3)), name(dt.date(2026, 4, 6))
    ('good_friday', '')
    """
    return of_year(day.year).get(day, "")


@functools.cache
def of_year(year: int) -> Mapping[dt.date, str]:
    """Day → code of its holiday."""
    found: dict[dt.date, str] = {}
    for row in _rows():
        if year >= row.get("since", 0):
            moves = "easter" in row
            day = (
                easter(year) + dt.timedelta(row["easter"])
                if moves
                else dt.date(year, row["month"], row["day"])
            )
            found[day] = row["name"]
    return found


def easter(year: int) -> dt.date:
    """Easter Sunday (Meeus, Jones, Butcher).

    >>> [easter(year).isoformat() for year in (2024, 2025, 2026, 2038)]
    ['2024-03-31', '2025-04-20', '2026-04-05', '2038-04-25']
    """
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


@functools.cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(yaml.safe_load(FILE.read_text(encoding="utf-8")))
