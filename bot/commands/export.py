"""``faro export``: statistics, the only thing that leaves (security rules: threshold ten, months, departments)."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from bot import audit, publication, statistics
from bot.commands.common import with_store
from bot.config import UnsafeSettingsError
from bot.storage import figures
from bot.storage.database import Database
from bot.vault import Vault


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
            found = await figures.facts_between(
                conn, statistics.month_start(span[0]), statistics.month_start(statistics.month_of(now))
            )
            await audit.append(conn, vault, "operator", "export", "-".join(wanted) or "month", now)
        return found

    found = [(statistics.month_of(at), facts) for at, facts in with_store(read)]
    lines = list(statistics.monthly(found, span, wanted, exact=exact))
    csv = form == "csv"
    sys.stdout.write(
        publication.as_csv(lines, wanted) if csv else publication.as_json(lines, wanted, exact=exact)
    )


def _refuse(wanted: Sequence[str], form: str) -> None:
    if form not in ("csv", "json"):
        raise UnsafeSettingsError("--format is csv or json.")
    if len(wanted) > statistics.MOST_ATTRIBUTES or len(set(wanted)) != len(wanted):
        raise UnsafeSettingsError(
            "At most three attributes together, each once, and the month is one of them."
        )
    if any(name not in statistics.ATTRIBUTES for name in wanted):
        raise UnsafeSettingsError(f"--by is one of {', '.join(statistics.ATTRIBUTES)}.")
