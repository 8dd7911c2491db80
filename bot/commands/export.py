"""``faro export``: statistics, the only thing that leaves (security rules: threshold ten, months, departments)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bot import audit, spreadsheet, statistics
from bot.commands.common import with_store
from bot.config import UnsafeSettingsError
from bot.statistics import Cell, Month
from bot.storage import cases
from bot.storage.database import Database
from bot.vault import Vault

HIDDEN = "hidden"
Line = tuple[Month, Cell, int | None]


def export(
    by: Annotated[
        list[str] | None,
        typer.Option(help=f"Beside the month, at most twice: {', '.join(statistics.ATTRIBUTES)}."),
    ] = None,
    months: Annotated[int, typer.Option(help="The last whole months.", min=1, max=120)] = 12,
    form: Annotated[str, typer.Option("--format", help="csv or json")] = "csv",
    exact: Annotated[
        bool, typer.Option("--exact", help="Counts from ten up as they are: for partners under agreement.")
    ] = False,
) -> None:
    """Cases by month and at most two attributes more; nothing below ten, nor what would give it back."""
    wanted = by or []
    _refuse(wanted, form)
    now = time.time()
    span = list(reversed(statistics.months_before(statistics.month_of(now), months)))

    async def read(db: Database, vault: Vault) -> list[tuple[float, dict[str, str]]]:
        async with db.write(heavy=True) as conn:
            found = await cases.facts_between(
                conn, statistics.month_start(span[0]), statistics.month_start(statistics.month_of(now))
            )
            await audit.append(conn, vault, "operator", "export", "-".join(wanted) or "month", now)
        return found

    found = [(statistics.month_of(at), facts) for at, facts in with_store(read)]
    lines = list(statistics.monthly(found, span, wanted, exact=exact))
    sys.stdout.write(_csv(lines, wanted) if form == "csv" else _json(lines, wanted, exact=exact))


def _refuse(wanted: Sequence[str], form: str) -> None:
    if form not in ("csv", "json"):
        raise UnsafeSettingsError("--format is csv or json.")
    if len(wanted) > statistics.MOST_ATTRIBUTES or len(set(wanted)) != len(wanted):
        raise UnsafeSettingsError(
            "At most three attributes together, each once, and the month is one of them."
        )
    if any(name not in statistics.ATTRIBUTES for name in wanted):
        raise UnsafeSettingsError(f"--by is one of {', '.join(statistics.ATTRIBUTES)}.")


def _csv(lines: Sequence[Line], wanted: Sequence[str]) -> str:
    head: list[Sequence[str | int]] = [("month", *wanted, "cases")]
    return spreadsheet.write(
        [*head, *((_month(month), *cell, HIDDEN if n is None else n) for month, cell, n in lines)]
    )


def _json(lines: Sequence[Line], wanted: Sequence[str], *, exact: bool) -> str:
    rows: list[dict[str, Any]] = [
        {"month": _month(month), **dict(zip(wanted, cell, strict=True)), "cases": n}
        for month, cell, n in lines
    ]
    table = {"fewest": statistics.FEWEST, "exact": exact, "by": ["month", *wanted], "rows": rows}
    return json.dumps(table) + "\n"


def _month(month: Month) -> str:
    return f"{month[0]:04}-{month[1]:02}"
