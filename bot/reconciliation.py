"""Messages whose webhook never came: the provider's own list is looked through, and what is new enters by the door.

Twilio repeats a refused connection a few times and then never again; only its list still holds the message. What
was taken already has left a tombstone, so that looking twice changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter
from sqlalchemy import delete, insert, select

from bot.storage.database import Database
from bot.storage.tables import meta
from connectors.base import Event, Listing, SendError

log = structlog.get_logger()

EVERY_SECONDS = 90.0
YOUNG_SECONDS = 60.0  # the webhook of a younger message may be on its way, and tells more than the list
OVERLAP_SECONDS = 900.0  # the list may lag behind
FURTHEST_SECONDS = 7 * 24 * 3600.0

LOOKED = Counter("faro_sweeps", "Looks through a provider's list of messages", ["channel"])
FAILED = Counter("faro_sweeps_failed", "Looks that failed", ["channel", "code"])


class Sweep:
    """Looks through the list of each channel that has one. The first look ever begins at that moment."""

    def __init__(
        self,
        db: Database,
        channels: Sequence[Listing],
        deliver: Callable[[Sequence[Event]], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._db = db
        self._channels = channels
        self._deliver = deliver
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until ``stop``."""
        while not stop.is_set():
            await self.step()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def step(self) -> None:
        """One look at every list; one that fails is made up for by the next."""
        for channel in self._channels:
            try:
                await self._look(channel)
                LOOKED.labels(channel.name).inc()
            except SendError as error:
                FAILED.labels(channel.name, error.code).inc()
                log.warning("sweep_failed", channel=channel.name, code=error.code)
            except Exception:
                FAILED.labels(channel.name, "broken").inc()
                log.exception("sweep_broke", channel=channel.name)

    async def _look(self, channel: Listing) -> None:
        until = self._clock() - YOUNG_SECONDS
        since = await self._reached(channel.name)
        if since is not None:
            since = max(since - OVERLAP_SECONDS, until - FURTHEST_SECONDS)
            await self._deliver(await channel.missed(_at(since), _at(until)))
        await self._reach(channel.name, until)

    async def _reached(self, name: str) -> float | None:
        async with self._db.read() as conn:
            found = await conn.scalar(select(meta.c.value).where(meta.c.name == f"sweep:{name}"))
        return None if found is None else float(found)

    async def _reach(self, name: str, until: float) -> None:
        async with self._db.write() as conn:
            await conn.execute(delete(meta).where(meta.c.name == f"sweep:{name}"))
            await conn.execute(insert(meta).values(name=f"sweep:{name}", value=str(until)))


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
