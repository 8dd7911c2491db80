"""Requests to see a person's number. Each step is one atomic statement that checks who, and whether it is too late."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any, Literal

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import reveals
from bot.vault import Vault

State = Literal["asked", "granted", "refused", "shown", "expired"]


@dataclasses.dataclass(frozen=True, slots=True)
class Reveal:
    """One request. ``expires_at``: until when it can be decided and, once granted, until when it can be used."""

    id: str
    case_id: str
    asked_by: str
    reason: str
    note: str = dataclasses.field(repr=False)
    asked_at: float
    expires_at: float
    decided_by: str | None
    granted: bool | None
    shown_at: float | None

    def state(self, now: float) -> State:
        """How it stands."""
        if self.shown_at is not None:
            return "shown"
        if self.granted is False:
            return "refused"
        if now >= self.expires_at:
            return "expired"
        return "granted" if self.granted else "asked"


async def ask(
    conn: AsyncConnection,
    vault: Vault,
    case_id: str,
    by: str,
    reason: str,
    note: str,
    now: float,
    until: float,
) -> str:
    """A new request; its id."""
    reveal_id = secrets.token_hex(16)
    await conn.execute(
        insert(reveals).values(
            id=reveal_id,
            case_id=case_id,
            asked_by=by,
            reason=reason,
            note_sealed=vault.seal("reveals", "note_sealed", reveal_id, note.encode()),
            asked_at=now,
            expires_at=until,
        )
    )
    return reveal_id


async def decide(
    conn: AsyncConnection, reveal_id: str, by: str, now: float, *, granted: bool, until: float
) -> bool:
    """Grant or refuse an open request of somebody else; False for one's own, a decided one and an old one."""
    open_ = (reveals.c.granted.is_(None), reveals.c.expires_at > now, reveals.c.asked_by != by)
    return await _step(conn, reveal_id, *open_, granted=granted, decided_by=by, expires_at=until)


async def use(conn: AsyncConnection, reveal_id: str, by: str, now: float) -> bool:
    """Spend a granted request: True once, for whoever asked, in time, decided by somebody else."""
    mine = (reveals.c.asked_by == by, reveals.c.decided_by != by, reveals.c.granted.is_(True))
    return await _step(
        conn, reveal_id, *mine, reveals.c.shown_at.is_(None), reveals.c.expires_at > now, shown_at=now
    )


async def latest(conn: AsyncConnection, vault: Vault, case_id: str, by: str) -> Reveal | None:
    """The latest request of this person for this case."""
    row = (
        await conn.execute(
            select(reveals)
            .where(reveals.c.case_id == case_id, reveals.c.asked_by == by)
            .order_by(reveals.c.asked_at.desc(), reveals.c.id)
            .limit(1)
        )
    ).first()
    return None if row is None else _opened(vault, row)


async def get(conn: AsyncConnection, vault: Vault, reveal_id: str) -> Reveal | None:
    """One request."""
    row = (await conn.execute(select(reveals).where(reveals.c.id == reveal_id))).first()
    return None if row is None else _opened(vault, row)


async def undecided(conn: AsyncConnection, vault: Vault, now: float) -> list[Reveal]:
    """What waits for a second person, the oldest first."""
    rows = await conn.execute(
        select(reveals)
        .where(reveals.c.granted.is_(None), reveals.c.expires_at > now)
        .order_by(reveals.c.asked_at)
    )
    return [_opened(vault, row) for row in rows]


async def _step(conn: AsyncConnection, reveal_id: str, *allowed: ColumnElement[bool], **values: Any) -> bool:
    done = await conn.execute(update(reveals).where(reveals.c.id == reveal_id, *allowed).values(**values))
    return int(done.rowcount) == 1


def _opened(vault: Vault, row: Row[Any]) -> Reveal:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name
    sealed = values.pop("note_sealed")
    note = "" if sealed is None else vault.open("reveals", "note_sealed", values["id"], sealed).decode()
    return Reveal(note=note, **values)
