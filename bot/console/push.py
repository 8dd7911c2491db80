"""Browsers that are told of alerts by Web Push: one's own, turned on here, turned off from any of them."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import me
from bot.console.access import Visit
from bot.storage import devices
from connectors.base import SubscriptionError

FIELDS = ("endpoint", "p256dh", "auth")


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
