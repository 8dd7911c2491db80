"""The queue: what waits, most pressing first; what is mine; what colleagues hold; what is due again. And the closed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from bot import window
from bot.console import pages, summary
from bot.console.access import Visit, may_open, pages_of
from bot.console.language import named
from bot.console.messages import Standing, standing
from bot.handoff import order
from bot.storage import drafts, staff
from bot.storage import queue as store
from bot.storage.cases import Case
from bot.storage.queue import Filters
from bot.storage.staff import Staff

REASONS = 3  # shown in a row; the rest is counted
CLOSED = 100  # how many of the latest closed ones are listed
WAITING, HELD, AGAIN = (
    60,
    20,
    20,
)  # how many of those that wait, that colleagues hold, that are due; of one's own all
URGENCIES = ("U0", "U1", "U2", "U3")
NOTHING = Standing(None, None, failed=False)
CODE = re.compile(r"[a-z0-9_-]{1,32}")
SHORT = 4 * pages.HOUR  # a window with less left than this is marked


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
    department: str
    channel: str
    language: str
    outcome: str
    when: str
    since: float
    late: bool
    window: str
    until: float | None
    closing: bool
    alias: str
    unanswered: bool
    failed: bool
    draft: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the cases of a list."""

    stands: Mapping[str, Standing]
    aliases: Mapping[str, str]
    drafts: Collection[str]


async def home(visit: Visit) -> Response:
    """The first page of whoever logs in: the queue, or what their role has instead."""
    if not visit.may("queue.read"):
        return RedirectResponse(pages_of(visit.staff)[0][1], 303)
    return await show(visit)


async def show(visit: Visit, *, status: int = 200, said: str = "") -> Response:
    """The list; ``said`` names a notice for an act that did not come about."""
    asked = visit.request.query_params
    ended = asked.get("view") == "closed"
    many = asked.get("many") == "1" and not ended and visit.may("case.bulk")
    filters = wanted(asked, visit.staff)
    async with visit.deps.db.read() as conn:
        mark = await store.mark(conn)  # before the rows: a change in between is then seen
        groups, due = await (_closed(visit, conn, filters) if ended else _open(visit, conn, filters))
        there = {} if ended else await store.open_counts(conn, filters)
        kinds = await store.kinds(conn)
        views = await store.views(conn, visit.deps.vault, visit.staff.id)
        colleagues = await visit.deps.desk.colleagues(conn, visit.staff) if many else []
    waiting = there.get("waiting", 0)
    held = there.get("claimed", 0) - len(groups.get("mine", ()))
    totals = {"waiting": waiting, "others": held, "again": due}
    view = "closed" if ended else "queue"
    title = "console.queue.closed" if ended else "console.queue.title"
    extra = {"flash": pages.flash(said)} if said else {}
    return await visit.page(
        "queue.html",
        view,
        status=status,
        view=view,
        live=not ended and not many,
        many=many,
        may_many=visit.may("case.bulk") and not ended,
        mark=mark,
        query=query(filters),
        filters=filters,
        narrow=filters != Filters(),
        team=bool(visit.staff.departments),
        kinds={name: [(code, _kind(visit, name, code)) for code in codes] for name, codes in kinds.items()},
        views=views,
        colleagues=colleagues,
        heading=visit.deps.text("console.queue.title.new", n=waiting) if waiting else visit.deps.text(title),
        groups=[
            {"name": name, "rows": rows, "total": totals.get(name, len(rows))}
            for name, rows in groups.items()
        ],
        clock=pages.clock(visit.deps, visit.now, visit.now),
        now=visit.now,
        times=pages.durations(visit.deps),
        sentences={state: visit.deps.text(key) for state, key in SINCE.items()},
        short=SHORT,
        **extra,
    )


def wanted(asked: Mapping[str, str], member: Staff) -> Filters:
    """The filters of an address; what is none of ours is ignored. The team is whatever it is on the day."""
    codes = {
        name: value
        for name in ("channel", "language", "department")
        if CODE.fullmatch(value := asked.get(name, ""))
    }
    urgency = asked.get("urgency", "")
    return Filters(
        urgency=urgency if urgency in ("0", "1", "2", "3") else "",
        minor="1" if asked.get("minor") == "1" else "",
        team=member.departments if asked.get("team") == "1" else "",
        **codes,
    )


def query(filters: Filters) -> str:
    """The filters as they stand in an address."""
    kept = {name: value for name, value in dataclasses.asdict(filters).items() if value}
    return urlencode(kept | ({"team": "1"} if filters.team else {}))


