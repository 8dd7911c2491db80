"""Cases: ``waiting → claimed → closed`` (reopen → ``waiting``). Each step is one atomic statement."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.conversations import Conversation
from bot.storage.tables import case_notes, cases, inbound, outbound
from bot.vault import Vault

LEASE_SECONDS = 30 * 60.0  # a claimed case that nobody touches for this long waits again


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One case as staff see it. ``summary`` holds closed answers only."""

    id: str
    conversation_id: str | None
    codename: str
    channel: str
    locale: str
    department: str
    state: str
    origin: str
    urgency: int
    modifier: bool
    minor: bool
    result: str
    summary: dict[str, Any] | None = dataclasses.field(repr=False)
    opened_at: float
    waiting_since: float
    claimed_by: str | None
    claimed_at: float | None
    lease_until: float | None
    closed_at: float | None
    outcome: str
    status: str
    follow_up_at: float | None
    answered_after: float | None
    erased: bool
    version: int


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """One entry of a case's history; ``body`` is a staff note, or details of what happened."""

    id: str
    case_id: str
    staff_id: str | None
    kind: str
    body: dict[str, Any] | None = dataclasses.field(repr=False)
    at: float


def opened(vault: Vault, row: Row[Any]) -> Case:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name
    values["summary"] = vault.open_json("cases", "summary_sealed", values["id"], values.pop("summary_sealed"))
    return Case(**values)


async def get(conn: AsyncConnection, vault: Vault, case_id: str) -> Case | None:
    """One case, opened."""
    row = (await conn.execute(select(cases).where(cases.c.id == case_id))).first()
    return None if row is None else opened(vault, row)


async def open_for(conn: AsyncConnection, conversation_id: str) -> str | None:
    """The id of the conversation's open case, if it has one."""
    found: str | None = await conn.scalar(
        select(cases.c.id)
        .where(cases.c.conversation_id == conversation_id, cases.c.state != "closed")
        .order_by(cases.c.opened_at.desc())
        .limit(1)
    )
    return found


async def last_closed_at(conn: AsyncConnection, conversation_id: str) -> float | None:
    """When the latest case of the conversation was closed; None while one is open or none ever was."""
    row = (
        await conn.execute(
            select(cases.c.state, cases.c.closed_at)
            .where(cases.c.conversation_id == conversation_id)
            .order_by(cases.c.opened_at.desc())
            .limit(1)
        )
    ).first()
    return row[1] if row is not None and row[0] == "closed" else None


async def open_case(
    conn: AsyncConnection,
    vault: Vault,
    conversation: Conversation,
    *,
    origin: str,
    urgency: int,
    now: float,
    summary: Mapping[str, Any],
    **columns: Any,
) -> str:
    """A new waiting case; its id."""
    case_id = secrets.token_hex(16)
    await conn.execute(
        insert(cases).values(
            id=case_id,
            conversation_id=conversation.id,
            codename=conversation.codename,
            channel=conversation.channel,
            locale=conversation.locale,
            state="waiting",
            origin=origin,
            urgency=urgency,
            summary_sealed=vault.seal_json("cases", "summary_sealed", case_id, dict(summary)),
            opened_at=now,
            waiting_since=now,
            **columns,
        )
    )
    await add_note(conn, vault, case_id, None, "opened", {"origin": origin, "urgency": urgency}, now)
    return case_id


async def raise_case(
    conn: AsyncConnection,
    vault: Vault,
    case_id: str,
    *,
    urgency: int,
    now: float,
    summary: Mapping[str, Any],
    **columns: Any,
) -> None:
    """Bring an open case up to date. Its urgency only rises; a rise is written into its history."""
    before = await conn.scalar(select(cases.c.urgency).where(cases.c.id == case_id))
    if before is None:
        return
    await conn.execute(
        update(cases)
        .where(cases.c.id == case_id)
        .values(
            urgency=max(before, urgency),
            summary_sealed=vault.seal_json("cases", "summary_sealed", case_id, dict(summary)),
            version=cases.c.version + 1,
            **columns,
        )
    )
    if urgency > before:
        await add_note(conn, vault, case_id, None, "raised", {"from": before, "to": urgency}, now)


