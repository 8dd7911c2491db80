"""What the provider still has to delete after somebody erased: tried again until it is gone, and counted.

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
        """Work off one erasure that is due, if there is one."""
        now = self._clock()
        async with self._db.read() as conn:
            row = (
                await conn.execute(
                    select(erasures)
                    .where(erasures.c.next_at <= now, erasures.c.channel.in_(self._channels))
                    .order_by(erasures.c.next_at)
                    .limit(1)
                )
            ).first()
        if row is not None:
            await self._erase(row, now)

    async def _erase(self, row: Any, now: float) -> None:
        async with self._db.write() as conn:
            taken = await conn.execute(
                update(erasures)
                .where(erasures.c.id == row.id, erasures.c.next_at == row.next_at)
                .values(next_at=now + PAUSE_SECONDS * (row.attempts + 1), attempts=row.attempts + 1)
            )
        if taken.rowcount != 1:
            return
        target = self._vault.open_json("erasures", "target_sealed", row.id, row.target_sealed)
        channel = self._channels[row.channel]
        left = await channel.erase(target["address"], target["refs"]) if target["refs"] else 0
        receipt = await self._receipt(channel, target)
        if (left or receipt) and row.attempts + 1 < MOST_ATTEMPTS:
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


async def order(
    conn: AsyncConnection,
    vault: Vault,
    channel: str,
    address: str,
    refs: Sequence[str],
    receipt: Sequence[Mapping[str, Any]],
    now: float,
) -> None:
    """Have the provider's copy deleted, then the receipt sent."""
    row = secrets.token_hex(16)
    target = {"address": address, "refs": list(refs), "receipt": [dict(body) for body in receipt]}
    await conn.execute(
        insert(erasures).values(
            id=row,
            channel=channel,
            target_sealed=vault.seal_json("erasures", "target_sealed", row, target),
            next_at=now,
            created_at=now,
        )
    )
