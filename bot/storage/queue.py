"""The lists of cases that staff work from: what is open in the order of need, what was closed, what is due again."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.handoff import order
from bot.storage.cases import Case, opened
from bot.storage.database import Database
from bot.storage.tables import cases, conversations, queue_views
from bot.vault import Vault

OPEN = ("waiting", "claimed")
MOST_VIEWS = 12
PULSE_SECONDS = 0.9


@dataclasses.dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is wanted; an empty value wants everything."""

    urgency: str = ""
    channel: str = ""
    language: str = ""
    department: str = ""
    minor: str = ""
    team: str = ""  # departments; a case of no known one is everybody's

    def wanted(self) -> ColumnElement[bool]:
        """The condition on the cases."""
        return and_(true(), *self._conditions())

    def _conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.urgency:
            yield cases.c.urgency == int(self.urgency)
        if self.channel:
            yield cases.c.channel == self.channel
        if self.language:
            yield cases.c.locale == self.language
        if self.department:
            yield cases.c.department == self.department
        if self.minor:
            yield cases.c.minor
        if self.team:
            yield cases.c.department.in_(["", *self.team.split()])


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A saved view: its name, and the filters as they stand in an address."""

    id: str
    name: str = dataclasses.field(repr=False)
    query: str


def pressing(now: ColumnElement[float], urgency: int, *, modifier: bool) -> ColumnElement[float]:
    """``order.need`` of cases of one kind, as the database reckons it."""
    waited = case((cases.c.waiting_since > now, 0.0), else_=now - cases.c.waiting_since)
    return order.head(urgency, modifier=modifier) + order.GROWS[urgency] * waited


async def listed(
    conn: AsyncConnection,
    vault: Vault,
    now: float,
    filters: Filters | None = None,
    states: Sequence[str] = OPEN,
    limit: int = 500,
    *,
    of: str = "",
    but: str = "",
) -> list[Case]:
    """Open cases in the order in which they should be answered; those ``of`` one colleague, or of all ``but`` one."""
    statement = _listing(filters or Filters(), tuple(states), limit, "of" if of else "but" if but else "")
    rows = await conn.execute(statement, {"now": now} | ({"whose": of or but} if of or but else {}))
    return [opened(vault, row) for row in rows]


@functools.lru_cache(maxsize=64)  # to build it costs more than to run it
def _listing(filters: Filters, states: tuple[str, ...], limit: int, side: str) -> Select[Any]:
    which = cases.c.state.in_(states) & filters.wanted()
    if side:
        whose = bindparam("whose", type_=cases.c.claimed_by.type)
        which &= cases.c.claimed_by == whose if side == "of" else cases.c.claimed_by != whose
    now = bindparam("now", type_=Float)
    # Of one urgency, whoever waits longest needs most: the index gives those without a look at the others.
    ahead = union_all(
        *(
            select(
                select(cases.c.id, pressing(now, urgency, modifier=modifier).label("need"))
                .where(
                    which,
                    cases.c.state == state,
                    cases.c.urgency == urgency,
                    cases.c.modifier.is_(modifier),
                )
                .order_by(cases.c.waiting_since, cases.c.id)
                .limit(limit)
                .subquery()
            )
            for state in states
            for urgency in range(len(order.HEADS))
            for modifier in (False, True)
        )
    ).subquery()
    first = select(ahead).order_by(ahead.c.need.desc(), ahead.c.id).limit(limit).subquery()
    return (
        select(cases)
        .join(first, first.c.id == cases.c.id)
        .order_by(first.c.need.desc(), cases.c.urgency.desc(), cases.c.waiting_since, cases.c.id)
    )


async def open_counts(conn: AsyncConnection, filters: Filters) -> dict[str, int]:
    """How many of these cases wait, and how many are held."""
    rows = await conn.execute(
        select(cases.c.state, func.count())
        .where(cases.c.state.in_(OPEN), filters.wanted())
        .group_by(cases.c.state)
    )
    return {row[0]: row[1] for row in rows}


async def closed(
    conn: AsyncConnection, vault: Vault, staff_id: str | None, filters: Filters, limit: int
) -> list[Case]:
    """The latest closed ones; those of one person (and what was erased) when ``staff_id`` is given."""
    mine = true() if staff_id is None else (cases.c.claimed_by == staff_id) | cases.c.erased
    rows = await conn.execute(
        select(cases)
        .where(cases.c.state == "closed", mine, filters.wanted())
        .order_by(cases.c.closed_at.desc(), cases.c.id)
        .limit(limit)
    )
    return [opened(vault, row) for row in rows]


async def due(
    conn: AsyncConnection, vault: Vault, staff_id: str | None, now: float, limit: int
) -> tuple[list[Case], int]:
    """Closed cases whose day of following up has come, the oldest day first; and how many there are in all."""
    mine = true() if staff_id is None else cases.c.claimed_by == staff_id
    which = and_(cases.c.state == "closed", cases.c.follow_up_at <= now, mine)
    rows = await conn.execute(
        select(cases).where(which).order_by(cases.c.follow_up_at, cases.c.id).limit(limit)
    )
    found = [opened(vault, row) for row in rows]
    if len(found) < limit:
        return found, len(found)
    return found, await conn.scalar(select(func.count()).select_from(cases).where(which)) or 0


async def kinds(conn: AsyncConnection) -> dict[str, list[str]]:
    """The channels, languages and departments that open cases have, for choosing among them."""
    rows = await conn.execute(
        select(cases.c.channel, cases.c.locale, cases.c.department).where(cases.c.state.in_(OPEN)).distinct()
    )
    found = list(zip(*rows.all(), strict=True)) or [(), (), ()]
    names = ("channel", "language", "department")
    return {name: sorted({v for v in values if v}) for name, values in zip(names, found, strict=True)}


async def mark(conn: AsyncConnection) -> str:
    """Changes whenever the queue shows something else: a step of a case, or a message in an open one."""
    rows = await conn.execute(
        select(func.count(), func.sum(cases.c.version), func.max(conversations.c.last_inbound_at))
        .select_from(cases.outerjoin(conversations, conversations.c.id == cases.c.conversation_id))
        .where(cases.c.state.in_(OPEN))
    )
    found = "-".join(str(value or 0) for value in rows.one())
    return hashlib.sha256(found.encode()).hexdigest()[:12]


class Pulse:
    """The mark of the queue, looked up once a second for everybody who has it open."""

    def __init__(self) -> None:
        self._again = 0.0
        self._mark = ""
        self._lock = asyncio.Lock()

    async def look(self, db: Database) -> str:
        """The mark as it was at most a second ago."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now >= self._again:
                async with db.read() as conn:
                    self._mark = await mark(conn)
                self._again = now + PULSE_SECONDS
        return self._mark