async def claim(
    conn: AsyncConnection, case_id: str, staff_id: str, now: float, lease_s: float = LEASE_SECONDS
) -> bool:
    """Take a case that waits, or whose lease has lapsed. Of many who try at once exactly one gets True."""
    await _lapse(conn, case_id, now)
    return await _step(
        conn,
        case_id,
        cases.c.state == "waiting",
        state="claimed",
        claimed_by=staff_id,
        claimed_at=now,
        lease_until=now + lease_s,
    )


async def held_by(conn: AsyncConnection, staff_id: str) -> list[str]:
    """The ids of the cases that somebody holds, the gravest first."""
    held = select(cases.c.id).where(_held_by(staff_id)).order_by(cases.c.urgency.desc(), cases.c.id)
    return list((await conn.execute(held)).scalars())


async def touch(
    conn: AsyncConnection, case_id: str, staff_id: str, now: float, lease_s: float = LEASE_SECONDS
) -> bool:
    """Whoever holds the case is at work on it: the lease begins anew. False for anybody else."""
    return await _step(conn, case_id, _held_by(staff_id), lease_until=now + lease_s)


async def release(conn: AsyncConnection, case_id: str, staff_id: str, now: float) -> bool:
    """Back into the queue by whoever holds it; it has waited as ``_waits_since`` says."""
    since = await _waits_since(conn, case_id, now)
    return await _step(conn, case_id, _held_by(staff_id), state="waiting", waiting_since=since, **_UNCLAIMED)


async def transfer(
    conn: AsyncConnection, case_id: str, staff_id: str, to: str, now: float, lease_s: float = LEASE_SECONDS
) -> bool:
    """Hand a held case to a colleague. When it was claimed stays: until then the person waited, and no longer."""
    return await _step(conn, case_id, _held_by(staff_id), claimed_by=to, lease_until=now + lease_s)


async def move(
    conn: AsyncConnection, case_id: str, to: str, now: float, lease_s: float = LEASE_SECONDS
) -> bool:
    """A supervisor's hand: what anybody holds goes to ``to``, or with nobody named back into the queue."""
    held = cases.c.state == "claimed"
    if not to:
        since = await _waits_since(conn, case_id, now)
        return await _step(conn, case_id, held, state="waiting", waiting_since=since, **_UNCLAIMED)
    return await _step(conn, case_id, held, claimed_by=to, lease_until=now + lease_s)


async def close(
    conn: AsyncConnection,
    case_id: str,
    staff_id: str,
    outcome: str,
    now: float,
    *,
    status: str = "",
    follow_up_at: float | None = None,
) -> bool:
    """End a held case with its outcome; ``status`` is a person's word, in the data standard's values."""
    return await _step(
        conn,
        case_id,
        _held_by(staff_id),
        state="closed",
        closed_at=now,
        outcome=outcome,
        status=status,
        follow_up_at=follow_up_at,
        lease_until=None,
    )


async def reopen(conn: AsyncConnection, case_id: str, now: float) -> bool:
    """A closed case waits again, unless the person erased it or has a newer open one."""
    newer = cases.alias()
    other = (
        select(newer.c.id)
        .where(newer.c.conversation_id == cases.c.conversation_id, newer.c.state != "closed")
        .exists()
    )
    return await _step(
        conn,
        case_id,
        (cases.c.state == "closed") & ~cases.c.erased & cases.c.conversation_id.is_not(None) & ~other,
        state="waiting",
        waiting_since=now,
        closed_at=None,
        outcome="",
        status="",
        follow_up_at=None,
        **_UNCLAIMED,
    )


async def lapse_leases(conn: AsyncConnection, now: float) -> int:
    """Cases that somebody claimed and forgot wait again; how many. The chatter sees nothing."""
    found = (await conn.execute(select(cases.c.id).where(_lapsed(now)))).scalars().all()
    return sum([await _lapse(conn, case, now) for case in found])


