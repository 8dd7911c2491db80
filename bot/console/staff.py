"""The team: who has an account, and shutting one at once. Accounts are made and renewed on the server."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import accounts
from bot.console.access import Visit
from bot.storage import staff


async def page(visit: Visit) -> Response:
    """Every account."""
    async with visit.deps.db.read() as conn:
        found = await staff.everybody(conn, visit.deps.vault)
    members = [
        {
            "id": one.id,
            "alias": one.alias,
            "login": one.login,
            "role": one.role,
            "disabled": one.disabled_at is not None,
            "you": one.id == visit.staff.id,
            "can_disable": visit.may("staff.disable") and one.disabled_at is None,
        }
        for one in found
    ]
    return visit.page("staff.html", "staff", members=members)


async def disable(visit: Visit) -> Response:
    """Shut an account; never one's own, so that somebody is left to open it again."""
    deps, member_id = visit.deps, visit.id("member")
    async with deps.db.write() as conn:
        member = await staff.get(conn, deps.vault, member_id)
        if member is None:
            raise HTTPException(404)
        said = "refused"
        if member.id != visit.staff.id:
            await accounts.disable_staff(conn, deps.vault, member.login, visit.now, by=visit.staff.id)
            said = "disabled"
    return RedirectResponse(f"/console/staff?said={said}", 303)
