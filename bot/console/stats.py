"""Figures: cases opened per whole month and urgency. No number from 1 to 9 is shown or can be worked out.

One table, no totals, months that are over: there is nothing to subtract from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from starlette.responses import Response

from bot.console.access import Visit
from bot.statistics import ATTRIBUTES, FEWEST, Month, month_of, month_start, months_before
from bot.storage.tables import cases

MONTHS = 6
COLUMNS = ATTRIBUTES["urgency"]


async def page(visit: Visit) -> Response:
    """The last whole months, newest first."""
    shown = months_before(month_of(visit.now), MONTHS)
    start = month_start(shown[-1])
    async with visit.deps.db.read(heavy=True) as conn:
        rows = await conn.execute(
            select(cases.c.opened_at, cases.c.urgency).where(cases.c.opened_at >= start)
        )
        table = count((row.opened_at, row.urgency) for row in rows)
    months = [{"name": f"{month:02}/{year}", "cells": cells(table, (year, month))} for year, month in shown]
    return visit.page("stats.html", "stats", months=months, columns=COLUMNS)


def count(opened: Iterable[tuple[float, int]]) -> Counter[tuple[Month, str]]:
    """How many cases were opened by month in Lima and urgency."""
    found: Counter[tuple[Month, str]] = Counter()
    for at, urgency in opened:
        found[month_of(at), f"U{urgency}"] += 1
    return found


def cells(table: Counter[tuple[Month, str]], month: Month) -> list[int | None]:
    """One row: the count, or None for anything below ten, nothing included."""
    found = [table[month, column] for column in COLUMNS]
    return [n if n >= FEWEST else None for n in found]
