"""``faro instrument check|show``: for whoever reviews, replaces or translates the instrument."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import referrals
from bot.commands.common import tell
from bot.config import ROOT
from bot.review import check as checks
from bot.review import page, unconfirmed
from bot.screening import model

app = typer.Typer(no_args_is_help=True, help="The questions, their order and the rule: check and show them.")

Folder = Annotated[Path, typer.Option(help="The folder of the instrument's YAML files.")]
Locales = Annotated[Path, typer.Option(help="The folder of the catalogues.")]


@app.command()
def check(folder: Folder = model.FOLDER, locales: Locales = ROOT / "locales") -> None:
    """Say everything that is wrong with the instrument, its texts and its lines; exit 1 when there is anything."""
    found, problems = checks.check(folder, locales)
    for problem in problems:
        print(problem)
    if problems:
        tell(f"{len(problems)} problems")
        raise typer.Exit(1)
    tell(
        f"the instrument is whole: {len(found.adult.questions)} questions for adults, "
        f"{len(found.minor.questions)} for minors, {len(found.indicators)} indicators, "
        f"{len(found.sources)} sources; {unconfirmed.count(found)} things unconfirmed (faro instrument show)"
    )


@app.command()
def show(
    out: Annotated[Path | None, typer.Option(help="Where the page goes; standard output without it.")] = None,
    folder: Folder = model.FOLDER,
    locales: Locales = ROOT / "locales",
    locale: Annotated[str, typer.Option(help="The language of the page and of the questions.")] = "es",
) -> None:
    """One page for reviewers, ready to print: questions, flow, rule, sources, everything unconfirmed."""
    found = model.load(folder)
    today = datetime.now(UTC).date()
    html = page.render(folder, found, page.catalogue(locales, locale), referrals.load(), today)
    if out is None:
        print(html)
        return
    out.write_text(html, encoding="utf-8")
    tell(f"the page is {out} ({len(html) // 1024} KB)")
