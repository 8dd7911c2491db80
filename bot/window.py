"""The hours in which a channel takes our own words, and the neutral notice for when they are over.

WhatsApp: 24 hours after the person last wrote. Later only a template that was approved beforehand may leave; ours
names nothing. What waits behind it goes out when the person writes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import conversations as people
from bot.storage.database import Database
from bot.storage.tables import conversations, outbound
from bot.vault import Vault
from connectors.base import Channel, Limits, Outbound

HOUR = 3600.0
MARGIN_SECONDS = 60.0  # a send takes up to half a minute, and the provider has a clock of its own
NOTICE = "window.notice"
CODE = "window"
HEARD_AT = func.coalesce(conversations.c.last_inbound_at, conversations.c.created_at).label("heard_at")


def closes(limits: Limits, heard_at: float) -> float | None:
    """Until when free words are taken; None where they always are."""
    return heard_at + limits.window_hours * HOUR if limits.window_hours else None


def over(limits: Limits, row: Row[Any], now: float) -> bool:
    """Whether this message must wait. The notice itself never does."""
    end = closes(limits, row.heard_at)
    return end is not None and row.key != NOTICE and now >= end - MARGIN_SECONDS


class Windows:
    """Holds what comes too late. ``say`` gives the words of a key in a language; without it nothing is announced."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        channels: Mapping[str, Channel],
        clock: Callable[[], float],
        say: Callable[[str, str], str] | None,
        enqueue: Callable[..., Awaitable[str | None]],
    ) -> None:
        self._db = db
        self._vault = vault
        self._channels = channels
        self._clock = clock
        self._say = say
        self._enqueue = enqueue

    async def hold(self, row: Row[Any]) -> None:
        """Hold a message before any send; what a person wrote stands behind a notice."""
        async with self._db.write() as conn:
            heard = await conn.scalar(
                select(HEARD_AT).where(conversations.c.id == row.conversation_id).with_for_update()
            )
            if heard != row.heard_at:  # the person wrote this moment
                return
            done = await conn.execute(
                update(outbound)
                .where(
                    outbound.c.id == row.id,
                    outbound.c.state == row.state,
                    outbound.c.next_at == row.next_at,
                )
                .values(state="held", error_code=CODE)
            )
            if done.rowcount == 1:
                await self.announce(conn, row, self._clock())

    async def announce(self, conn: AsyncConnection, row: Row[Any], now: float) -> None:
        """Once per silence the neutral template says that something waits.

        Not where no template was approved, nor to whoever is silent, blocked us, or has not agreed to be written to.
        """
        channel = self._channels.get(row.channel)
        person = await people.get(conn, self._vault, row.conversation_id)
        if row.author != "staff" or channel is None or person is None or self._say is None:
            return
        wishes = (person.state or {}).get("wishes") or {}
        template = channel.limits.notice
        if not template or person.phase not in ("bot", "human") or person.blocked:
            return
        if wishes.get("may_write") is not True:
            return
        message = Outbound(self._say(NOTICE, person.locale), locale=person.locale, template=template)
        dedupe = f"{CODE}:{person.id}:{person.last_inbound_at or person.created_at:.3f}"
        await self._enqueue(conn, person.id, dedupe, "bot", NOTICE, message, now)
