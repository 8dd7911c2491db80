"""What a provider says of a message after it took it: ranked, never going back, and sometimes a second chance.

``sent → delivered → read``, or a failure that is told late. What could be mended by waiting is queued again, what
came after the window is held, buttons that were refused go out as numbered words; the rest is a dead letter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import Counter
from sqlalchemy import ColumnElement, and_, literal, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import window
from bot.storage.database import Database
from bot.storage.tables import outbound
from bot.vault import Vault
from connectors.base import Channel, Choice, Outbound, SendError, Status
from connectors.text import numbered

MOST_ATTEMPTS = 12
RETRY_SECONDS = 60.0  # where the code names no time of its own
RANK = {"accepted": 1, "sent": 2, "delivered": 3, "read": 4}

SENT = Counter("faro_outbound_sent", "Messages that a provider took", ["channel"])
ALARMS = Counter("faro_channel_alarms", "Refusals that an operator must mend", ["channel", "code"])
FAILED = Counter("faro_outbound_failed", "Messages that will not be sent", ["channel", "code"])
RETRIED = Counter("faro_outbound_retried", "Sends that will be tried again", ["channel", "code"])


class Statuses:
    """Takes statuses in any order and number; one of an unknown message changes nothing."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        channels: Mapping[str, Channel],
        clock: Callable[[], float],
        windows: window.Windows,
    ) -> None:
        self._db = db
        self._vault = vault
        self._channels = channels
        self._clock = clock
        self._windows = windows

    async def apply(self, status: Status) -> None:
        """One status, in one transaction."""
        mac = self._vault.provider_mac(status.channel, status.provider_id)
        here = and_(outbound.c.provider_mac == mac, outbound.c.state != "cancelled")
        async with self._db.write() as conn:
            if status.status == "failed":
                await self._failed(conn, here, status)
            elif status.status in ("delivered", "read"):
                lower = [name for name, rank in RANK.items() if rank < RANK[status.status]]
                await conn.execute(
                    update(outbound)
                    .where(here, or_(outbound.c.state.in_(lower), outbound.c.state == "sending"))
                    .values(state=status.status)
                )

    async def _failed(self, conn: AsyncConnection, here: ColumnElement[bool], status: Status) -> None:
        error = self._explained(status)
        rows = await conn.execute(
            select(outbound, literal(status.channel).label("channel"))
            .where(here, outbound.c.state.in_(("sending", "sent")))
            .with_for_update()
        )
        for row in rows.all():
            now = self._clock()
            values = self._next(row, error, now)
            again = values["state"] != "failed"
            if again:  # the same status, repeated, must not find the next try
                values["provider_mac"] = None
            await conn.execute(
                update(outbound).where(outbound.c.id == row.id).values(**values, error_code=error.code[:32])
            )
            if values["state"] == "held":
                await self._windows.announce(conn, row, now)
            (RETRIED if again else FAILED).labels(status.channel, error.code).inc()
            if error.alarm:
                ALARMS.labels(status.channel, error.code).inc()

    def _next(self, row: Row[Any], error: SendError, now: float) -> dict[str, Any]:
        """What becomes of a message that was taken and then not delivered."""
        if error.window:
            return {"state": "failed" if row.key == window.NOTICE else "held"}
        if row.attempts >= MOST_ATTEMPTS:
            return {"state": "failed"}
        if error.plain and (bare := self._bare(row)) is not None:
            return {"state": "queued", "next_at": now, "body_sealed": bare}
        if error.retryable:
            return {"state": "queued", "next_at": now + (error.retry_after or RETRY_SECONDS)}
        return {"state": "failed"}

    def _bare(self, row: Row[Any]) -> bytes | None:
        """The message with its choices as numbered words; None when it has none, or is a template."""
        body = self._vault.open_json("outbound", "body_sealed", row.id, row.body_sealed)
        message = None if body is None else outbound_from(body)
        if message is None or message.layout == "plain" or not message.choices:
            return None
        plain = dataclasses.replace(message, text=numbered(message), layout="plain")
        return self._vault.seal_json("outbound", "body_sealed", row.id, dataclasses.asdict(plain))

    def _explained(self, status: Status) -> SendError:
        explain = getattr(self._channels.get(status.channel), "explain", None)
        found = explain(status.code) if explain else None
        return found if isinstance(found, SendError) else SendError(status.code, retryable=False)


def outbound_from(body: Mapping[str, Any]) -> Outbound:
    """The message that ``dataclasses.asdict`` made JSON of."""
    return Outbound(**{**body, "choices": tuple(Choice(**choice) for choice in body["choices"])})