async def views(conn: AsyncConnection, vault: Vault, staff_id: str) -> list[View]:
    """Somebody's saved views, the oldest first."""
    rows = await conn.execute(
        select(queue_views)
        .where(queue_views.c.staff_id == staff_id)
        .order_by(queue_views.c.at, queue_views.c.id)
    )
    return [
        View(r.id, vault.open("queue_views", "name_sealed", r.id, r.name_sealed).decode(), r.query)
        for r in rows
    ]


async def keep_view(
    conn: AsyncConnection, vault: Vault, staff_id: str, name: str, query: str, now: float
) -> bool:
    """Save a view; the same name again is that view changed. False when somebody has too many."""
    there = await views(conn, vault, staff_id)
    for view in there:
        if view.name == name:
            await drop_view(conn, staff_id, view.id)
    if len([view for view in there if view.name != name]) >= MOST_VIEWS:
        return False
    view_id = secrets.token_hex(16)
    sealed = vault.seal("queue_views", "name_sealed", view_id, name.encode())
    await conn.execute(
        insert(queue_views).values(id=view_id, staff_id=staff_id, name_sealed=sealed, query=query, at=now)
    )
    return True


async def drop_view(conn: AsyncConnection, staff_id: str, view_id: str) -> bool:
    """Forget a view of one's own."""
    done = await conn.execute(
        delete(queue_views).where(queue_views.c.id == view_id, queue_views.c.staff_id == staff_id)
    )
    return int(done.rowcount) == 1
