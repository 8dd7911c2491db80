"""The database: one way to read, one way to write, on SQLite (one machine) and PostgreSQL (beyond).

``write()`` is one transaction that commits at its end and rolls back on any exception. On SQLite it begins
immediately and one at a time within the process, because SQLite has one writer. Acknowledged means durable:
SQLite runs with synchronous=FULL, and ``secure_delete`` so that what is purged is gone from the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.storage import inloop

MIGRATIONS = Path(__file__).with_name("migrations")
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "busy_timeout=5000",
)

RESTORING = "faro_restoring"  # a table that is there while a copy is being brought back


class SchemaError(Exception):
    """The database is not in the shape that this version needs; the message says what to run."""


class _Turnstile:
    """One writer at a time; whoever is urgent goes before all who are not, in the order of arrival."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())

    @contextlib.asynccontextmanager
    async def hold(self, *, urgent: bool) -> AsyncIterator[None]:
        if self._busy:
            place = asyncio.get_running_loop().create_future()
            self._waiting[0 if urgent else 1].append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._next()  # the turn was ours already: hand it on
                raise
        self._busy = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        for waiting in self._waiting:
            while waiting:
                place = waiting.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._busy = False


class Database:
    """Two ways into one database. ``url`` may name the plain dialect (``sqlite:///…``, ``postgresql://…``)."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.dialect = self.engine.dialect.name
        self._writing = _Turnstile()
        self._ways = {
            (write, heavy): self.engine.execution_options(faro_write=write, faro_heavy=heavy)
            for write in (False, True)
            for heavy in (False, True)
        }

    @contextlib.asynccontextmanager
    async def write(self, *, urgent: bool = False, heavy: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction that changes something.

        ``urgent``: a provider waits for the answer. ``heavy``: its statements may touch very many rows.
        """
        if self.dialect == "sqlite":
            async with (
                self._writing.hold(urgent=urgent),
                self._ways[True, heavy].begin() as conn,
            ):
                yield conn
        else:
            async with self.engine.begin() as conn:
                yield conn

    @contextlib.asynccontextmanager
    async def read(self, *, heavy: bool = False) -> AsyncIterator[AsyncConnection]:
        """One consistent view; nothing that is done in it is kept. ``heavy`` as in ``write``."""
        async with self._ways[False, heavy].connect() as conn:
            yield conn

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _engine(url: str, **options: Any) -> AsyncEngine:
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name == "sqlite":
        options["async_creator"] = functools.partial(inloop.connect, parsed.database or "")
    # An error names its statement, never what was to be stored.
    engine = create_async_engine(parsed.set(drivername=DRIVERS[name]), hide_parameters=True, **options)
    if name == "sqlite":
        _sqlite_rules(engine)
    return engine


def _sqlite_rules(engine: AsyncEngine) -> None:
    """SQLAlchemy, not the driver, begins; a writer begins immediately, so that it never has to upgrade."""

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(conn: Connection) -> None:
        options = conn.get_execution_options()
        driver: Any = conn.connection.driver_connection
        driver.heavy = options.get("faro_heavy", False)
        conn.exec_driver_sql("BEGIN IMMEDIATE" if options.get("faro_write", False) else "BEGIN")


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def migrate(url: str) -> None:
    """Bring the database to the newest shape. Not from inside a running loop: there ``upgrade`` is awaited."""
    asyncio.run(upgrade(url))


async def upgrade(url: str) -> None:
    """Bring the database to the newest shape."""
    engine = _engine(url, poolclass=NullPool)
    try:
        async with engine.execution_options(faro_write=True).begin() as conn:
            await conn.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def require_head(db: Database) -> None:
    """Raise ``SchemaError`` unless the database is whole and in the newest shape."""
    try:
        async with db.read() as conn:
            current = await conn.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
            restoring = await conn.run_sync(lambda c: inspect(c).has_table(RESTORING))
    except (SQLAlchemyError, OSError):
        raise SchemaError("The database cannot be opened: check FARO_DATABASE_URL.") from None
    if restoring:  # what is too old to be kept, or was never to be sent again, may still be in it
        raise SchemaError("A restore into this database did not end: make it anew, and restore again.")
    if current != ScriptDirectory.from_config(_config()).get_current_head():
        raise SchemaError("The database is not in the shape of this version: run faro migrate.")


def knows(revision: str) -> bool:
    """True for a shape that this version can bring to the newest."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _upgrade(conn: Connection) -> None:
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
