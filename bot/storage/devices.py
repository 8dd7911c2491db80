"""Browsers that are told of alerts by Web Push; where each is reached is sealed, no page shows it."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import push_devices as table
from bot.storage.tables import staff
from bot.vault import Vault

MOST = 5  # of one account; the oldest goes


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """One browser of one account; ``subscription`` is what the browser gave."""

    id: str
    subscription: Mapping[str, str] = dataclasses.field(repr=False)
    created_at: float


async def add(
    conn: AsyncConnection, vault: Vault, staff_id: str, subscription: Mapping[str, str], now: float
) -> None:
    """Tell a browser from now on: for this account only, whoever used it before."""
    mac = vault.staff_mac("push", subscription["endpoint"])[:16]
    await conn.execute(delete(table).where(table.c.endpoint_mac == mac))
    device = secrets.token_hex(16)
    await conn.execute(
        insert(table).values(
            id=device,
            staff_id=staff_id,
            endpoint_mac=mac,
            subscription_sealed=vault.seal_json("push_devices", "subscription_sealed", device, subscription),
            created_at=now,
        )
    )
    mine = select(table.c.id).where(table.c.staff_id == staff_id)
    kept = (await conn.scalars(mine.order_by(table.c.created_at.desc(), table.c.id).limit(MOST))).all()
    await conn.execute(delete(table).where(table.c.staff_id == staff_id, table.c.id.not_in(kept)))


async def of(conn: AsyncConnection, vault: Vault, staff_id: str) -> list[Device]:
    """The browsers of an account that is open, the newest first."""
    rows = await conn.execute(
        select(table.c.id, table.c.subscription_sealed, table.c.created_at)
        .join(staff, staff.c.id == table.c.staff_id)
        .where(table.c.staff_id == staff_id, staff.c.disabled_at.is_(None))
        .order_by(table.c.created_at.desc(), table.c.id)
    )
    return [
        Device(
            row.id,
            vault.open_json("push_devices", "subscription_sealed", row.id, row.subscription_sealed),
            row.created_at,
        )
        for row in rows
    ]


async def drop(conn: AsyncConnection, staff_id: str, device: str) -> bool:
    """Tell a browser no more; False when it was none of this account's."""
    gone = await conn.execute(delete(table).where(table.c.id == device, table.c.staff_id == staff_id))
    return int(gone.rowcount) == 1


async def forget(conn: AsyncConnection, staff_id: str) -> None:
    """None of an account's browsers is told any more."""
    await conn.execute(delete(table).where(table.c.staff_id == staff_id))
