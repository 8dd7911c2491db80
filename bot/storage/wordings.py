"""Version → words: what was asked, for as long as answers point at it. No conversation is named here."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.text_tables import wordings
from bot.wordings import Wording


async def remember(conn: AsyncConnection, asked: Iterable[Wording], month: str) -> None:
    """Keep those that are not known yet. ``month``: ``2026-11``."""
    rows = [
        {"version": w.version, "locale": w.locale, "key": w.key, "text": w.text, "month": month}
        for w in dict.fromkeys(asked)
    ]
    if rows:
        into = postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert
        await conn.execute(into(wordings).values(rows).on_conflict_do_nothing())


async def of(conn: AsyncConnection, version: str) -> Wording | None:
    """The words of a version; None when nobody was asked in them."""
    found = await conn.execute(
        select(wordings.c.locale, wordings.c.key, wordings.c.text).where(wordings.c.version == version)
    )
    row = found.first()
    return Wording(row.locale, row.key, row.text) if row else None
