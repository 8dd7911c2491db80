"""What the provider still has to delete: tried again until it is gone, and counted.

After BORRAR that is everything of a person. Where the provider keeps copies of its own (Twilio), it is also every
single message, once it was handled or its delivery has had time to be told.
The address lives on only in the sealed row of this job, until the provider's copy is deleted and the receipt is
out; then the row goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import erasures
from bot.vault import Vault
from connectors.base import Channel, Choice, Outbound, SendError

log = structlog.get_logger()

MOST_ATTEMPTS = 20
PAUSE_SECONDS = 30.0
LONGEST_PAUSE = 6 * 3600.0
AFTER_READING = 60.0  # until a message that was handled is deleted at the provider
AFTER_SENDING = 3600.0  # the same for ours: before, its delivery may not have been told
AT_ONCE = 20
DONE = Counter("faro_erasures_done", "Deletions that a provider carried out", ["channel"])
RETRIED = Counter("faro_erasures_retried", "Deletions that will be tried again", ["channel"])
LEFT = Counter("faro_erasures_left", "Messages that a provider could not delete", ["channel"])


class Erasures:
    """The job; the outbox runs it."""

    def __init__(
        self, db: Database, vault: Vault, channels: Mapping[str, Channel], clock: Callable[[], float]
    ) -> None:
        self._db = db
        self._vault = vault
        self._channels = channels
        self._clock = clock

    async def step(self) -> None:
        """Work off what is due, a number at once."""
        now = self._clock()
        async with self._db.read() as conn:
            rows = (
                await conn.execute(
                    select(erasures)
                    .where(erasures.c.next_at <= now, erasures.c.channel.in_(self._channels))
                    .order_by(erasures.c.next_at)
                    .limit(AT_ONCE)
                )
            ).all()
        for row in rows:
            try:
                await self._erase(row, now)
            except Exception:
                log.exception("erasure_broke", channel=row.channel)

    async def _erase(self, row: Any, now: float) -> None:
        async with self._db.write() as conn:
            taken = await conn.execute(
                update(erasures)
                .where(erasures.c.id == row.id, erasures.c.next_at == row.next_at)
                .values(next_at=now + _pause(row.attempts), attempts=row.attempts + 1)
            )
        if taken.rowcount != 1:
            return
        target = self._vault.open_json("erasures", "target_sealed", row.id, row.target_sealed)
        channel = self._channels[row.channel]
        left = await channel.erase(target["address"], target["refs"]) if target["refs"] else 0
        receipt = await self._receipt(channel, target)
        if (left or receipt) and row.attempts + 1 < MOST_ATTEMPTS:
            RETRIED.labels(row.channel).inc()
            rest = {**target, "receipt": receipt, "refs": target["refs"] if left else []}
            async with self._db.write() as conn:
                await conn.execute(
                    update(erasures)
                    .where(erasures.c.id == row.id)
                    .values(target_sealed=self._vault.seal_json("erasures", "target_sealed", row.id, rest))
                )
            return
        if left:
            LEFT.labels(row.channel).inc(left)
            log.warning("erasure_incomplete", channel=row.channel, count=left)
        else:
            DONE.labels(row.channel).inc()
        async with self._db.write() as conn:
            await conn.execute(delete(erasures).where(erasures.c.id == row.id))

    async def _receipt(self, channel: Channel, target: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Say what went; what is still to be said after a failure."""
        todo = list(target["receipt"])
        while todo:
            body = todo[0]
            try:
                await channel.send(
                    target["address"],
                    Outbound(**{**body, "choices": tuple(Choice(**c) for c in body["choices"])}),
                )
            except SendError as error:
                if error.retryable:
                    return todo
                log.warning("receipt_failed", channel=channel.name, code=error.code)
            todo.pop(0)
        return todo


def _pause(attempts: int) -> float:
    """Half a minute, then twice as long each time: a phone that is off keeps its message "on its way" for days."""
    return float(min(PAUSE_SECONDS * 2**attempts, LONGEST_PAUSE))


async def order(
    conn: AsyncConnection,
    vault: Vault,
    channel: str,
    address: str,
    refs: Sequence[str],
    receipt: Sequence[Mapping[str, Any]],
    now: float,
    due: float | None = None,
) -> None:
    """Have the provider's copy deleted, at once or when it is due, then the receipt sent."""
    row = secrets.token_hex(16)
    target = {"address": address, "refs": list(refs), "receipt": [dict(body) for body in receipt]}
    await conn.execute(
        insert(erasures).values(
            id=row,
            channel=channel,
            target_sealed=vault.seal_json("erasures", "target_sealed", row, target),
            next_at=now if due is None else due,
            created_at=now,
        )
    )
