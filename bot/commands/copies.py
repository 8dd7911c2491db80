"""``faro backup`` and ``faro restore``: a copy while Faro serves, and the way back."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot import config
from bot.backup import files, postgresql, sqlite
from bot.backup.check import check as look
from bot.backup.restore import restore as bring_back
from bot.config import Settings, UnsafeSettingsError
from bot.storage import database
from bot.storage.database import Database, SchemaError
from bot.vault import KeyRing

KEEP_DAYS = 14


def backup(
    file: Annotated[Path, typer.Argument(help="The copy to make; for a folder, a dated one in it.")],
    check: Annotated[bool, typer.Option("--check", help="Make nothing: check this copy.")] = False,
    prune: Annotated[
        int, typer.Option(help="In a folder: days after which older copies go.", min=1)
    ] = KEEP_DAYS,
) -> None:
    """Copy the database while Faro serves, and check the copy; the keys are never in it."""
    settings = config.load()
    ring = KeyRing.load(settings.keys_file)
    if check:
        _show({"file": str(file), **look(file, ring).as_json()})
    else:
        _show(_make(settings, ring, file, prune))


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that faro backup made.")],
) -> None:
    """Bring a copy back where no database is: checked, in the newest shape, purged, with nothing old to send."""
    settings = config.load()
    ring = KeyRing.load(settings.keys_file)
    done = asyncio.run(bring_back(file, settings.database_url, ring, time.time()))
    print(json.dumps({"file": str(file), **done}))


def _make(settings: Settings, ring: KeyRing, file: Path, prune: int) -> dict[str, Any]:
    now = time.time()
    target = files.dated(file, now) if file.is_dir() else file
    with files.fresh(target) as place:
        _dump(settings.database_url, place)
    made = {
        "file": str(target),
        "bytes": target.stat().st_size,
        **look(target, ring).as_json(),
        "keys": f"not in the copy: without {settings.keys_file.name} it cannot be read; keep that apart",
    }
    if settings.keys_file.resolve().parent == target.resolve().parent:
        made["warning"] = "the keys file lies in the same folder: whoever takes both reads everything"
    if file.is_dir() and made["ok"]:
        made["pruned"] = files.prune(file, prune, now)
    return made


def _dump(url: str, place: Path) -> None:
    path = database.sqlite_path(url)
    if path is not None:
        sqlite.dump(path, place)
    else:
        postgresql.dump(url, asyncio.run(_version(url)), place)


async def _version(url: str) -> int:
    db = Database(url)
    try:
        return await postgresql.server_version(db)
    except (SQLAlchemyError, OSError):
        raise SchemaError("The database cannot be opened: check FARO_DATABASE_URL.") from None
    finally:
        await db.close()


def _show(report: dict[str, Any]) -> None:
    print(json.dumps(report), flush=True)
    if not report["ok"]:
        raise UnsafeSettingsError(report["trouble"])
