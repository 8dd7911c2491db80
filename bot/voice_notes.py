"""Voice notes are fetched from the provider and sealed, for whoever holds the case; no program listens to them.

``waiting → kept``, or ``lost`` with a code that the conversation shows. Only then the provider's copy is deleted:
before, it is the only one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import select

from bot import erasure
from bot.storage import voice_notes as store
from bot.storage.database import Database
from bot.storage.tables import voice_notes
from bot.storage.voice_notes import Source
from bot.vault import Vault
from connectors.audio import media_type
from connectors.base import Hearing, SendError

log = structlog.get_logger()

IDLE_SECONDS = 1.0
AT_ONCE = 4
LEASE_SECONDS = 120.0
LONGEST_FETCH = 75.0
LARGEST = 5 * 2**20  # some forty minutes of speech as the telephones record it
MOST_OF_ONE = 64 * 2**20  # of one conversation: a flood must not fill the disk
PAUSES = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 8 * 3600.0)

KEPT = Counter("faro_voice_notes_kept", "Voice notes fetched and sealed", ["channel"])
RETRIED = Counter("faro_voice_notes_retried", "Fetches that will be tried again", ["channel", "code"])
LOST = Counter("faro_voice_notes_lost", "Voice notes that could not be fetched", ["channel", "code"])


class VoiceNotes:
    """The job. ``copies`` names the channels whose provider keeps copies of its own."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        channels: Mapping[str, Hearing],
        clock: Callable[[], float],
        copies: Collection[str] = (),
    ) -> None:
        self._db = db
        self._vault = vault
        self._channels = channels
        self._clock = clock
        self._copies = copies

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch until ``stop``; a fetch under way is finished first."""
        while not stop.is_set():
            try:
                await self.step()
            except Exception:
                log.exception("voice_notes_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), IDLE_SECONDS)

    async def step(self) -> None:
        """Fetch what is due, a few at once."""
        due = (voice_notes.c.state == store.WAITING) & (voice_notes.c.next_at <= self._clock())
        c = voice_notes.c
        async with self._db.read() as conn:
            rows = await conn.execute(
                select(c.id, c.conversation_id, c.channel, c.attempts, c.next_at)
                .where(due, c.channel.in_(self._channels))
                .order_by(c.next_at)
                .limit(AT_ONCE)
            )
            found = rows.all()
        await asyncio.gather(*(self._one(row) for row in found))

    async def _one(self, row: Any) -> None:
        async with self._db.write() as conn:
            source = await store.take(conn, self._vault, row, self._clock() + LEASE_SECONDS)
            held = await store.held_bytes(conn, row.conversation_id)
        if source is None:
            return
        try:
            if held >= MOST_OF_ONE:
                raise SendError("full", retryable=False)
            async with asyncio.timeout(LONGEST_FETCH):
                content = await self._channels[row.channel].fetch(source.media, LARGEST)
            kind = media_type(content)
            if not kind:
                raise SendError("no_recording", retryable=False)
        except TimeoutError:
            await self._failed(row, source, SendError("timeout", retryable=True))
        except SendError as error:
            await self._failed(row, source, error)
        except Exception:
            log.exception("voice_note_broke", channel=row.channel)
            await self._failed(row, source, SendError("broken", retryable=True))
        else:
            async with self._db.write(heavy=True) as conn:
                if await store.keep(conn, self._vault, row.id, content, kind):
                    await self._delete_copy(conn, row, source)
            KEPT.labels(row.channel).inc()

    async def _failed(self, row: Any, source: Source, error: SendError) -> None:
        now = self._clock()
        async with self._db.write() as conn:
            if error.retryable and row.attempts < len(PAUSES):
                pause = max(error.retry_after or 0.0, PAUSES[row.attempts])
                await store.later(conn, row.id, error.code, now + pause)
                RETRIED.labels(row.channel, error.code).inc()
                return
            if await store.lose(conn, row.id, error.code):
                await self._delete_copy(conn, row, source)
        LOST.labels(row.channel, error.code).inc()
        log.warning("voice_note_lost", channel=row.channel, code=error.code)

    async def _delete_copy(self, conn: Any, row: Any, source: Source) -> None:
        """The recording is here, or will not come: the provider's copy has served its purpose."""
        if row.channel in self._copies and source.message_ref:
            due = self._clock() + erasure.AFTER_READING
            refs = [source.message_ref]
            await erasure.order(conn, self._vault, row.channel, "", refs, (), self._clock(), due)
