"""What several commands share: the store opened for one act, and how the operator is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot import config
from bot.config import Settings
from bot.storage import database
from bot.storage.database import Database, SchemaError, require_head
from bot.vault import KeyRing, Vault


def with_store(act: Callable[[Database, Vault], Awaitable[Any]], settings: Settings | None = None) -> Any:
    """What ``act`` gives, with database and keys open for as long as it takes."""
    settings = settings or config.load()
    vault = Vault(KeyRing.load(settings.keys_file))
    path = database.sqlite_path(settings.database_url)
    if path is not None and not path.exists():  # opening would make an empty one
        raise SchemaError(f"There is no database at {path}: run faro migrate, or set FARO_DATABASE_URL.")

    async def go() -> Any:
        db = Database(settings.database_url)
        try:
            await require_head(db)
            return await act(db, vault)
        finally:
            await db.close()

    return asyncio.run(go())


def tell(line: str) -> None:
    """One line for the operator."""
    print(f"faro: {line}", flush=True)
