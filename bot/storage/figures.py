"""What is counted: cases and conversations of whole months as closed values, without ids.

The simulator's are left out: nobody lived them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.statistics import ANSWERED, OTHER, Cell, Month, answer_of, month_of, month_start
from bot.storage.tables import case_referrals, cases, conversations, journeys
from bot.storage.text_tables import readers
from bot.vault import Vault

LIVED = ~cases.c.channel.startswith("sim-")
VALUES: Mapping[str, ColumnElement[str]] = {  # a column as ``facts_between`` reads it
    "department": case((cases.c.department == "", "unknown"), else_=cases.c.department),
    "urgency": case({n: f"U{n}" for n in range(4)}, value=cases.c.urgency, else_=OTHER),
    "result": case((cases.c.result == "", "unknown"), else_=cases.c.result),
    "outcome": case((cases.c.outcome == "", "open"), else_=cases.c.outcome),
}


def _within(start: float, end: float) -> ColumnElement[bool]:
    return (cases.c.opened_at >= start) & (cases.c.opened_at < end) & LIVED


async def facts_between(
    conn: AsyncConnection, start: float, end: float
) -> list[tuple[float, dict[str, str]]]:
    """When each case of these months was opened, and its closed values."""
    rows = await conn.execute(
        select(
            cases.c.opened_at,
            cases.c.department,
            cases.c.urgency,
            cases.c.result,
            cases.c.minor,
            cases.c.origin,
            cases.c.channel,
            cases.c.locale,
            cases.c.outcome,
            cases.c.answered_after,
        ).where(_within(start, end))
    )
    return [
        (
            row.opened_at,
            {
                "department": row.department or "unknown",
                "urgency": f"U{row.urgency}",
                "result": row.result or "unknown",
                "age": "minor" if row.minor else "adult",
                "origin": row.origin,
                "channel": row.channel,
                "language": row.locale,
                "outcome": row.outcome or "open",
                "answer": answer_of(row.answered_after),
            },
        )
        for row in rows
    ]


async def counts(conn: AsyncConnection, starts: Sequence[float], by: Sequence[str]) -> list[Counter[Cell]]:
    """How many cases each combination of values has, for each span from one start to the next."""
    value = {**VALUES, "answer": case(*_within_time(), else_="later")}
    columns = [value[name].label(name) for name in by]
    span = _span(cases.c.opened_at, starts).label("span")
    rows = await conn.execute(
        select(span, *columns, func.count())
        .where(_within(starts[0], starts[-1]))
        .group_by(span, *(column.name for column in columns))
    )
    found: list[Counter[Cell]] = [Counter() for _ in starts[1:]]
    for row in rows:
        found[row[0]][tuple(row[1:-1])] += row[-1]
    return found


def _within_time() -> Iterator[tuple[ColumnElement[bool], str]]:
    yield cases.c.answered_after.is_(None), "none"
    for name, most in ANSWERED.items():
        yield cases.c.answered_after <= most, name


def _span(column: ColumnElement[float], starts: Sequence[float]) -> ColumnElement[int]:
    return case(*((column < end, n) for n, end in enumerate(starts[1:])), else_=len(starts))


async def standard_between(
    conn: AsyncConnection, vault: Vault, start: float, end: float
) -> list[tuple[float, str, str, Mapping[str, Any]]]:
    """Opening, state, outcome and the values of the data standard of each case that still has its summary."""
    rows = await conn.execute(
        select(cases.c.id, cases.c.opened_at, cases.c.state, cases.c.outcome, cases.c.summary_sealed).where(
            _within(start, end), cases.c.summary_sealed.is_not(None)
        )
    )
    found = []
    for row in rows:
        summary = vault.open_json("cases", "summary_sealed", row.id, row.summary_sealed)
        found.append((row.opened_at, row.state, row.outcome, summary.get("htcds", {})))
    return found


async def given_between(conn: AsyncConnection, start: float, end: float) -> dict[Month, Counter[str]]:
    """Month → how many of its cases were given which line."""
    found: dict[Month, Counter[str]] = {}
    rows = await conn.execute(
        select(cases.c.opened_at, case_referrals.c.line)
        .join(cases, cases.c.id == case_referrals.c.case_id)
        .where(_within(start, end))
    )
    for at, line in rows:
        found.setdefault(month_of(at), Counter())[line] += 1
    return found


async def reached_between(conn: AsyncConnection, start: float, end: float) -> dict[Month, Counter[str]]:
    """Month → how many conversations that began in it came how far; those that are gone by now included."""
    found: dict[Month, Counter[str]] = {}
    kept = await conn.execute(
        select(journeys.c.month, journeys.c.reached, journeys.c.people).where(
            journeys.c.month >= start, journeys.c.month < end
        )
    )
    for row in kept:
        found.setdefault(month_of(row.month), Counter())[row.reached] += row.people
    living = await conn.execute(
        select(conversations.c.created_at, conversations.c.reached).where(
            conversations.c.created_at >= start, conversations.c.created_at < end, _counted()
        )
    )
    for at, reached in living:
        found.setdefault(month_of(at), Counter())[reached] += 1
    return found


async def keep_reached(conn: AsyncConnection, going: ColumnElement[bool]) -> None:
    """These conversations are about to go: what stays is how many of a month came how far."""
    rows = await conn.execute(
        select(conversations.c.created_at, conversations.c.reached).where(going, _counted())
    )
    counts = Counter((month_start(month_of(row.created_at)), row.reached) for row in rows)
    if counts:
        values = [{"month": m, "reached": r, "people": n} for (m, r), n in sorted(counts.items())]
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        added = dialect.insert(journeys)
        more = journeys.c.people + added.excluded.people
        await conn.execute(
            added.on_conflict_do_update(index_elements=journeys.primary_key, set_={"people": more}), values
        )


async def count_readers(conn: AsyncConnection, month: float, texts: Collection[tuple[str, str]]) -> None:
    """One person more has read each of these texts, ``(catalogue, key)``; each once."""
    if texts:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        added = dialect.insert(readers)
        more = readers.c.people + added.excluded.people
        values = [{"month": month, "locale": name, "key": key, "people": 1} for name, key in sorted(texts)]
        await conn.execute(
            added.on_conflict_do_update(index_elements=readers.primary_key, set_={"people": more}), values
        )


async def readers_between(
    conn: AsyncConnection, texts: Collection[tuple[str, str]], start: float, end: float
) -> dict[tuple[str, str], dict[Month, int]]:
    """Catalogue and key → month → how many people first read it then; months from ``start`` on and before ``end``."""
    found: dict[tuple[str, str], dict[Month, int]] = {text: {} for text in texts}
    rows = await conn.execute(
        select(readers.c.locale, readers.c.key, readers.c.month, readers.c.people).where(
            tuple_(readers.c.locale, readers.c.key).in_(list(texts)),
            readers.c.month >= start,
            readers.c.month < end,
        )
    )
    for row in rows:
        found[row.locale, row.key][month_of(row.month)] = row.people
    return found


def _counted() -> ColumnElement[bool]:
    return (conversations.c.reached != "") & ~conversations.c.channel.startswith("sim-")


async def answered(conn: AsyncConnection, case_id: str, now: float) -> None:
    """A person answered; only the first time counts."""
    await conn.execute(
        update(cases)
        .where(cases.c.id == case_id, cases.c.answered_after.is_(None))
        .values(answered_after=now - cases.c.opened_at)
    )
