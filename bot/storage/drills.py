"""Drills of the team: each belongs to whoever trains, and nobody else opens it."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import drills, staff
from bot.vault import Vault

LATEST = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Drill:
    """One drill; ``talk`` as ``bot/training/play.py`` makes it."""

    id: str
    staff_id: str
    persona: str
    talk: list[dict[str, Any]] = dataclasses.field(repr=False)
    started_at: float
    ended_at: float | None


async def start(
    conn: AsyncConnection,
    vault: Vault,
    staff_id: str,
    persona: str,
    talk: Sequence[Mapping[str, Any]],
    now: float,
    twice: float = 0.0,
) -> str:
    """A new drill; its id. One with the same persona that began in the last ``twice`` seconds and goes on is the same."""
    await conn.execute(
        select(staff.c.id).where(staff.c.id == staff_id).with_for_update()
    )  # one start at a time
    begun = select(drills.c.id).where(
        drills.c.staff_id == staff_id,
        drills.c.persona == persona,
        drills.c.ended_at.is_(None),
        drills.c.started_at > now - twice,
    )
    known: str | None = await conn.scalar(begun.limit(1))
    if twice and known is not None:
        return known
    drill_id = secrets.token_hex(16)
    sealed = vault.seal_json("drills", "talk_sealed", drill_id, list(talk))
    row = {"id": drill_id, "staff_id": staff_id, "persona": persona, "talk_sealed": sealed}
    await conn.execute(insert(drills).values(**row, started_at=now))
    return drill_id


async def get(conn: AsyncConnection, vault: Vault, drill_id: str, staff_id: str) -> Drill | None:
    """One drill of this person; locked where it is about to change."""
    here = select(drills).where(drills.c.id == drill_id, drills.c.staff_id == staff_id).with_for_update()
    row = (await conn.execute(here)).first()
    return None if row is None else _opened(vault, row)


async def grow(conn: AsyncConnection, vault: Vault, drill: Drill, more: Sequence[Mapping[str, Any]]) -> None:
    """The talk goes on."""
    sealed = vault.seal_json("drills", "talk_sealed", drill.id, [*drill.talk, *more])
    await conn.execute(update(drills).where(drills.c.id == drill.id).values(talk_sealed=sealed))


async def end(conn: AsyncConnection, drill_id: str, now: float) -> None:
    """It is over; once."""
    await conn.execute(
        update(drills).where(drills.c.id == drill_id, drills.c.ended_at.is_(None)).values(ended_at=now)
    )


async def of(conn: AsyncConnection, vault: Vault, staff_id: str) -> list[Drill]:
    """The latest drills of one person, newest first."""
    rows = await conn.execute(
        select(drills)
        .where(drills.c.staff_id == staff_id)
        .order_by(drills.c.started_at.desc(), drills.c.id)
        .limit(LATEST)
    )
    return [_opened(vault, row) for row in rows]


def _opened(vault: Vault, row: Row[Any]) -> Drill:
    talk = vault.open_json("drills", "talk_sealed", row.id, row.talk_sealed)
    return Drill(row.id, row.staff_id, row.persona, talk, row.started_at, row.ended_at)
