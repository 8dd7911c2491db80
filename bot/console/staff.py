"""The team: accounts made for a first login, role and departments, a way back in, and shutting one at once."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import access, accounts, login, pages, stepup
from bot.console.access import Visit
from bot.console.stepup import Refusal
from bot.statistics import ATTRIBUTES, OTHER
from bot.storage import staff
from bot.storage.staff import Staff

DEPARTMENTS = tuple(name for name in ATTRIBUTES["department"] if name not in (OTHER, "unknown"))


async def page(visit: Visit) -> Response:
    """Every account."""
    return await _show(visit)


async def _show(
    visit: Visit,
    *,
    status: int = 200,
    problem: str = "",
    seconds: int = 0,
    made: dict[str, Any] | None = None,
    given: str = "",
) -> Response:
    async with visit.deps.db.read() as conn:
        found = await staff.everybody(conn, visit.deps.vault)
    members = [
        {
            "id": one.id,
            "alias": one.alias,
            "login": one.login,
            "role": one.role,
            "state": _state(visit, one),
            "alerted": one.alerted,
            "team": [visit.deps.label("console.fact.department", name) for name in one.departments.split()],
            "departments": one.departments.split(),
            "can_edit": visit.may("staff.edit") and one.id != visit.staff.id and one.disabled_at is None,
            "you": one.id == visit.staff.id,
            "can_disable": visit.may("staff.disable") and one.disabled_at is None,
        }
        for one in found
    ]
    return await visit.page(
        "staff.html",
        "staff",
        status=status,
        members=members,
        roles=access.ROLES,
        departments=[(name, visit.deps.label("console.fact.department", name)) for name in DEPARTMENTS],
        problem=problem,
        seconds=seconds,
        made=made,
        given=given,
    )


def _state(visit: Visit, member: Staff) -> str:
    """How an account stands, in words."""
    say = visit.deps.text
    if member.disabled_at is not None:
        return say("console.staff.disabled")
    if member.enrol_until is not None:
        until = pages.clock(visit.deps, member.enrol_until, visit.now)
        if login.lapsed(member, visit.now):
            return say("console.staff.lapsed", time=until)
        return say("console.staff.first", time=until)
    return say("console.pause.mark" if member.paused_at is not None else "console.staff.active")


async def create(visit: Visit) -> Response:
    """Fields ``login`` and ``role``: an account for a first login; its one-time password, on this one answer."""
    deps, name, role = visit.deps, (await visit.field("login", 64)).lower(), await visit.field("role", 16)
    if not accounts.LOGIN.fullmatch(name) or role not in access.ROLES:
        return await _show(visit, status=422, problem="console.staff.new.form", given=name)
    async with deps.db.read() as conn:
        if await staff.by_login(conn, deps.vault, name) is not None:
            return await _show(visit, status=422, problem="console.staff.new.taken", given=name)
    if (refusal := await stepup.refused(visit)) is not None:
        return await _refuse(visit, refusal, name)
    async with deps.db.write() as conn:
        made = await accounts.create_staff(
            conn, deps.vault, name, role, visit.now, first_login=True, by=visit.staff.id
        )
    return await _show(visit, made=made)


async def reset(visit: Visit) -> Response:
    """Field ``member``: whoever lost phone or password begins anew; never oneself, who would be out.

    The old secrets, codes and sessions end at once; the new one-time password is on this one answer.
    """
    deps, member_id = visit.deps, await visit.field("member", 32)
    async with deps.db.read() as conn:
        member = await staff.get(conn, deps.vault, member_id)
    if member is None or member.id == visit.staff.id:
        return await _show(visit, status=422, problem="console.flash.form")
    if (refusal := await stepup.refused(visit)) is not None:
        return await _refuse(visit, refusal)
    async with deps.db.write() as conn:
        made = await accounts.reset_staff(
            conn, deps.vault, member.login, visit.now, first_login=True, by=visit.staff.id
        )
    return await _show(visit, made=made)


async def _refuse(visit: Visit, refusal: Refusal, given: str = "") -> Response:
    return await _show(
        visit, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds, given=given
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
        return await _refuse(visit, refusal)
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
