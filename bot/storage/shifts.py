"""The weekly shifts as they are stored."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.handoff.shifts import Shift
from bot.storage.tables import shifts, staff


async def everybody(conn: AsyncConnection) -> list[Shift]:
    """The shifts of everybody whose account works, by day and hour."""
    rows = await conn.execute(
        select(shifts)
        .join(staff, staff.c.id == shifts.c.staff_id)
        .where(staff.c.disabled_at.is_(None))
        .order_by(shifts.c.weekday, shifts.c.starts, shifts.c.id)
    )
    return [Shift(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented way to read by name


async def add(
    conn: AsyncConnection, staff_id: str, weekday: int, starts: int, ends: int, *, holidays: bool
) -> str | None:
    """A new shift; its id. None when this person has one that begins then."""
    here = (shifts.c.staff_id == staff_id, shifts.c.weekday == weekday, shifts.c.starts == starts)
    if await conn.scalar(select(shifts.c.id).where(*here)) is not None:
        return None
    shift_id = secrets.token_hex(16)
    await conn.execute(
        insert(shifts).values(
            id=shift_id, staff_id=staff_id, weekday=weekday, starts=starts, ends=ends, holidays=holidays
        )
    )
    return shift_id


async def remove(conn: AsyncConnection, shift_id: str) -> bool:
    """False when there is no such shift."""
    return int((await conn.execute(delete(shifts).where(shifts.c.id == shift_id))).rowcount) == 1
