"""Models on rehearsal: one at a time, claimed by one process, taken up again when that process ended."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.phrase_tables import rehearsals
from bot.storage.tables import staff

BUSY = ("queued", "training", "publishing", "undoing")
WORK = ("queued", "publishing", "undoing")  # what a process takes up


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsal:
    """``examples`` and ``before`` are whole files; ``report`` is ``bot.evaluation.effect`` as JSON."""

    id: str
    state: str
    examples: str
    before: str
    changes: tuple[str, ...]
    report: dict[str, Any]
    reason: str
    author: str
    alias: str
    at: float
    decided_at: float | None


def _rehearsal(row: Row[Any]) -> Rehearsal:
    return Rehearsal(
        row.id,
        row.state,
        row.examples,
        row.before,
        tuple(json.loads(row.changes)),
        json.loads(row.report) if row.report else {},
        row.reason,
        row.author,
        row.alias,
        row.at,
        row.decided_at,
    )


_ALL = select(rehearsals, staff.c.alias).join(staff, staff.c.id == rehearsals.c.author)


async def begin(
    conn: AsyncConnection, examples: str, before: str, changes: Sequence[str], author: str, now: float
) -> str | None:
    """Queue a rehearsal in the place of one that was ready; None while another is being worked on."""
    if await conn.scalar(select(rehearsals.c.id).where(rehearsals.c.state.in_(BUSY)).limit(1)):
        return None
    await conn.execute(
        update(rehearsals)
        .where(rehearsals.c.state.in_(("ready", "failed")))
        .values(state="dropped", touched_at=now)
    )
    id_ = secrets.token_hex(16)
    row = {"examples": examples, "before": before, "changes": json.dumps(list(changes)), "author": author}
    await conn.execute(
        insert(rehearsals).values(id=id_, state="queued", report="", reason="", at=now, touched_at=now, **row)
    )
    return id_


async def latest(conn: AsyncConnection, *states: str) -> Rehearsal | None:
    """The newest, of some states or of any but those that were dropped."""
    wanted = rehearsals.c.state.in_(states) if states else rehearsals.c.state != "dropped"
    row = (
        await conn.execute(_ALL.where(wanted).order_by(rehearsals.c.at.desc(), rehearsals.c.id).limit(1))
    ).first()
    return _rehearsal(row) if row else None


async def get(conn: AsyncConnection, id_: str) -> Rehearsal | None:
    row = (await conn.execute(_ALL.where(rehearsals.c.id == id_))).first()
    return _rehearsal(row) if row else None


async def move(conn: AsyncConnection, id_: str, before: str, state: str, now: float, **more: Any) -> bool:
    """From one state to the next; False when somebody else was faster. ``report``: as JSON."""
    if "report" in more:
        more["report"] = json.dumps(more["report"], ensure_ascii=False)
    done = await conn.execute(
        update(rehearsals)
        .where(rehearsals.c.id == id_, rehearsals.c.state == before)
        .values(state=state, touched_at=now, **more)
    )
    return done.rowcount == 1


async def take_over(conn: AsyncConnection, untouched_since: float, now: float) -> None:
    """What a process left in the middle of its training begins again."""
    await conn.execute(
        update(rehearsals)
        .where(rehearsals.c.state == "training", rehearsals.c.touched_at <= untouched_since)
        .values(state="queued", touched_at=now)
    )
