"""The team: who has an account, role and departments, and shutting one at once. Accounts are made on the server."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import access, accounts, stepup
from bot.console.access import Visit
from bot.statistics import ATTRIBUTES, OTHER
from bot.storage import staff

DEPARTMENTS = tuple(name for name in ATTRIBUTES["department"] if name not in (OTHER, "unknown"))


async def page(visit: Visit) -> Response:
    """Every account."""
    return await _show(visit)


async def _show(visit: Visit, *, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
    async with visit.deps.db.read() as conn:
        found = await staff.everybody(conn, visit.deps.vault)
    members = [
        {
            "id": one.id,
            "alias": one.alias,
            "login": one.login,
            "role": one.role,
            "disabled": one.disabled_at is not None,
            "paused": one.paused_at is not None,
            "alerted": one.alerted,
            "team": [visit.deps.label("console.fact.department", name) for name in one.departments.split()],
            "departments": one.departments.split(),
            "can_edit": visit.may("staff.edit") and one.id != visit.staff.id and one.disabled_at is None,
            "you": one.id == visit.staff.id,
            "can_disable": visit.may("staff.disable") and one.disabled_at is None,
        }
        for one in found
    ]
    return visit.page(
        "staff.html",
        "staff",
        status=status,
        members=members,
        roles=access.ROLES,
        departments=[(name, visit.deps.label("console.fact.department", name)) for name in DEPARTMENTS],
        problem=problem,
        seconds=seconds,
    )


async def edit(visit: Visit) -> Response:
    """Fields ``role`` and ``department`` (any number); behind a fresh code, and never one's own account.

    Another role ends that person's sessions.
    """
    deps, member_id = visit.deps, visit.id("member")
    role, departments = await visit.field("role", 16), set(await visit.fields("department"))
    if role not in access.ROLES or not departments <= set(DEPARTMENTS) or member_id == visit.staff.id:
        return await _show(visit, status=422, problem="console.flash.form")
    async with deps.db.read() as conn:
        member = await staff.get(conn, deps.vault, member_id)
    if member is None:
        raise HTTPException(404)
    if (refusal := await stepup.refused(visit)) is not None:
        return await _show(visit, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds)
    async with deps.db.write() as conn:
        await staff.set_departments(conn, member_id, sorted(departments))
        if role != member.role:
            await staff.set_role(conn, member_id, role)
            await audit.append(conn, deps.vault, visit.staff.id, f"staff.role.{role}", member_id, visit.now)
        await audit.append(conn, deps.vault, visit.staff.id, "staff.team", member_id, visit.now)
    return RedirectResponse("/console/staff?said=staff_kept", 303)


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
