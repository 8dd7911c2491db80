"""``faro keys``: make, change and count the keys."""

from __future__ import annotations

import asyncio
import json

import typer

from bot import config, retention
from bot.storage.database import Database
from bot.vault import KeyRing, Vault

app = typer.Typer(no_args_is_help=True, help="The key ring: init, rotate, verify.")


@app.command()
def init() -> None:
    """Make the key ring at FARO_KEYS_FILE, readable by its owner only; an existing one is never replaced."""
    settings = config.load()
    KeyRing.create(settings.keys_file)
    print(f"Made {settings.keys_file}. Keep a copy apart from the backups of the database.")


@app.command()
def rotate() -> None:
    """Write with a new key from now on, and re-encrypt everything that is kept."""
    settings = config.load()
    KeyRing.load(settings.keys_file).rotate(settings.keys_file)
    print(json.dumps(asyncio.run(_reseal(settings))))


@app.command()
def verify() -> None:
    """How many values each key holds; an old key may go only at zero."""
    print(json.dumps(asyncio.run(_count(config.load()))))


async def _reseal(settings: config.Settings) -> dict[str, int]:
    db = Database(settings.database_url)
    try:
        return await retention.rotate_fields(db, Vault(KeyRing.load(settings.keys_file)))
    finally:
        await db.close()


async def _count(settings: config.Settings) -> dict[str, int]:
    db = Database(settings.database_url)
    try:
        return await retention.count_keys(db, Vault(KeyRing.load(settings.keys_file)))
    finally:
        await db.close()
