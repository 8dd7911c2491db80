"""Drafts and history of the catalogues' texts, as far as they were changed in the console."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import staff
from bot.storage.text_tables import texts

OPEN = ("draft", "waiting")


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One change of one text. ``alias`` is who wrote it, ``by`` who decided it."""

    id: str
    locale: str
    key: str
    text: str
    before: str
    state: str
    author: str
    alias: str
    at: float
    decided_at: float | None


_COLUMNS = (
    texts.c.id,
    texts.c.locale,
    texts.c.key,
    texts.c.text,
    texts.c.before,
    texts.c.state,
    texts.c.author,
    staff.c.alias,
    texts.c.at,
    texts.c.decided_at,
)
_ALL: Select[Any] = select(*_COLUMNS).join(staff, staff.c.id == texts.c.author)


def _change(row: Row[Any]) -> Change:
    return Change(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name


async def open_for(conn: AsyncConnection, locale: str, key: str) -> Change | None:
    """The draft of a text, written or waiting for a second look."""
    found = await conn.execute(
        _ALL.where(texts.c.locale == locale, texts.c.key == key, texts.c.state.in_(OPEN))
        .order_by(texts.c.at.desc())
        .limit(1)
    )
    row = found.first()
    return _change(row) if row else None


async def drafts(conn: AsyncConnection, locale: str) -> Sequence[Change]:
    """Every open draft of a language, oldest first."""
    rows = await conn.execute(
        _ALL.where(texts.c.locale == locale, texts.c.state.in_(OPEN)).order_by(texts.c.at)
    )
    return [_change(row) for row in rows]


async def history(conn: AsyncConnection, locale: str, key: str, limit: int = 20) -> Sequence[Change]:
    """What was published, newest first."""
    rows = await conn.execute(
        _ALL.where(texts.c.locale == locale, texts.c.key == key, texts.c.state == "published")
        .order_by(texts.c.decided_at.desc())
        .limit(limit)
    )
    return [_change(row) for row in rows]


async def write(
    conn: AsyncConnection, locale: str, key: str, text: str, before: str, author: str, state: str, now: float
) -> str:
    """A new draft in the place of the open one."""
    await conn.execute(
        update(texts)
        .where(texts.c.locale == locale, texts.c.key == key, texts.c.state.in_(OPEN))
        .values(state="dropped", decided_by=author, decided_at=now)
    )
    id_ = secrets.token_hex(16)
    await conn.execute(
        insert(texts).values(
            id=id_, locale=locale, key=key, text=text, before=before, state=state, author=author, at=now
        )
    )
    return id_


async def decide(conn: AsyncConnection, id_: str, state: str, by: str, now: float) -> bool:
    """Publish or drop an open draft; False when somebody else was faster."""
    done = await conn.execute(
        update(texts)
        .where(texts.c.id == id_, texts.c.state.in_(OPEN))
        .values(state=state, decided_by=by, decided_at=now)
    )
    return done.rowcount == 1
