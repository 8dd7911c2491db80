"""Seeing a person's number: one asks, another grants, the first looks once. Both give a fresh one-time code."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from bot.console import case as pages_of_case
from bot.console import casefile, pages, stepup
from bot.console.access import Visit
from bot.console.casefile import Opened
from bot.handoff.reveal import ASK_SECONDS, NOTE_LETTERS, REASONS, SHOW_SECONDS, Number
from bot.storage import cases, reveals, staff
from bot.storage.reveals import Reveal

LONGEST = 1000


async def page(visit: Visit) -> Response:
    """How a request for this case stands, and what can be done next."""
    return await _show(visit, await casefile.load(visit))


async def _show(
    visit: Visit,
    opened: Opened,
    *,
    status: int = 200,
    problem: str = "",
    seconds: int = 0,
    note: str = "",
    number: Number | None = None,
) -> Response:
    if not casefile.held(visit, opened):
        return await pages_of_case.lost(visit, note, "note")
    deps, case = visit.deps, opened.case
    async with deps.db.read() as conn:
        found = await reveals.latest(conn, deps.vault, case.id, visit.staff.id)
    standing = None if found is None else found.state(visit.now)
    return await visit.page(
        "reveal.html",
        "queue",
        status=status,
        href=f"/console/cases/{case.id}",
        codename=case.codename,
        standing=standing,
        until="" if found is None else pages.clock(visit.deps, found.expires_at, visit.now),
        reasons=[{"id": one, "words": deps.label("console.reveal.reason", one)} for one in REASONS],
        minutes={"ask": int(ASK_SECONDS // 60), "show": int(SHOW_SECONDS // 60)},
        longest=LONGEST,
        shortest=NOTE_LETTERS,
        note=note,
        problem=problem,
        seconds=seconds,
        number=None
        if number is None
        else {"channel": deps.label("console.channel", number.channel), "address": number.address},
    )


async def ask(visit: Visit) -> Response:
    """Fields ``reason`` of the list, and ``note`` in one's own words."""
    reason, note = await visit.field("reason", 16), await visit.field("note", LONGEST)
    opened = await casefile.reach(visit)
    if opened is None:
        return await pages_of_case.unsent(visit, note)
    if not casefile.held(visit, opened):
        return await pages_of_case.lost(visit, note, "note")
    try:
        done = await visit.deps.reveals.ask(opened.case.id, visit.staff, reason, note, visit.now)
    except ValueError:
        return await _show(visit, opened, status=422, problem="console.reveal.why", note=note)
    if not done:
        return await _show(visit, opened, status=409, problem="console.reveal.not_now", note=note)
    return RedirectResponse(f"/console/cases/{opened.case.id}/reveal", 303)


async def show(visit: Visit) -> Response:
    """The number, on this one answer only; behind a fresh code."""
    opened = await casefile.reach(visit)
    if opened is None:
        return await pages_of_case.unsent(visit, "")
    if not casefile.held(visit, opened):
        return await pages_of_case.lost(visit)
    if (refusal := await stepup.refused(visit)) is not None:
        return await _show(
            visit, opened, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds
        )
    number = await visit.deps.reveals.show(opened.case.id, visit.staff, visit.now)
    if number is None:
        return await _show(visit, opened, status=409, problem="console.reveal.not_now")
    return await _show(visit, opened, number=number)


async def waiting(visit: Visit) -> Response:
    """What waits for a second person."""
    return await _waiting(visit)


async def _waiting(visit: Visit, *, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
    deps = visit.deps
    async with deps.db.read() as conn:
        found = await reveals.undecided(conn, deps.vault, visit.now)
        names = {one.case_id: await cases.get(conn, deps.vault, one.case_id) for one in found}
        aliases = {one.id: one.alias for one in await staff.everybody(conn, deps.vault)}
    rows = [_row(visit, one, names[one.case_id], aliases[one.asked_by]) for one in found]
    return await visit.page(
        "reveals.html", "reveals", status=status, rows=rows, problem=problem, seconds=seconds
    )


def _row(visit: Visit, one: Reveal, case: cases.Case | None, alias: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "case": one.case_id,
        "codename": "" if case is None else case.codename,
        "alias": alias,
        "reason": visit.deps.label("console.reveal.reason", one.reason),
        "note": one.note,
        "until": pages.clock(visit.deps, one.expires_at, visit.now),
        "mine": one.asked_by == visit.staff.id,
    }


async def grant(visit: Visit) -> Response:
    """The second person says yes; behind a fresh code."""
    if (refusal := await stepup.refused(visit)) is not None:
        return await _waiting(visit, status=refusal.status, problem=refusal.problem, seconds=refusal.seconds)
    return await _decide(visit, granted=True)


async def refuse(visit: Visit) -> Response:
    """The second person says no."""
    return await _decide(visit, granted=False)


async def _decide(visit: Visit, *, granted: bool) -> Response:
    if not await visit.deps.reveals.decide(visit.id("reveal"), visit.staff, visit.now, granted=granted):
        return await _waiting(visit, status=409, problem="console.reveal.not_now")
    return RedirectResponse(f"/console/reveals?said={'granted' if granted else 'denied'}", 303)
