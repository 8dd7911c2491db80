"""One's own account: a new password, new recovery codes, out everywhere else. What matters asks for a fresh code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import accounts, login, pages, passwords, sessions, stepup
from bot.console.access import Visit
from bot.storage import devices
from bot.storage import staff as store

OURS = re.compile(r"/console(?:[/?][A-Za-z0-9/_.?=&%+~-]*)?")  # an address of a page of ours, and of no other
FEW = 3  # recovery codes left, from which on the page says so


async def page(visit: Visit) -> Response:
    """The account as it stands."""
    return await show(visit)


async def show(
    visit: Visit, *, status: int = 200, problem: str = "", seconds: int = 0, codes: Sequence[str] = ()
) -> Response:
    """The account with a problem to tell, or with codes that are shown this once."""
    async with visit.deps.db.read() as conn:
        left = await store.recovery_codes_left(conn, visit.staff.id)
        pushes = await _pushes(visit, conn)
    return await visit.page(
        "me.html",
        "me",
        status=status,
        left=left,
        push=pushes,
        few=left <= FEW,
        codes=codes,
        team=[visit.deps.label("console.fact.department", one) for one in visit.staff.departments.split()],
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
        problem=problem,
        seconds=seconds,
    )


async def _pushes(visit: Visit, conn: AsyncConnection) -> dict[str, Any] | None:
    """Browsers that are told of alerts; None for those who get none, and where Faro has no key."""
    deps = visit.deps
    if deps.push is None or not visit.may("queue.read"):
        return None
    found = await devices.of(conn, deps.vault, visit.staff.id)
    return {
        "key": deps.push.public,
        "devices": [
            {"id": one.id, "since": pages.full_date(deps, datetime.fromtimestamp(one.created_at, pages.LIMA))}
            for one in found
        ],
    }


async def password(visit: Visit) -> Response:
    """Fields ``current``, ``fresh``, ``again`` and ``code``; every other session ends."""
    deps, member = visit.deps, visit.staff
    current, fresh, again = [await visit.raw(name) for name in ("current", "fresh", "again")]
    if weak := passwords.weakness(fresh, member.login, member.alias):
        return await show(visit, status=422, problem=f"console.me.password.{weak}")
    if fresh != again:
        return await show(visit, status=422, problem="console.me.password.differ")
    if (refusal := await stepup.refused(visit)) is not None:
        return await show(visit, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds)
    if not await login.checks.matches(member.password_hash, current[: passwords.LONGEST]):
        return await show(visit, status=403, problem="console.me.password.wrong")
    digest = await anyio.to_thread.run_sync(passwords.digest, fresh)
    async with deps.db.write() as conn:
        await store.set_password(conn, member.id, digest)
        token = await sessions.start(conn, member, "full", visit.session, visit.now)
        await audit.append(conn, deps.vault, member.id, "staff.password", member.id, visit.now)
        renewed = await store.get(conn, deps.vault, member.id)
    response = RedirectResponse("/console/me?said=password_kept", 303)
    sessions.give(deps, response, token)
    if renewed is not None:
        sessions.mark_device(deps, response, renewed, visit.now)
    return response


async def codes(visit: Visit) -> Response:
    """New recovery codes, on this one answer only; behind a fresh code."""
    if (refusal := await stepup.refused(visit)) is not None:
        return await show(visit, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds)
    async with visit.deps.db.write() as conn:
        made = await accounts.renew_codes(conn, visit.deps.vault, visit.staff, visit.now)
    return await show(visit, codes=made)


async def language(visit: Visit) -> Response:
    """Field ``locale``: the language of one's pages from now on; ``back`` is the page to read in it."""
    wanted, back = await visit.field("locale", 16), await visit.field("back", 500)
    if wanted not in visit.deps.phrasing.catalogues.consoles:
        return await show(visit, status=422, problem="console.flash.form")
    async with visit.deps.db.write() as conn:
        await store.set_locale(conn, visit.staff.id, wanted)
    return RedirectResponse(back if OURS.fullmatch(back) else "/console", 303)


async def leave(visit: Visit) -> Response:
    """Out everywhere else."""
    key = visit.session.key if visit.session is not None else b""
    async with visit.deps.db.write() as conn:
        await store.end_other_sessions(conn, visit.staff.id, key)
        await audit.append(conn, visit.deps.vault, visit.staff.id, "logout.others", visit.staff.id, visit.now)
    return RedirectResponse("/console/me?said=left_others", 303)
