"""What editors added to lists and to examples, and what waits for a second look or for a rehearsal."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.phrase_tables import phrase_changes as changes
from bot.storage.tables import staff


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One text for one place. ``alias`` is who wrote it."""

    id: str
    kind: str
    locale: str
    place: str
    text: str
    state: str
    author: str
    alias: str
    at: float
    decided_at: float | None


_COLUMNS = (
    *(changes.c[name] for name in ("id", "kind", "locale", "place", "text", "state", "author")),
    staff.c.alias,
    changes.c.at,
    changes.c.decided_at,
)
_ALL: Select[Any] = select(*_COLUMNS).join(staff, staff.c.id == changes.c.author)


def _change(row: Row[Any]) -> Change:
    return Change(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name


async def write(
    conn: AsyncConnection, kind: str, locale: str, place: str, text: str, state: str, author: str, now: float
) -> str:
    """A new change; its id."""
    id_ = secrets.token_hex(16)
    done = {"decided_by": author, "decided_at": now} if state == "published" else {}
    await conn.execute(
        insert(changes).values(
            id=id_,
            kind=kind,
            locale=locale,
            place=place,
            text=text,
            state=state,
            author=author,
            at=now,
            **done,
        )
    )
    return id_


async def get(conn: AsyncConnection, id_: str) -> Change | None:
    """One change; None when there is none of this id."""
    row = (await conn.execute(_ALL.where(changes.c.id == id_))).first()
    return _change(row) if row else None


async def waiting(conn: AsyncConnection) -> Sequence[Change]:
    """What is not published yet, oldest first."""
    rows = await conn.execute(_ALL.where(changes.c.state == "waiting").order_by(changes.c.at, changes.c.id))
    return [_change(row) for row in rows]


async def history(conn: AsyncConnection, limit: int = 50) -> Sequence[Change]:
    """What was published or taken back, newest first."""
    rows = await conn.execute(
        _ALL.where(changes.c.state.in_(("published", "undone")))
        .order_by(changes.c.decided_at.desc(), changes.c.id)
        .limit(limit)
    )
    return [_change(row) for row in rows]


async def move(
    conn: AsyncConnection, ids: Sequence[str], before: str, state: str, by: str | None, now: float
) -> int:
    """From one state to another; how many were still in the first."""
    done = await conn.execute(
        update(changes)
        .where(changes.c.id.in_(ids), changes.c.state == before)
        .values(state=state, decided_by=by, decided_at=now)
    )
    return int(done.rowcount)
