"""Bring a copy back. Before anything can be served: newest shape, purge by age, and nothing old goes out.

A copy is of yesterday. What was about to be said then was said, and must not be said again to a phone that may be
watched; whoever was writing then gets a person; whoever had logged out stays out. With SQLite the database takes its
place when all of this is done; with PostgreSQL a mark keeps Faro from starting until then.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Float, MetaData, Table, delete, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit, retention
from bot.backup import BackupError, files, postgresql
from bot.backup.check import check
from bot.handoff import handover
from bot.storage import conversations as people
from bot.storage import database, voice_notes
from bot.storage.database import RESTORING, Database
from bot.storage.tables import conversations, erasures, inbound, outbound, sessions
from bot.vault import KeyRing, Vault

MARK = Table(RESTORING, MetaData(), Column("at", Float))


async def restore(copy: Path, url: str, ring: KeyRing, now: float) -> dict[str, Any]:
    """What was purged and stopped on the way. Raises ``BackupError`` before it changes anything, or a fault on the way."""
    report = check(copy, ring)
    if report.obstacle:
        raise BackupError(report.obstacle)
    target = database.sqlite_path(url)
    if (report.kind == "sqlite") != (target is not None):
        raise BackupError(
            f"This is a copy of {report.kind}, and FARO_DATABASE_URL names another kind of database."
        )
    if target is not None:
        return await _into_a_file(copy, target, Vault(ring), now, report.lost_recordings)
    return await _into_postgresql(copy, url, Vault(ring), now, report.lost_recordings)


async def _into_a_file(
    copy: Path, target: Path, vault: Vault, now: float, lost: Collection[str]
) -> dict[str, Any]:
    for ending in files.BESIDE:  # an old log beside a new database would be written into it
        files.refuse_existing(target.with_name(target.name + ending))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.fresh(target) as place:
        shutil.copyfile(copy, place)
        url = URL.create("sqlite", database=str(place)).render_as_string()
        await database.upgrade(url)
        return await _revive(url, vault, now, lost)


async def _into_postgresql(
    copy: Path, url: str, vault: Vault, now: float, lost: Collection[str]
) -> dict[str, Any]:
    db = Database(url)
    try:
        async with db.write() as conn:
            there = await conn.run_sync(lambda c: inspect(c).get_table_names())
            if there:
                raise BackupError(
                    "The database is not empty: rename it, make a new one of its name, and restore again."
                )
            await conn.run_sync(MARK.create)
        major = await postgresql.server_version(db)
        try:
            await asyncio.to_thread(postgresql.load, url, major, copy)
        except BackupError:
            async with db.write() as conn:  # nothing came in: the next try finds it empty
                await conn.run_sync(MARK.drop)
            raise
        await database.upgrade(url)
        done = await _revive(url, vault, now, lost)
        async with db.write() as conn:
            await conn.run_sync(MARK.drop)
    finally:
        await db.close()
    return done


async def _revive(url: str, vault: Vault, now: float, lost: Collection[str]) -> dict[str, Any]:
    """Purge what is too old, stop what the copy was in the middle of, and count recordings that do not open as lost."""
    db = Database(url)
    try:
        purged = await retention.purge(db, now)
        async with db.write(heavy=True) as conn:
            whole = await audit.verify(conn, vault) is None
            stopped = await _stop(conn, vault, now)
            for note in lost:
                await voice_notes.give_up(conn, note, "damaged")
            await audit.append(conn, vault, "operator", "restore", "database", now)
        await retention.truncate_log(db)
    finally:
        await db.close()
    return {"purged": purged, "stopped": stopped, "audit_whole": whole, "lost_recordings": len(lost)}


async def _stop(conn: AsyncConnection, vault: Vault, now: float) -> dict[str, int]:
    """Nothing that waited goes out or is answered by the bot; people see what they have to look after."""
    waiting = outbound.c.state.in_(("queued", "sending"))
    said = await conn.execute(
        update(outbound).where(waiting, outbound.c.author == "bot").values(state="cancelled")
    )
    replies = await conn.execute(
        update(outbound).where(waiting).values(state="failed", error_code="restored")
    )
    writing = list(
        await conn.scalars(select(inbound.c.conversation_id).where(inbound.c.state == "queued").distinct())
    )
    for conversation_id in writing:
        found = await people.get(conn, vault, conversation_id)
        if found is not None:
            await handover.bot_failed(conn, vault, found, now)
    await conn.execute(update(inbound).where(inbound.c.state == "queued").values(state="done", done_at=now))
    await conn.execute(update(conversations).values(claimed_by=None, claimed_until=None, due_at=None))
    ended = await conn.execute(delete(sessions))
    await _silence_receipts(conn, vault)
    return {
        "messages": int(said.rowcount),
        "replies_to_look_at": int(replies.rowcount),
        "conversations_to_people": len(writing),
        "sessions": int(ended.rowcount),
    }


async def _silence_receipts(conn: AsyncConnection, vault: Vault) -> None:
    """Erasures at the provider go on; the person had the receipt."""
    for row in (await conn.execute(select(erasures.c.id, erasures.c.target_sealed))).all():
        target = vault.open_json("erasures", "target_sealed", row.id, row.target_sealed)
        fresh = vault.seal_json("erasures", "target_sealed", row.id, {**target, "receipt": []})
        await conn.execute(update(erasures).where(erasures.c.id == row.id).values(target_sealed=fresh))
