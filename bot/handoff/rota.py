"""Who is on duty, and how long people really wait: from live data, so that no promise is made up.

On duty means: a responder or supervisor used the console within the last quarter of an hour and is on no break.
A shift alone puts nobody on duty: when nobody is there, it only says when somebody is expected. The estimate is
what people waited lately or, when the queue is slower than that today, what they have waited by now.
"""

from __future__ import annotations

import statistics

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.handoff import shifts
from bot.handoff.shifts import Start
from bot.storage import shifts as store
from bot.storage.tables import cases, sessions, staff

PRESENCE_SECONDS = 15 * 60
RECENT_CLAIMS = 20
RECENT_SECONDS = 7 * 24 * 3600
ANSWERING_ROLES = ("responder", "supervisor")


async def present(conn: AsyncConnection, now: float) -> set[str]:
    """The ids of those who may answer, are at the console now, and are on no break."""
    found = await conn.execute(
        select(sessions.c.staff_id)
        .join(staff, staff.c.id == sessions.c.staff_id)
        .where(
            sessions.c.step == "full",
            sessions.c.seen_at >= now - PRESENCE_SECONDS,
            staff.c.role.in_(ANSWERING_ROLES),
            staff.c.disabled_at.is_(None),
            staff.c.paused_at.is_(None),
        )
        .distinct()
    )
    return set(found.scalars())


async def on_duty(conn: AsyncConnection, now: float) -> bool:
    """True when at least one person who may answer is at the console now."""
    return bool(await present(conn, now))


async def next_shift(conn: AsyncConnection, now: float) -> Start | None:
    """When somebody is expected next; None when nobody is within a week."""
    return shifts.next_start(await store.everybody(conn), now)


async def wait_estimate(conn: AsyncConnection, now: float) -> float | None:
    """Seconds: the median of the latest claims of this week, or what those in the queue have waited, if longer.

    None without any claim: a queue alone says how long it has been, not how long it takes.
    """
    found = await conn.execute(
        select(cases.c.claimed_at - cases.c.waiting_since)
        .where(cases.c.claimed_at.is_not(None), cases.c.claimed_at >= now - RECENT_SECONDS)
        .order_by(cases.c.claimed_at.desc())
        .limit(RECENT_CLAIMS)
    )
    waits: list[float] = [row[0] for row in found if row[0] is not None]
    if not waits:
        return None
    standing = await conn.execute(
        select(cases.c.waiting_since)
        .where(cases.c.state == "waiting")
        .order_by(cases.c.waiting_since)
        .limit(RECENT_CLAIMS)
    )
    so_far: list[float] = [now - since for since in standing.scalars()]
    return max(statistics.median(waits), statistics.median(so_far) if so_far else 0.0)
