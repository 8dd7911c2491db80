"""Browsers that are told of alerts by Web Push: one's own, turned on here, turned off from any of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import me, pages
from bot.console.access import Visit
from bot.storage import devices
from connectors.base import SubscriptionError

RULE = "queue.read"
FIELDS = ("endpoint", "p256dh", "auth")


async def offered(visit: Visit, conn: AsyncConnection) -> dict[str, Any] | None:
    """What the page of one's account says of it; None for those who get no alerts, and where Faro has no key."""
    deps = visit.deps
    if deps.push is None or not visit.may(RULE):
        return None
    found = await devices.of(conn, deps.vault, visit.staff.id)
    return {
        "key": deps.push.public,
        "devices": [
            {"id": one.id, "since": pages.full_date(deps, datetime.fromtimestamp(one.created_at, pages.LIMA))}
            for one in found
        ],
    }


async def add(visit: Visit) -> Response:
    """Fields ``endpoint``, ``p256dh`` and ``auth``, as the browser makes them."""
    deps, given = visit.deps, {name: await visit.field(name, 2000) for name in FIELDS}
    try:
        if deps.push is None:
            raise SubscriptionError("no key")
        deps.push.subscription(**given)
    except SubscriptionError:
        return await me.show(visit, status=422, problem="console.push.refused")
    async with deps.db.write() as conn:
        await devices.add(conn, deps.vault, visit.staff.id, given, visit.now)
        await audit.append(conn, deps.vault, visit.staff.id, "staff.push", visit.staff.id, visit.now)
    return RedirectResponse("/console/me?said=push_on", 303)


async def drop(visit: Visit) -> Response:
    """Tell one of one's own browsers no more; who clicks twice has done it."""
    deps, device = visit.deps, visit.id("device")
    async with deps.db.write() as conn:
        if await devices.drop(conn, visit.staff.id, device):
            await audit.append(conn, deps.vault, visit.staff.id, "staff.push.off", visit.staff.id, visit.now)
    return RedirectResponse("/console/me?said=push_off", 303)