async def _lapse(conn: AsyncConnection, case_id: str, now: float) -> bool:
    """End a claim that was forgotten, if it was; the case has waited as ``_waits_since`` says."""
    forgotten = _lapsed(now)
    if await conn.scalar(select(cases.c.id).where(cases.c.id == case_id, forgotten)) is None:
        return False
    since = await _waits_since(conn, case_id, now)
    done = await _step(conn, case_id, forgotten, state="waiting", waiting_since=since, **_UNCLAIMED)
    if done:
        await _note(conn, case_id, None, "lapsed", None, now, secrets.token_hex(16))
    return done


async def _waits_since(conn: AsyncConnection, case_id: str, now: float) -> float:
    """Since when the person has waited for a person: to be held by somebody who does not write is to wait.

    Where somebody did write, since the first message that they have not answered; since now when there is none.
    """
    case = (await conn.execute(select(cases).where(cases.c.id == case_id))).first()
    if case is None:
        return now
    wrote: float | None = await conn.scalar(
        select(func.max(outbound.c.created_at)).where(
            outbound.c.conversation_id == case.conversation_id,
            outbound.c.author == "staff",
            outbound.c.state.not_in(("failed", "cancelled")),
        )
    )
    if wrote is None or wrote < case.waiting_since:
        return float(case.waiting_since)
    asked: float | None = await conn.scalar(
        select(func.min(inbound.c.received_at)).where(
            inbound.c.conversation_id == case.conversation_id, inbound.c.received_at > wrote
        )
    )
    return now if asked is None else asked


_UNCLAIMED: dict[str, Any] = {"claimed_by": None, "claimed_at": None, "lease_until": None}


def _lapsed(now: float) -> ColumnElement[bool]:
    return (cases.c.state == "claimed") & (cases.c.lease_until < now)


def _held_by(staff_id: str) -> ColumnElement[bool]:
    return (cases.c.state == "claimed") & (cases.c.claimed_by == staff_id)


async def _step(conn: AsyncConnection, case_id: str, allowed: ColumnElement[bool], **values: Any) -> bool:
    done = await conn.execute(
        update(cases).where(cases.c.id == case_id, allowed).values(version=cases.c.version + 1, **values)
    )
    return int(done.rowcount) == 1


async def add_note(
    conn: AsyncConnection,
    vault: Vault,
    case_id: str,
    staff_id: str | None,
    kind: str,
    body: Mapping[str, Any] | None,
    now: float,
    note_id: str = "",
) -> None:
    """Write one entry into the case's history; under an id of its own unless one is given."""
    note_id = note_id or secrets.token_hex(16)
    sealed = None if body is None else vault.seal_json("case_notes", "body_sealed", note_id, dict(body))
    await _note(conn, case_id, staff_id, kind, sealed, now, note_id)


async def _note(
    conn: AsyncConnection,
    case_id: str,
    staff_id: str | None,
    kind: str,
    sealed: bytes | None,
    now: float,
    note_id: str,
) -> None:
    await conn.execute(
        insert(case_notes).values(
            id=note_id, case_id=case_id, staff_id=staff_id, kind=kind, body_sealed=sealed, at=now
        )
    )


async def has_note(conn: AsyncConnection, case_id: str, note_id: str) -> bool:
    """Whether the history holds this entry."""
    here = (case_notes.c.case_id == case_id) & (case_notes.c.id == note_id)
    return await conn.scalar(select(case_notes.c.id).where(here)) is not None


async def notes(conn: AsyncConnection, vault: Vault, case_id: str) -> list[Note]:
    """The case's history, oldest first."""
    rows = await conn.execute(
        select(case_notes).where(case_notes.c.case_id == case_id).order_by(case_notes.c.at, case_notes.c.id)
    )
    return [
        Note(
            r.id,
            r.case_id,
            r.staff_id,
            r.kind,
            vault.open_json("case_notes", "body_sealed", r.id, r.body_sealed),
            r.at,
        )
        for r in rows
    ]
