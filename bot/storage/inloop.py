"""SQLite without the way to a thread and back: statements run in the event loop, what may wait does not.

A statement of ours takes microseconds, the way to the driver's thread and back half a millisecond; with some
forty statements a turn that way was nearly all that a person waited for. Two things can take long and leave the
loop free meanwhile: the commit, which waits for the disk, and the start of a write, which may wait for another
process. A transaction that touches very many rows says so (``heavy``), and keeps to the thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite

LOCK_SECONDS = 5.0  # how long a write waits for another process before it fails
LOCK_PAUSE = 0.005


class InLoopConnection(aiosqlite.Connection):
    """The driver's connection, which decides for each call whether it is worth its thread."""

    heavy = False

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The one point through which every call of the driver goes."""
        if self.heavy or fn == self._conn.commit:
            return await self._threaded(fn, *args, **kwargs)
        if args and args[0] == "BEGIN IMMEDIATE":
            return await self._begin(fn)
        return fn(*args, **kwargs)

    async def _threaded(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """In the driver's thread, to the end: a cancelled task must not leave its connection at work."""
        running = asyncio.ensure_future(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    async def _begin(self, execute: Callable[..., Any]) -> Any:
        """Become the writer; while another process is it, the loop goes on."""
        give_up = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                self._conn.execute("PRAGMA busy_timeout=0")
                return execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
            finally:
                self._conn.execute(f"PRAGMA busy_timeout={LOCK_SECONDS * 1000:.0f}")
            await asyncio.sleep(LOCK_PAUSE)


async def connect(path: str) -> InLoopConnection:
    """A new connection to the file; ``check_same_thread`` is off because loop and thread take turns on it."""

    def open_file() -> sqlite3.Connection:
        return sqlite3.connect(Path(path), isolation_level=None, check_same_thread=False)

    connection = InLoopConnection(open_file, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for the connections it makes itself
    await connection
    return connection
