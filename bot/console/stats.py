"""Figures: cases opened per whole month and urgency. No number from 1 to 9 is shown or can be worked out.

One table, no totals, months that are over: there is nothing to subtract from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from starlette.responses import Response

from bot.console.access import Visit
from bot.console.pages import LIMA
from bot.storage.tables import cases

FEWEST = 10
MONTHS = 6
COLUMNS = ("U3", "U2", "U1", "U0")
Month = tuple[int, int]


async def page(visit: Visit) -> Response:
    """The last whole months, newest first."""
    today = datetime.fromtimestamp(visit.now, UTC).astimezone(LIMA)
    shown = months_before((today.year, today.month), MONTHS)
    start = datetime(*shown[-1], 1, tzinfo=LIMA).timestamp()
    async with visit.deps.db.read(heavy=True) as conn:
        rows = await conn.execute(
            select(cases.c.opened_at, cases.c.urgency).where(cases.c.opened_at >= start)
        )
        table = count((row.opened_at, row.urgency) for row in rows)
    months = [{"name": f"{month:02}/{year}", "cells": cells(table, (year, month))} for year, month in shown]
    return visit.page("stats.html", "stats", months=months, columns=COLUMNS)


def months_before(now: Month, count: int) -> list[Month]:
    """The ``count`` whole months before ``now``, newest first.

    >>> months_before((2026, 2), 3)
    [(2026, 1), (2025, 12), (2025, 11)]
    """
    first = now[0] * 12 + now[1] - 1
    return [divmod_month(first - n) for n in range(1, count + 1)]


def divmod_month(number: int) -> Month:
    """Year and month of a month counted from year 0."""
    return number // 12, number % 12 + 1


def count(opened: Iterable[tuple[float, int]]) -> Counter[tuple[Month, str]]:
    """How many cases were opened by month in Lima and urgency."""
    found: Counter[tuple[Month, str]] = Counter()
    for at, urgency in opened:
        moment = datetime.fromtimestamp(at, UTC).astimezone(LIMA)
        found[(moment.year, moment.month), f"U{urgency}"] += 1
    return found


def cells(table: Counter[tuple[Month, str]], month: Month) -> list[int | None]:
    """One row: the count, or None for anything below ten, nothing included."""
    found = [table[month, column] for column in COLUMNS]
    return [n if n >= FEWEST else None for n in found]
