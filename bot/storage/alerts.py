"""Alerts to staff about cases that wait, and the addresses that they go to (sealed: nobody's page shows them)."""

from __future__ import annotations

import dataclasses
import secrets
from collections import Counter
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import alerts, cases, push_devices, staff
from bot.vault import Vault

COMMON = "common"  # the recipient that stands for the addresses in the settings
NOBODY = "nobody"
LEASE_SECONDS = 60.0
MOST = 500  # cases looked at in one round; the gravest first
AT_ONCE = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits."""

    id: str
    codename: str
    urgency: int
    waiting_since: float
    department: str


@dataclasses.dataclass(frozen=True, slots=True)
class Alert:
    """One alert to one recipient; ``state`` is queued, sending, sent, failed or nobody."""

    id: str
    case_id: str
    urgency: int
    step: int
    recipient: str
    state: str
    attempts: int
    next_at: float


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """Where an alert goes; ``locale`` is the language that somebody reads the console in, empty when none was chosen."""

    addresses: tuple[str, ...] = dataclasses.field(repr=False)
    locale: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody who may answer and whom an alert can reach."""

    id: str
    role: str
    departments: frozenset[str]
    paused: bool


async def waiting(conn: AsyncConnection) -> list[Waiting]:
    """What waits, the gravest first, then who waits longest."""
    rows = await conn.execute(
        select(cases.c.id, cases.c.codename, cases.c.urgency, cases.c.waiting_since, cases.c.department)
        .where(cases.c.state == "waiting")
        .order_by(cases.c.urgency.desc(), cases.c.waiting_since)
        .limit(MOST)
    )
    return [Waiting(*row) for row in rows]


async def all_of(conn: AsyncConnection) -> list[Alert]:
    """Every alert about a case that still waits, in the order of its steps."""
    rows = await conn.execute(
        select(alerts)
        .join(cases, cases.c.id == alerts.c.case_id)
        .where(cases.c.state == "waiting")
        .order_by(alerts.c.case_id, alerts.c.step)
    )
    return [_alert(row) for row in rows]


async def states(conn: AsyncConnection) -> Counter[str]:
    """How many alerts about cases that still wait are in each state."""
    rows = await conn.execute(
        select(alerts.c.state, func.count())
        .join(cases, cases.c.id == alerts.c.case_id)
        .where(cases.c.state == "waiting")
        .group_by(alerts.c.state)
    )
    return Counter(dict(rows.all()))


async def raise_alert(
    conn: AsyncConnection, case_id: str, urgency: int, step: int, recipient: str, now: float
) -> None:
    """One more, unless this very one is there already."""
    here = (alerts.c.case_id == case_id, alerts.c.urgency == urgency, alerts.c.step == step)
    if await conn.scalar(select(alerts.c.id).where(*here, alerts.c.recipient == recipient)) is None:
        await conn.execute(
            insert(alerts).values(
                id=secrets.token_hex(16),
                case_id=case_id,
                urgency=urgency,
                step=step,
                recipient=recipient,
                state=NOBODY if recipient == NOBODY else "queued",
                attempts=0,
                next_at=now,
                created_at=now,
            )
        )


async def forget_answered(conn: AsyncConnection) -> int:
    """Whatever is claimed or closed needs no alert any more; how many went."""
    still = select(cases.c.id).where(cases.c.state == "waiting")
    return int((await conn.execute(delete(alerts).where(alerts.c.case_id.not_in(still)))).rowcount)


async def take(conn: AsyncConnection, now: float) -> list[Alert]:
    """Alerts to send now, each given to one worker; none about a case that somebody claimed meanwhile."""
    rows = await conn.execute(
        select(alerts)
        .join(cases, cases.c.id == alerts.c.case_id)
        .where(alerts.c.state.in_(("queued", "sending")), alerts.c.next_at <= now, cases.c.state == "waiting")
        .order_by(alerts.c.urgency.desc(), alerts.c.next_at)
        .limit(AT_ONCE)
    )
    taken = []
    for row in rows.all():
        done = await conn.execute(
            update(alerts)
            .where(alerts.c.id == row.id, alerts.c.state == row.state, alerts.c.next_at == row.next_at)
            .values(state="sending", attempts=row.attempts + 1, next_at=now + LEASE_SECONDS)
        )
        if done.rowcount == 1:
            taken.append(dataclasses.replace(_alert(row), attempts=row.attempts + 1))
    return taken


async def mark(conn: AsyncConnection, alert_id: str, state: str, next_at: float) -> None:
    """How sending went."""
    await conn.execute(update(alerts).where(alerts.c.id == alert_id).values(state=state, next_at=next_at))


async def set_address(conn: AsyncConnection, vault: Vault, staff_id: str, address: str) -> None:
    """Where this person gets alerts; empty is nowhere."""
    sealed = vault.seal("staff", "alert_sealed", staff_id, address.encode()) if address else None
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(alert_sealed=sealed))


async def goal_of(conn: AsyncConnection, vault: Vault, staff_id: str) -> Goal:
    """Where this person gets alerts, and in which language; nowhere when the account is closed."""
    row = (
        await conn.execute(
            select(staff.c.alert_sealed, staff.c.locale).where(
                staff.c.id == staff_id, staff.c.disabled_at.is_(None)
            )
        )
    ).first()
    if row is None:
        return Goal((), "")
    if row.alert_sealed is None:
        return Goal((), row.locale)
    address = vault.open("staff", "alert_sealed", staff_id, row.alert_sealed).decode()
    return Goal(tuple(address.split()), row.locale)


async def reachable(conn: AsyncConnection, roles: tuple[str, ...]) -> list[Reachable]:
    """Who has an address for alerts or a browser that is told, by id."""
    somewhere = or_(staff.c.alert_sealed.is_not(None), exists().where(push_devices.c.staff_id == staff.c.id))
    rows = await conn.execute(
        select(staff.c.id, staff.c.role, staff.c.departments, staff.c.paused_at)
        .where(staff.c.role.in_(roles), staff.c.disabled_at.is_(None), somewhere)
        .order_by(staff.c.id)
    )
    return [Reachable(r.id, r.role, frozenset(r.departments.split()), r.paused_at is not None) for r in rows]


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        row.id, row.case_id, row.urgency, row.step, row.recipient, row.state, row.attempts, row.next_at
    )
