"""The migrated schema is the one the code knows, on both databases; sealed values stay in their place."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.database import Database, SchemaError, require_head, upgrade
from bot.storage.tables import meta, metadata


async def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    """A table or column that only one of the two has is found here."""

    def difference(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn), metadata))

    async with database.read() as conn:
        assert await conn.run_sync(difference) == []
    await require_head(database)


async def test_a_database_in_an_older_shape_is_refused(fresh: str) -> None:
    """Serving on it would fail later, in the middle of a conversation."""
    db = Database(fresh)
    with pytest.raises(SchemaError, match="faro migrate"):
        await require_head(db)
    await db.close()


async def test_migrating_twice_changes_nothing(fresh: str) -> None:
    """`make run` migrates at every start."""
    await upgrade(fresh)
    await upgrade(fresh)
    db = Database(fresh)
    await require_head(db)
    await db.close()


async def test_a_write_commits_as_a_whole_or_not_at_all(database: Database) -> None:
    """An exception in a turn leaves nothing behind."""
    with pytest.raises(ZeroDivisionError):
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name="a", value="1"))
            _ = 1 / 0
    async with database.write() as conn:
        await conn.execute(insert(meta).values(name="b", value="2"))
    async with database.read() as conn:
        assert [tuple(row) for row in await conn.execute(select(meta))] == [("b", "2")]


async def test_sqlite_is_durable_and_forgets(database: Database) -> None:
    """The settings that acknowledgement and erasure rest on."""
    if database.dialect != "sqlite":
        return
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    async with database.read() as conn:
        found = {name: (await conn.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in expected}
    assert found == expected


async def test_an_urgent_write_goes_before_those_that_wait(database: Database) -> None:
    """A provider waits for its answer at most one transaction, however long the queue of the others is."""
    if database.dialect != "sqlite":
        return
    order: list[str] = []

    async def write(name: str, *, urgent: bool = False) -> None:
        async with database.write(urgent=urgent) as conn:
            await conn.execute(insert(meta).values(name=name, value=""))
            order.append(name)

    tasks = [asyncio.create_task(write(f"w{n}")) for n in range(5)]
    await asyncio.sleep(0)
    gone = asyncio.create_task(write("gone"))
    tasks.append(asyncio.create_task(write("urgent", urgent=True)))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(*tasks)
    assert order == ["w0", "urgent", "w1", "w2", "w3", "w4"]


async def _longest_pause(work: Awaitable[object]) -> float:
    """Seconds for which the loop could do nothing else while ``work`` ran."""
    task, longest = asyncio.ensure_future(work), 0.0
    while not task.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begun)
    await task
    return longest


async def test_the_loop_goes_on_while_another_process_writes(database: Database) -> None:
    """A command run beside the service holds the file's one writer; webhooks and readers must not stand still."""
    if database.dialect != "sqlite":
        return

    async def write() -> None:
        async with database.write() as conn:
            await conn.execute(insert(meta).values(name="patient", value=""))

    other = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(_longest_pause(write()))
    await asyncio.sleep(0.4)
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    assert await writing < 0.2


async def test_a_heavy_transaction_leaves_the_loop_free(database: Database) -> None:
    """The purge and the statistics touch as many rows as there are."""
    if database.dialect != "sqlite":
        return
    long = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000000) SELECT max(i) FROM n"
    )

    async def read(*, heavy: bool) -> None:
        async with database.read(heavy=heavy) as conn:
            await conn.execute(long)

    assert await _longest_pause(read(heavy=True)) < await _longest_pause(read(heavy=False)) / 2


async def test_a_cancelled_commit_ends_before_its_connection_is_used_again(database: Database) -> None:
    """A shutdown in the middle of a commit: the row is whole or absent, and the pool is sound."""
    for n in range(30):

        async def write(name: str) -> None:
            async with database.write() as conn:
                await conn.execute(insert(meta).values(name=name, value=""))

        task = asyncio.create_task(write(f"c{n}"))
        for _ in range(n % 6):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with database.write() as conn:
        await conn.execute(insert(meta).values(name="after", value=""))
    async with database.read() as conn:
        names = {row.name for row in await conn.execute(select(meta))}
    assert "after" in names


async def test_an_error_says_nothing_of_what_was_to_be_stored(database: Database) -> None:
    """What a person wrote must not stand in an exception's message."""
    row = insert(meta).values(name="x", value="zafiro")
    async with database.write() as conn:
        await conn.execute(row)
    with pytest.raises(SQLAlchemyError) as failure:
        async with database.write() as conn:
            await conn.execute(row)
    assert "INSERT" in str(failure.value)
    assert "zafiro" not in str(failure.value)
