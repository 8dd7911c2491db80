"""Who is on duty, and how long people really wait: from live data, so that no promise is made up.

On duty means: a responder or supervisor used the console within the last quarter of an hour. The estimate is
the median wait of the latest claims, or nothing when there were none lately.
"""

from __future__ import annotations

import statistics

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import cases, sessions, staff

PRESENCE_SECONDS = 15 * 60
RECENT_CLAIMS = 20
RECENT_SECONDS = 7 * 24 * 3600
ANSWERING_ROLES = ("responder", "supervisor")


async def on_duty(conn: AsyncConnection, now: float) -> bool:
    """True when at least one person who may answer is at the console now."""
    found = await conn.execute(
        select(sessions.c.staff_id)
        .join(staff, staff.c.id == sessions.c.staff_id)
        .where(
            sessions.c.step == "full",
            sessions.c.seen_at >= now - PRESENCE_SECONDS,
            staff.c.role.in_(ANSWERING_ROLES),
            staff.c.disabled_at.is_(None),
        )
        .limit(1)
    )
    return found.first() is not None


async def wait_estimate(conn: AsyncConnection, now: float) -> float | None:
    """Median seconds from waiting to claimed over the latest claims of this week; None without any."""
    found = await conn.execute(
        select(cases.c.claimed_at - cases.c.waiting_since)
        .where(cases.c.claimed_at.is_not(None), cases.c.claimed_at >= now - RECENT_SECONDS)
        .order_by(cases.c.claimed_at.desc())
        .limit(RECENT_CLAIMS)
    )
    waits = [row[0] for row in found if row[0] is not None]
    return statistics.median(waits) if waits else None
