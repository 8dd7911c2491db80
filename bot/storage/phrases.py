"""What people wrote and was not understood, counted without them.

Promises: nobody sees a phrase before ``statistics.FEWEST`` different people wrote it within one calendar month (a
conversation lives for thirty days, so that within a month it stands for one person); who was counted is a keyed
hash of the conversation, gone when the month ends or the person erases; what stayed rare goes with its month.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.statistics import FEWEST, month_of, month_start
from bot.storage.phrase_tables import phrase_people, phrases
from bot.vault import Vault

KEEP_MONTHS = 6  # after its last month a phrase that nobody decided on goes too
MONTH = 31 * 24 * 3600.0
KNOWN = or_(phrases.c.people >= FEWEST, phrases.c.before >= FEWEST)


@dataclasses.dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that enough people wrote. ``people`` is rounded down to tens."""

    id: str
    locale: str
    question: str
    intent: str
    text: str
    people: int


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """One message that was not understood: folded words, the question it was written to, what it was taken for."""

    locale: str
    question: str
    intent: str
    text: str


async def share(
    conn: AsyncConnection, vault: Vault, conversation_id: str, heard: Sequence[Heard], now: float
) -> None:
    """Count what one person agreed to give; the same person counts once a month for a phrase."""
    if not heard:
        return
    month = month_start(month_of(now))
    await _end_month(conn, month)
    person = vault.phrase_mac("person", conversation_id)
    into = postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert
    for one in heard:
        id_ = vault.phrase_mac("phrase", one.locale, one.question, one.text).hex()
        row = {**dataclasses.asdict(one), "id": id_, "month": month, "people": 0, "before": 0, "decided": ""}
        row["text_sealed"] = vault.seal_json("phrases", "text_sealed", id_, row.pop("text"))
        await conn.execute(into(phrases).values(row).on_conflict_do_nothing())
        counted = await conn.execute(
            into(phrase_people).values(phrase_id=id_, person_mac=person).on_conflict_do_nothing()
        )
        if counted.rowcount == 1:
            await conn.execute(
                update(phrases)
                .where(phrases.c.id == id_)
                .values(people=phrases.c.people + 1, intent=one.intent, month=month)
            )


async def withdraw(conn: AsyncConnection, vault: Vault, conversation_id: str) -> None:
    """Take back what this person gave, as far as it can still be told apart: this month's."""
    person = vault.phrase_mac("person", conversation_id)
    mine = select(phrase_people.c.phrase_id).where(phrase_people.c.person_mac == person)
    await conn.execute(update(phrases).where(phrases.c.id.in_(mine)).values(people=phrases.c.people - 1))
    await conn.execute(delete(phrase_people).where(phrase_people.c.person_mac == person))
    await conn.execute(delete(phrases).where(phrases.c.people <= 0, phrases.c.before == 0, _undecided()))


async def open_ones(conn: AsyncConnection, vault: Vault, limit: int = 200) -> list[Phrase]:
    """What waits for an editor, the most frequent first; nothing that fewer than ten wrote."""
    rows = await conn.execute(_SHOWN.where(KNOWN, _undecided()).limit(limit))
    found = [
        Phrase(
            row.id,
            row.locale,
            row.question,
            row.intent,
            vault.open_json("phrases", "text_sealed", row.id, row.text_sealed),
            row.total // FEWEST * FEWEST,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.people, one.text))


async def get(conn: AsyncConnection, vault: Vault, id_: str) -> Phrase | None:
    """One phrase that waits; None for one that may not be shown."""
    return next((one for one in await open_ones(conn, vault, 10_000) if one.id == id_), None)


async def decide(conn: AsyncConnection, id_: str, decided: str) -> bool:
    """Take it off the list: ``taken`` or ``useless``. False when it is not on it."""
    done = await conn.execute(
        update(phrases).where(phrases.c.id == id_, KNOWN, _undecided()).values(decided=decided)
    )
    return done.rowcount == 1


async def purge(conn: AsyncConnection, now: float) -> int:
    """What stayed rare goes when its month ends, the hashes of people with it, and after half a year the rest."""
    await _end_month(conn, month_start(month_of(now)))
    old = await conn.execute(delete(phrases).where(phrases.c.month < now - KEEP_MONTHS * MONTH))
    return int(old.rowcount)


async def _end_month(conn: AsyncConnection, month: float) -> None:
    """Close the count of every month before this one."""
    over = phrases.c.month < month
    counted = select(phrases.c.id).where(over, phrases.c.people > 0)
    await conn.execute(delete(phrase_people).where(phrase_people.c.phrase_id.in_(counted)))
    enough = phrases.c.people >= FEWEST
    await conn.execute(
        update(phrases)
        .where(over, phrases.c.people > 0)
        .values(before=phrases.c.before + case((enough, phrases.c.people), else_=0), people=0)
    )
    await conn.execute(delete(phrases).where(over, phrases.c.before == 0, _undecided()))


def _undecided() -> ColumnElement[bool]:
    return phrases.c.decided == ""


_TOTAL = phrases.c.before + case((phrases.c.people >= FEWEST, phrases.c.people), else_=0)
_SHOWN = select(phrases, _TOTAL.label("total")).order_by(_TOTAL.desc(), phrases.c.id)
