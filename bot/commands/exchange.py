"""``faro locales export|import``: the texts for other programs, and back as drafts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot import config, worksheets
from bot.commands.common import tell, with_store
from bot.commands.locales import LIMITS, Folder, app, entries, folder_of
from bot.phrasing import DOMAINS, Catalogues
from bot.storage import staff
from bot.storage.database import Database
from bot.texts import exchange, files, variants
from bot.texts.check import SPANISH, Checker
from bot.texts.desk import Brought, TextDesk
from bot.texts.exchange import Change, Fault, Incoming
from bot.texts.wording import Wording
from bot.vault import Vault


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="The file to write; its ending, .po or .xlsx, says as what.")],
    locale: Annotated[
        str, typer.Option(help="The language of a PO file; a workbook holds all of them.")
    ] = SPANISH,
    domain: Annotated[
        str,
        typer.Option(help="The catalogue of a PO file: messages (what chatters read) or console (staff)."),
    ] = DOMAINS[0],
    folder: Folder = None,
) -> None:
    """Write the texts for somebody who changes them in another program: a PO file, or a workbook."""
    here = folder_of(folder)
    if out.suffix == ".xlsx":
        out.write_bytes(exchange.as_xlsx({lc: files.open_to(here, lc) for lc in _languages(here)}))
    else:
        path = files.catalogue(here, _known(here, locale, domain), domain)
        out.write_text(exchange.as_po(path.read_text(encoding="utf-8"), locale), encoding="utf-8")
    tell(f"wrote {out}")


@app.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="What was exported, changed.")],
    locale: Annotated[
        str, typer.Option(help="The language of a PO file; a workbook says it itself.")
    ] = SPANISH,
    by: Annotated[
        str, typer.Option(help="Keep the changes as drafts of this editor; without it only look.")
    ] = "",
    folder: Folder = None,
) -> None:
    """Tell what a file would change, text by text; with ``--by`` make drafts of it. Exit 1 when a part cannot be taken."""
    here, settings = folder_of(folder), config.load()
    wording, checker = Wording(here), Checker(LIMITS)
    incoming, faults = _read(file, here, _known(here, locale))
    texts = {lc: {e.key: e.text for e in files.open_to(here, lc)} for lc in _languages(here)}
    changes, more = exchange.compare(incoming, texts)
    ready = []
    for one in [*faults, *more]:
        print(wording.text(f"console.exchange.fault.{one.code}", **one.params))
    for change in changes:
        wrong = _tell_change(change, checker, here, wording)
        if not wrong and change.state != "moved":
            ready.append(change)
    print(wording.text("console.exchange.cli.changes", n=len(ready)))
    if by and ready:
        brought = [
            Brought(i.locale, i.key, i.text, exchange.version(i.locale, i.key, change.now))
            for change in ready
            for i in (change.incoming,)
        ]
        done = with_store(lambda db, vault: _keep(db, vault, here, brought, by), settings)
        print(wording.text("console.exchange.cli.done", n=done))
    raise typer.Exit(1 if faults or more or len(ready) < len(changes) else 0)


def _languages(here: Path, *domains: str) -> list[str]:
    """Every catalogue is read here as its check reads it: one that cannot be read ends the command."""
    for locale, domain in itertools.product(files.locales(here), DOMAINS):
        if (path := files.catalogue(here, locale, domain)).exists():
            entries(path)
    return files.locales(here, *domains)


def _known(here: Path, locale: str, *domains: str) -> str:
    if locale not in (known := files.locales(here, *domains)):
        tell(f"there is no catalogue of {locale!r}: choose one of {', '.join(known)}")
        raise typer.Exit(1)
    return locale


def _read(file: Path, here: Path, locale: str) -> tuple[list[Incoming], list[Fault]]:
    try:
        content = file.read_bytes()
        if file.suffix == ".xlsx":
            return exchange.from_sheets(worksheets.read(content), _languages(here))
        return exchange.from_po(content.decode("utf-8-sig"), locale)
    except OSError:
        tell(f"cannot read {file}")
        raise typer.Exit(1) from None
    except worksheets.UnreadableSheetError as error:
        return [], [Fault(error.code, {})]
    except UnicodeDecodeError:
        return [], [Fault("unreadable", {})]


def _tell_change(change: Change, checker: Checker, here: Path, wording: Wording) -> bool:
    """One text: what becomes of it, its words, what the checks say. True when it may not be taken."""
    one = change.incoming
    base = files.source(here, one.locale) if one.locale != SPANISH else {}
    own = {entry.key: entry.text for entry in files.own(here, one.locale)}
    others = {**(base if variants.is_variant(one.locale) else {}), **own, one.key: one.text}
    found = checker.text(one.locale, one.key, one.text, others, base.get(one.key) or change.now)
    wrong = any(level == "error" for level, _, _ in found)
    fate = "moved" if change.state == "moved" else "ready"
    print(f"{one.locale} {one.key}: {wording.text(f'console.exchange.cli.{fate}') if not wrong else ''}")
    print(f"  - {change.now}\n  + {one.text}".replace("\n", "\n    "))
    for level, code, params in found:
        print(f"  {wording.text(f'console.check.{level}')}: {wording.told(code, params)}")
    return wrong


async def _keep(db: Database, vault: Vault, here: Path, brought: Sequence[Brought], by: str) -> int:
    async with db.read() as conn:
        author = await staff.by_login(conn, vault, by)
    if author is None or author.disabled_at is not None or author.role != "editor":
        tell(f"{by!r} is no editor: see faro staff list")
        raise typer.Exit(1)
    desk = TextDesk(db, vault, Catalogues(here), Checker(LIMITS))
    return (await desk.take(brought, author, time.time())).get("drafted", 0)
