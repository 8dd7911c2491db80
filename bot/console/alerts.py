"""The line on top of every page while a case waits too long, by the ladder; and alerts that did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from bot.console import pages
from bot.handoff import ladder
from bot.handoff.escalation import code
from bot.storage import alerts, reveals
from bot.storage.alerts import Waiting

if TYPE_CHECKING:  # a visit asks for the strip
    from bot.console.access import Visit

MOST = 3  # named one by one; the rest is counted


async def page(visit: Visit) -> Response:
    """What an open page asks for every few seconds."""
    return pages.render(visit.deps, "_alerts.html", strip=await strip(visit))


async def strip(visit: Visit) -> dict[str, Any]:
    """What stands on top of every page, from its first moment on and without script. On a break nothing sounds."""
    deps, now = visit.deps, visit.now
    async with deps.db.read() as conn:
        found = await alerts.waiting(conn)
        asked = await reveals.undecided(conn, deps.vault, now) if visit.may("reveal.grant") else []
        states = await alerts.states(conn)
    seen = [case for case in found if ladder.shown(case.urgency, now - case.waiting_since, "screen")]
    heard = [
        case.id
        for case in seen
        if visit.staff.paused_at is None and ladder.shown(case.urgency, now - case.waiting_since, "sound")
    ]
    return {
        "rows": [_row(visit, case) for case in seen[:MOST]],
        "more": max(0, len(seen) - MOST),
        "heard": " ".join(heard),
        "asked": sum(one.asked_by != visit.staff.id for one in asked),
        "lost": states["failed"],
        "unheard": states[alerts.NOBODY],
    }


def _row(visit: Visit, case: Waiting) -> dict[str, Any]:
    return {
        "href": f"/console/cases/{case.id}",
        "codename": case.codename,
        "code": code(case.id),
        "urgency": f"U{case.urgency}",
        "waited": pages.duration(visit.deps, visit.now - case.waiting_since),
    }
