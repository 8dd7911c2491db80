"""The queue: what waits, gravest and longest first; what is mine; what colleagues hold. And the closed cases."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from bot.console import pages, summary
from bot.console.access import Visit, may_open, pages_of
from bot.console.messages import Standing, standing
from bot.storage import staff
from bot.storage.cases import Case
from bot.storage.queue import Filters, closed, listed

REASONS = 3  # shown in a row; the rest is counted
CLOSED = 100  # how many of the latest closed ones are listed
URGENCIES = ("U0", "U1", "U2", "U3")
NOTHING = Standing(None, None, failed=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One line of the list, in words. ``href`` is empty when the case is not theirs to open."""

    id: str
    href: str
    codename: str
    urgency: str
    state: str
    minor: bool
    erased: bool
    reasons: list[str]
    more: int
    channel: str
    language: str
    outcome: str
    when: str
    alias: str
    unanswered: bool
    failed: bool


async def home(visit: Visit) -> Response:
    """The first page of whoever logs in: the queue, or what their role has instead."""
    if not visit.may("queue.read"):
        return RedirectResponse(pages_of(visit.staff)[0][1], 303)
    return await show(visit)


async def show(visit: Visit, *, status: int = 200, said: str = "") -> Response:
    """The list; ``said`` names a notice for an act that did not come about."""
    ended = visit.request.query_params.get("view") == "closed"
    groups = await (_closed(visit) if ended else _open(visit))
    waiting = sum(len(rows) for name, rows in groups.items() if name == "waiting")
    heading = (
        visit.deps.text("console.queue.title.new", n=waiting)
        if waiting
        else visit.deps.text("console.queue.closed" if ended else "console.queue.title")
    )
    view = "closed" if ended else "queue"
    extra = {"flash": pages.flash(said)} if said else {}
    return visit.page(
        "queue.html",
        view,
        status=status,
        view=view,
        live=not ended,
        heading=heading,
        groups=[{"name": name, "rows": rows} for name, rows in groups.items()],
        clock=pages.clock(visit.now, visit.now),
        **extra,
    )


async def _open(visit: Visit) -> dict[str, list[Row]]:
    deps, me = visit.deps, visit.staff
    async with deps.db.read() as conn:
        found = await listed(conn, deps.vault, visit.now)
        stands = await standing(conn, {case.conversation_id for case in found if case.conversation_id})
        aliases = {one.id: one.alias for one in await staff.everybody(conn, deps.vault)}
    groups: dict[str, list[Row]] = {"mine": [], "waiting": [], "others": []}
    for case in found:
        name = "waiting" if case.state == "waiting" else "mine" if case.claimed_by == me.id else "others"
        groups[name].append(_row(visit, case, stands, aliases))
    groups["mine"].sort(key=lambda row: not row.unanswered)  # who waits for my answer comes first
    return groups


async def _closed(visit: Visit) -> dict[str, list[Row]]:
    deps = visit.deps
    async with deps.db.read() as conn:
        mine = None if visit.staff.role == "supervisor" else visit.staff.id
        found = await closed(conn, deps.vault, mine, Filters(), CLOSED)
        aliases = {one.id: one.alias for one in await staff.everybody(conn, deps.vault)}
    return {"closed": [_row(visit, case, {}, aliases) for case in found]}


def _row(visit: Visit, case: Case, stands: Mapping[str, Standing], aliases: Mapping[str, str]) -> Row:
    deps, me = visit.deps, visit.staff
    reasons = summary.reasons(case.summary, deps.label) if case.summary else []
    if not reasons and not case.erased:
        reasons = [deps.label("console.origin", case.origin)]
    stand = stands.get(case.conversation_id or "", NOTHING)
    mine = case.claimed_by == me.id
    return Row(
        id=case.id,
        href=f"/console/cases/{case.id}" if may_open(me, case) else "",
        codename=case.codename or deps.text("console.erased.name"),
        urgency=URGENCIES[case.urgency],
        state=case.state,
        minor=case.minor,
        erased=case.erased,
        reasons=reasons[:REASONS],
        more=max(0, len(reasons) - REASONS),
        channel=deps.label("console.channel", case.channel),
        language=deps.label("console.language", case.locale),
        outcome=deps.label("console.outcome", case.outcome) if case.outcome and not case.erased else "",
        when=when(visit, case),
        alias="" if mine else aliases.get(case.claimed_by or "", ""),
        unanswered=mine and stand.unanswered,
        failed=mine and stand.failed,
    )


def when(visit: Visit, case: Case) -> str:
    """How long the case has waited, been held or been closed, in words."""
    name, since = {
        "waiting": ("console.queue.waited", case.waiting_since),
        "claimed": ("console.queue.since", case.claimed_at),
        "closed": ("console.queue.closed.at", case.closed_at),
    }[case.state]
    return visit.deps.text(name, time=pages.duration(visit.deps, visit.now - (since or visit.now)))
