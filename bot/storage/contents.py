"""Which Twilio Content shows which words and buttons: made once, remembered for all workers."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, insert, select

from bot.storage.database import Database
from bot.storage.tables import contents


class Contents:
    """The cache behind the WhatsApp channel; ``key`` is a hash of language, text and buttons."""

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self._db = db
        self._clock = clock

    async def get(self, key: str) -> str | None:
        """The content id kept under ``key``, or None."""
        async with self._db.read() as conn:
            found: str | None = await conn.scalar(select(contents.c.sid).where(contents.c.hash == key))
        return found

    async def put(self, key: str, sid: str) -> None:
        """Keep ``sid``; an empty one forgets."""
        async with self._db.write() as conn:
            await conn.execute(delete(contents).where(contents.c.hash == key))
            if sid:
                await conn.execute(insert(contents).values(hash=key, sid=sid, created_at=self._clock()))
