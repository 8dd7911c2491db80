"""SQLite: a consistent copy of a database that is being written to, and reading what a copy holds."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnClause, Engine, column, create_engine, inspect, select, table, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from bot.backup import BackupError

WAIT_SECONDS = 30.0


def dump(source: Path, place: Path) -> None:
    """Copy into ``place``, which is empty. Writers go on; pages that were deleted are not in the copy."""
    if not source.is_file():
        raise BackupError(f"There is no database at {source}: set FARO_DATABASE_URL to the right place.")
    engine = _engine(source, "mode=rw")  # as the last one it tidies up; it writes nothing
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM INTO :place"), {"place": str(place)})
    except DatabaseError as error:
        raise BackupError(f"SQLite could not copy the database: {error.orig}.") from None
    finally:
        engine.dispose()


def damage(copy: Path) -> str:
    """What SQLite finds wrong in the file; empty when it is whole."""
    engine = _engine(copy, "mode=ro&immutable=1")
    try:
        with engine.connect() as conn:
            found = str(conn.execute(text("PRAGMA integrity_check(1)")).scalar_one())
            if found == "ok" and conn.execute(text("PRAGMA foreign_key_check")).first() is not None:
                found = "a row refers to one that is not there"
    except DatabaseError as error:
        found = str(error.orig)
    finally:
        engine.dispose()
    return "" if found == "ok" else found


def rows(copy: Path, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The wanted columns of the wanted tables, as far as the copy has them."""
    engine = _engine(copy, "mode=ro&immutable=1")
    try:
        with engine.connect() as conn:
            there = inspect(conn)
            for name in sorted(set(wanted) & set(there.get_table_names())):
                known = {found["name"] for found in there.get_columns(name)}
                columns: list[ColumnClause[Any]] = [column(one) for one in wanted[name] if one in known]
                for row in conn.execute(select(*columns).select_from(table(name))).mappings():
                    yield name, dict(row)
    except DatabaseError as error:
        raise BackupError(f"{type(error.orig).__name__} while reading") from None
    finally:
        engine.dispose()


def _engine(path: Path, how: str) -> Engine:
    """A connection of its own: ours would change the way in which a copy is journaled."""
    address = f"{path.resolve().as_uri()}?{how}"
    connect = functools.partial(sqlite3.connect, address, uri=True, timeout=WAIT_SECONDS)
    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
