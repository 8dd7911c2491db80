"""``faro referrals check``: which lines somebody has to ring."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import referrals
from bot.commands.common import tell
from bot.config import ROOT
from bot.referrals import FRESH_DAYS
from bot.review.check import lines_by_schema
from bot.review.page import catalogue
from bot.screening.texts import FALLBACK

app = typer.Typer(no_args_is_help=True, help="Lines and services that may be named.")


@app.callback()
def _referrals() -> None:
    """Lines and services that may be named."""


@app.command()
def check(
    file: Annotated[Path, typer.Option(help="The table of lines.")] = referrals.FILE,
) -> None:
    """List the lines that nobody has rung, or not for 180 days; exit 1 while there are any."""
    problems = lines_by_schema(file)
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    words = catalogue(ROOT / "locales", FALLBACK)
    today = datetime.now(UTC).date()
    lines = [line for line in referrals.load(file).values() if line.status != "obsolete"]
    waiting = [line for line in lines if line.standing(today) != "verified"]
    for line in waiting:
        open_ = referrals.about(line.id, lambda key: words.get(key, ""))["open"]
        since = f"{line.verified_on} by {line.verified_by}" if line.verified_on else "never rung"
        row = (
            f"{line.id:<12}",
            f"{line.standing(today):<11}",
            f"{line.number or '(no number)':<15}",
            line.name,
        )
        print("  ".join(row) + f"  [{since}]" + (f"  open: {open_}" if open_ else ""))
    tell(f"{len(waiting)} of {len(lines)} lines must be rung (a call counts for {FRESH_DAYS} days)")
    raise typer.Exit(1 if waiting else 0)
