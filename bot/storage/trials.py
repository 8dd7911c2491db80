"""Trials of two wordings: begun, counted, ended. Counts of people by wording and day; nobody in them."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.statistics import FEWEST, nearest_ten
from bot.storage.tables import staff
from bot.storage.text_tables import trial_counts, trials
from bot.texts.trial import Arm, Rule, together

OLD, NEW = "old", "new"
UNDECIDED = ("better", "worse", "same", "stopped")  # over, and somebody is to say what is kept


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """One trial. ``old`` and ``new`` are what may be shown of its people once it is over; None where it may not."""

    id: str
    locale: str
    key: str
    text: str
    before: str
    alias: str
    started_at: float
    rule: Rule
    state: str
    ended_at: float | None
    decision: str
    old: Arm | None
    new: Arm | None


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """What one turn adds to a trial: of one wording, on the day it was read."""

    trial_id: str
    arm: str
    day: int
    read: int = 0
    answered: int = 0


_ALL: Select[Any] = select(trials, staff.c.alias).join(staff, staff.c.id == trials.c.author)
_RUNNING = trials.c.state == "running"


def _trial(row: Row[Any]) -> Trial:
    shown = row.old_read is not None
    return Trial(
        id=row.id,
        locale=row.locale,
        key=row.key,
        text=row.text,
        before=row.before,
        alias=row.alias,
        started_at=row.started_at,
        rule=Rule(row.most, row.until, row.better, row.worse, row.fewest),
        state=row.state,
        ended_at=row.ended_at,
        decision=row.decision,
        old=Arm(row.old_read, row.old_answered) if shown else None,
        new=Arm(row.new_read, row.new_answered) if shown else None,
    )


async def begin(
    conn: AsyncConnection, locale: str, key: str, text: str, before: str, author: str, rule: Rule, now: float
) -> bool:
    """A new trial; False where one runs on this text. An older one that nobody decided leaves what was there."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    row = {
        "id": secrets.token_hex(16),
        "locale": locale,
        "key": key,
        "text": text,
        "before": before,
        "author": author,
        "started_at": now,
        "state": "running",
        "decision": "",
        **dataclasses.asdict(rule),
    }
    begun = await conn.execute(dialect.insert(trials).values(row).on_conflict_do_nothing())
    if begun.rowcount != 1:
        return False
    await conn.execute(
        update(trials)
        .where(trials.c.locale == locale, trials.c.key == key, ~_RUNNING, trials.c.decision == "")
        .values(decision="kept")
    )
    return True


async def running(conn: AsyncConnection) -> Sequence[Trial]:
    """Every trial that goes on."""
    return [_trial(row) for row in await conn.execute(_ALL.where(_RUNNING))]


async def latest(conn: AsyncConnection, locale: str, key: str) -> Trial | None:
    """The newest trial of a text, running or over."""
    found = await conn.execute(
        _ALL.where(trials.c.locale == locale, trials.c.key == key)
        .order_by(trials.c.started_at.desc(), trials.c.id)
        .limit(1)
    )
    row = found.first()
    return _trial(row) if row else None


async def listed(conn: AsyncConnection, locale: str) -> Sequence[Trial]:
    """What runs in a language, and what is over and waits for a decision; oldest first."""
    waiting = trials.c.state.in_(UNDECIDED) & (trials.c.decision == "")
    rows = await conn.execute(
        _ALL.where(trials.c.locale == locale, or_(_RUNNING, waiting)).order_by(trials.c.started_at)
    )
    return [_trial(row) for row in rows]


async def count(conn: AsyncConnection, tallies: Iterable[Tally]) -> None:
    """Add them to the trials that still run.

    The trial's row is held until this is committed (PostgreSQL; SQLite has one writer), so that a trial ends before
    or after a turn, never in the middle of one. Always in the same order, so that no two turns wait for each other.
    """
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    for one in sorted(tallies, key=lambda tally: (tally.trial_id, tally.arm, tally.day)):
        going = await conn.execute(
            select(trials.c.id).where(trials.c.id == one.trial_id, _RUNNING).with_for_update(read=True)
        )
        if going.first() is None:
            continue
        added = dialect.insert(trial_counts).values(dataclasses.asdict(one))
        more = {name: trial_counts.c[name] + added.excluded[name] for name in ("read", "answered")}
        await conn.execute(added.on_conflict_do_update(index_elements=trial_counts.primary_key, set_=more))


async def counted(conn: AsyncConnection, trial_id: str) -> dict[str, dict[int, Arm]]:
    """By wording and day, exactly: for the rule, not for a page."""
    found: dict[str, dict[int, Arm]] = {OLD: {}, NEW: {}}
    for row in await conn.execute(select(trial_counts).where(trial_counts.c.trial_id == trial_id)):
        found[row.arm][row.day] = Arm(row.read, row.answered)
    return found


async def end(conn: AsyncConnection, trial_id: str, state: str, now: float) -> bool:
    """A trial is over; False when it was. Its counts go; of its people stays what may be shown."""
    here = trials.c.id == trial_id
    done = await conn.execute(update(trials).where(here, _RUNNING).values(state=state, ended_at=now))
    if done.rowcount != 1:
        return False
    days = await counted(conn, trial_id)
    kept = may_show(together(days[OLD], now), together(days[NEW], now))
    if kept:
        await conn.execute(update(trials).where(here).values(**kept))
    await conn.execute(delete(trial_counts).where(trial_counts.c.trial_id == trial_id))
    return True


async def end_for(conn: AsyncConnection, locale: str, key: str, state: str, now: float) -> None:
    """Whatever runs on a text is over."""
    found = await conn.execute(
        select(trials.c.id).where(trials.c.locale == locale, trials.c.key == key, _RUNNING)
    )
    for row in found.all():
        await end(conn, row.id, state, now)


async def decide(conn: AsyncConnection, trial_id: str, decision: str) -> bool:
    """What is kept was said; False when it had been, or there is nothing to say."""
    done = await conn.execute(
        update(trials)
        .where(trials.c.id == trial_id, trials.c.state.in_(UNDECIDED), trials.c.decision == "")
        .values(decision=decision)
    )
    return done.rowcount == 1


def may_show(old: Arm, new: Arm) -> dict[str, int]:
    """To the nearest ten, where of both wordings ten or more answered and ten or more did not; else nothing.

    >>> may_show(Arm(212, 180), Arm(199, 190))
    {}
    >>> may_show(Arm(212, 180), Arm(199, 171))
    {'old_read': 210, 'old_answered': 180, 'new_read': 200, 'new_answered': 170}
    """
    groups = [group for arm in (old, new) for group in (arm.answered, arm.read - arm.answered)]
    if min(groups) < FEWEST:
        return {}
    return {
        "old_read": nearest_ten(old.read),
        "old_answered": nearest_ten(old.answered),
        "new_read": nearest_ten(new.read),
        "new_answered": nearest_ten(new.answered),
    }
