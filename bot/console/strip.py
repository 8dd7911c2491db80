"""What stands on top of every page: cases that wait too long, by the ladder; and alerts that did not arrive."""

from __future__ import annotations

from typing import Any

from bot.console import pages
from bot.console.deps import ConsoleDeps
from bot.handoff import ladder
from bot.handoff.escalation import code
from bot.storage import alerts, reveals
from bot.storage.alerts import Waiting
from bot.storage.staff import Staff

MOST = 3  # named one by one, on a telephone only the first; the rest is counted
HEARD = 20  # the newest: while they wait it sounds every minute anyway, and every page carries their ids


async def strip(deps: ConsoleDeps, member: Staff, now: float, *, grants: bool) -> dict[str, Any]:
    """There from a page's first moment on, and without script. On a break nothing sounds.

    ``grants``: whether ``member`` decides what colleagues ask to reveal.
    """
    async with deps.db.read() as conn:
        found = await alerts.waiting(conn)
        asked = await reveals.undecided(conn, deps.vault, now) if grants else []
        states = await alerts.states(conn)
    seen = [case for case in found if ladder.shown(case.urgency, now - case.waiting_since, "screen")]
    loud = [case for case in seen if ladder.shown(case.urgency, now - case.waiting_since, "sound")]
    newest = sorted(loud, key=lambda case: -case.waiting_since)[:HEARD]
    return {
        "rows": [_row(deps, case, now) for case in seen[:MOST]],
        "more": max(0, len(seen) - MOST),
        "rest": max(0, len(seen) - 1),
        "heard": "" if member.paused_at is not None else " ".join(case.id for case in newest),
        "asked": sum(one.asked_by != member.id for one in asked),
        "lost": states["failed"],
        "unheard": states[alerts.NOBODY],
    }


def _row(deps: ConsoleDeps, case: Waiting, now: float) -> dict[str, Any]:
    return {
        "href": f"/console/cases/{case.id}",
        "codename": case.codename,
        "code": code(case.id),
        "urgency": f"U{case.urgency}",
        "waited": pages.duration(deps, now - case.waiting_since),
    }
