"""``faro export``: from the cases in the database to a table that singles out nobody."""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from bot import retention
from bot.statistics import month_of, month_start, months_before
from bot.storage import figures
from bot.storage.database import Database
from bot.storage.tables import audit as audit_rows
from bot.storage.tables import cases as table
from bot.vault import Vault
from tests.integration.command_line import CommandLine
from tests.integration.test_storage_cases import open_one

LAST = months_before(month_of(time.time()), 1)[0]
AT = month_start(LAST) + 86_400 * 3
NAME = f"{LAST[0]:04}-{LAST[1]:02}"


async def _fill(db: Database, count: int, **columns: object) -> None:
    """So many cases of last month."""
    values = {
        "codename": "x y",
        "channel": "whatsapp",
        "locale": "es",
        "state": "waiting",
        "origin": "person",
        "urgency": 1,
        "opened_at": AT,
        "waiting_since": AT,
        **columns,
    }
    async with db.write() as conn:
        for _ in range(count):
            await conn.execute(insert(table).values(id=secrets.token_hex(16), **values))


@pytest.fixture
def line(url: str, tmp_path: Path, vault: Vault) -> Callable[[], CommandLine]:
    return lambda: CommandLine(tmp_path, url)


async def test_a_table_shows_what_may_be_shown(database: Database, line: Callable[[], CommandLine]) -> None:
    """Ten and more are shown; five are not, nor the next smallest that would give them back with the total."""
    await _fill(database, 26, urgency=1)
    await _fill(database, 12, urgency=2)
    await _fill(database, 5, urgency=3)
    await _fill(database, 30, urgency=1, channel="sim-whatsapp")  # a demonstration
    await _fill(database, 30, urgency=1, opened_at=time.time())  # the month is not over
    made = await line().told("export", "--by", "urgency", "--months", "1", "--format", "json", "--exact")
    assert {row["urgency"]: row["cases"] for row in made["rows"]} == {
        "U3": None,
        "U2": None,
        "U1": 26,
        "U0": None,
        "all": 43,
    }
    assert {row["month"] for row in made["rows"]} == {NAME}
    done = await line().run("export", "--by", "urgency", "--by", "channel", "--months", "2")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
    assert len(rows) == 2 * 5 * 4
    shown = {(row["urgency"], row["channel"]): row["cases"] for row in rows if row["month"] == NAME}
    assert shown["U1", "whatsapp"] == "30"
    assert shown["U3", "whatsapp"] == "hidden"
    assert "5" not in shown.values()
    async with database.read() as conn:
        acts = [tuple(row) for row in await conn.execute(select(audit_rows.c.act, audit_rows.c.object))]
    assert acts == [("export", "urgency"), ("export", "urgency-channel")]


async def test_a_case_counts_in_its_month_before_and_after_the_purge(
    database: Database, vault: Vault, line: Callable[[], CommandLine]
) -> None:
    """What the purge leaves of a case must not slip into the month before."""
    for n in range(11):
        case = await open_one(database, vault, f"whatsapp:+5190000{n:04}", department="lima", result="T1")
        async with database.write() as conn:
            await conn.execute(update(table).where(table.c.id == case).values(opened_at=AT))
    query = ("export", "--by", "department", "--months", "3", "--format", "json")
    before = await line().told(*query)
    async with database.write() as conn:
        await conn.execute(update(table).values(state="closed", closed_at=AT))
    await retention.purge(database, AT + 91 * retention.DAY)
    assert await line().told(*query) == before
    assert {"month": NAME, "department": "lima", "cases": 10} in before["rows"]


async def test_facts_hold_closed_values_only(database: Database, vault: Vault) -> None:
    """No id, no codename, no day's text leaves the store for counting."""
    await open_one(database, vault, "whatsapp:+51987654321", now=AT)
    async with database.read() as conn:
        ((at, facts),) = await figures.facts_between(conn, AT - 1, AT + 1)
    assert at == AT
    assert facts == {
        "department": "unknown",
        "urgency": "U1",
        "result": "unknown",
        "age": "adult",
        "origin": "person",
        "channel": "whatsapp",
        "language": "es",
        "outcome": "open",
        "answer": "none",
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--by", "urgency", "--by", "age", "--by", "origin"), "three attributes"),
        (("--by", "urgency", "--by", "urgency"), "each once"),
        (("--by", "district"), "department"),
        (("--format", "xml"), "csv or json"),
    ],
)
async def test_more_than_may_be_asked_is_refused(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    """Before anything is read."""
    assert sentence in await CommandLine(tmp_path, "sqlite:///absent.db").refused("export", *words)