def _kind(visit: Visit, name: str, code: str) -> str:
    if name == "language":
        return named(visit.deps, code)
    prefix = "console.fact.department" if name == "department" else f"console.{name}"
    return visit.deps.label(prefix, code)


async def _open(visit: Visit, conn: AsyncConnection, filters: Filters) -> tuple[dict[str, list[Row]], int]:
    deps, me = visit.deps, visit.staff
    vault, now = deps.vault, visit.now
    found = [
        *await store.listed(conn, vault, now, filters, ("claimed",), of=me.id),
        *await store.listed(conn, vault, now, filters, ("waiting",), WAITING),
        *await store.listed(conn, vault, now, filters, ("claimed",), HELD, but=me.id),
    ]
    mine = None if me.role == "supervisor" else me.id
    again, due = await store.due(conn, vault, mine, now, AGAIN)
    beside = await _beside(visit, conn, found)
    groups: dict[str, list[Row]] = {"mine": [], "waiting": [], "others": []}
    for case in found:
        name = "waiting" if case.state == "waiting" else "mine" if case.claimed_by == me.id else "others"
        groups[name].append(_row(visit, case, beside))
    groups["mine"].sort(key=lambda row: not row.unanswered)  # who waits for my answer comes first
    groups["again"] = [_row(visit, case, beside) for case in again]
    return groups, due


async def _beside(visit: Visit, conn: AsyncConnection, found: list[Case]) -> Beside:
    vault = visit.deps.vault
    return Beside(
        await standing(
            conn,
            {case.conversation_id for case in found if case.conversation_id},
            {case.conversation_id for case in found if case.conversation_id and case.claimed_by},
        ),
        {one.id: one.alias for one in await staff.everybody(conn, vault)},
        await drafts.cases_of(conn, visit.staff.id),
    )


async def _closed(visit: Visit, conn: AsyncConnection, filters: Filters) -> tuple[dict[str, list[Row]], int]:
    mine = None if visit.staff.role == "supervisor" else visit.staff.id
    found = await store.closed(conn, visit.deps.vault, mine, filters, CLOSED)
    beside = await _beside(visit, conn, [])
    return {"closed": [_row(visit, case, beside) for case in found]}, 0


def _row(visit: Visit, case: Case, beside: Beside) -> Row:
    deps, me = visit.deps, visit.staff
    reasons = summary.reasons(case.summary, deps.label) if case.summary else []
    if not reasons and not case.erased:
        reasons = [deps.label("console.origin", case.origin)]
    stand = beside.stands.get(case.conversation_id or "", NOTHING)
    mine = case.claimed_by == me.id
    words, until = _window(visit, case, stand)
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
        department=_kind(visit, "department", case.department) if case.department else "",
        channel=deps.label("console.channel", case.channel),
        language=named(deps, case.locale),
        outcome=deps.label("console.outcome", case.outcome) if case.outcome and not case.erased else "",
        when=when(visit, case),
        since=since(visit, case),
        late=case.state == "waiting" and order.late(case.urgency, visit.now - case.waiting_since),
        window=words,
        until=until,
        closing=until is not None and until - visit.now < SHORT,
        alias="" if mine else beside.aliases.get(case.claimed_by or "", ""),
        unanswered=mine and stand.unanswered,
        failed=mine and stand.failed,
        draft=mine and case.id in beside.drafts,
    )


def _window(visit: Visit, case: Case, stand: Standing) -> tuple[str, float | None]:
    """How long the channel still takes free words, and until when; nothing where it always does."""
    limits = visit.deps.limits.get(case.channel)
    if limits is None or case.state == "closed":
        return "", None
    closes = window.closes(limits, stand.last_inbound or case.opened_at)
    if closes is None:
        return "", None
    if closes <= visit.now:
        return visit.deps.text("console.queue.window.over"), closes
    left = pages.duration(visit.deps, closes - visit.now)
    return visit.deps.text("console.queue.window", time=left), closes


SINCE = {
    "waiting": "console.queue.waited",
    "claimed": "console.queue.since",
    "closed": "console.queue.closed.at",
}


def since(visit: Visit, case: Case) -> float:
    """Since when the case has waited, been held or been closed."""
    at = {"waiting": case.waiting_since, "claimed": case.claimed_at, "closed": case.closed_at}[case.state]
    return at or visit.now


def when(visit: Visit, case: Case) -> str:
    """How long the case has waited, been held or been closed, in words."""
    spent = pages.duration(visit.deps, visit.now - since(visit, case))
    return visit.deps.text(SINCE[case.state], time=spent)
