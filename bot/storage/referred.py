"""Which lines a person was given: ids of ``bot/referrals/lines.yml``, no words."""

from __future__ import annotations

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import case_referrals


async def add(conn: AsyncConnection, case_id: str, line: str, now: float) -> bool:
    """Record that the person was given a line; False when it stands there already."""
    known = await conn.scalar(
        select(func.count()).where(case_referrals.c.case_id == case_id, case_referrals.c.line == line)
    )
    if known:
        return False
    await conn.execute(insert(case_referrals).values(case_id=case_id, line=line, at=now))
    return True


async def of(conn: AsyncConnection, case_id: str) -> list[str]:
    """The ids of the lines that the person was given, in order."""
    rows = await conn.execute(
        select(case_referrals.c.line)
        .where(case_referrals.c.case_id == case_id)
        .order_by(case_referrals.c.at, case_referrals.c.line)
    )
    return list(rows.scalars())
