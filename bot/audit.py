"""Who did what, in a chain: each row's tag covers the tag before it, so a change, a gap or a swap shows.

No text, no pseudonym: actor and object are random ids. Cutting off the tail goes unseen unless ``head`` is kept
somewhere this machine cannot write.
"""

from __future__ import annotations

import json

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import audit
from bot.vault import Vault

LOCK = 0x6661726F  # PostgreSQL: one writer of the chain at a time; SQLite has one anyway


async def append(conn: AsyncConnection, vault: Vault, actor: str, act: str, obj: str, now: float) -> None:
    """Add one row, inside the caller's transaction."""
    if conn.dialect.name == "postgresql":
        await conn.execute(select(func.pg_advisory_xact_lock(LOCK)))
    last = (
        await conn.execute(select(audit.c.seq, audit.c.mac).order_by(audit.c.seq.desc()).limit(1))
    ).first()
    seq, previous = (last[0] + 1, last[1]) if last else (1, b"")
    mac = vault.audit_mac(previous, _row(seq, now, actor, act, obj))
    await conn.execute(insert(audit).values(seq=seq, at=now, actor=actor, act=act, object=obj, mac=mac))


async def verify(conn: AsyncConnection, vault: Vault) -> int | None:
    """The number of the first row that does not follow from the one before it; None when all do."""
    previous, expected = b"", 1
    rows = await conn.stream(select(audit).order_by(audit.c.seq))
    async for row in rows:
        if row.seq != expected:
            return int(row.seq)
        if vault.audit_mac(previous, _row(row.seq, row.at, row.actor, row.act, row.object)) != row.mac:
            return int(row.seq)
        previous, expected = row.mac, row.seq + 1
    return None


async def head(conn: AsyncConnection) -> tuple[int, str]:
    """Number and tag of the newest row, for keeping elsewhere; ``(0, "")`` for an empty log."""
    last = (
        await conn.execute(select(audit.c.seq, audit.c.mac).order_by(audit.c.seq.desc()).limit(1))
    ).first()
    return (int(last[0]), last[1].hex()) if last else (0, "")


def _row(seq: int, at: float, actor: str, act: str, obj: str) -> bytes:
    return json.dumps([seq, at, actor, act, obj], separators=(",", ":")).encode()
