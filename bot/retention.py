"""What goes, and when: erased by the person at once, purged by age, re-encrypted when keys change.

Deleted means gone from the file: SQLite runs with ``secure_delete``, and a purge ends with a truncating
checkpoint of its write-ahead log.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit, erasure
from bot.statistics import month_of, month_start
from bot.storage import conversations as people
from bot.storage import figures
from bot.storage import phrases as shared
from bot.storage.database import Database
from bot.storage.phrase_tables import phrases
from bot.storage.tables import (
    addresses,
    case_drafts,
    case_notes,
    case_referrals,
    cases,
    conversations,
    drills,
    erasures,
    inbound,
    login_attempts,
    outbound,
    push_devices,
    queue_views,
    reveals,
    seen,
    sessions,
    staff,
    voice_notes,
)
from bot.storage.text_tables import trials
from bot.vault import HEAD, Vault
from connectors.base import Outbound

DAY = 24 * 3600.0
KEEP_WITHOUT_CONSENT = 1 * DAY
KEEP_CONVERSATION = 30 * DAY
KEEP_CLOSED_CASE = 90 * DAY
KEEP_SENT_TEXT = 1 * DAY  # in conversations without a case: nobody will read it again
KEEP_SENT = 7 * DAY
KEEP_TOMBSTONES = 400 * DAY
KEEP_ATTEMPTS = 1 * DAY
KEEP_DRAFTS = 1 * DAY
KEEP_DRILLS = 30 * DAY
KEEP_TRIALS = 365 * DAY  # what is shown of them; their counts went when they ended
KEEP_SESSIONS = 1 * DAY
KEEP_BACKUPS = 14 * DAY
KEEP_ERASURES = 30 * DAY  # a channel that was switched off never carries them out
BATCH = 200
BATCH_OF_RECORDINGS = 4  # megabytes each
LOCK = 0x70757267  # PostgreSQL: one purge at a time

# Every sealed column, with the column that names its row.
SEALED: tuple[tuple[Table, str], ...] = (
    (conversations, "state_sealed"),
    (conversations, "shown_sealed"),
    (addresses, "address_sealed"),
    (inbound, "body_sealed"),
    (outbound, "body_sealed"),
    (outbound, "ref_sealed"),
    (cases, "summary_sealed"),
    (case_notes, "body_sealed"),
    (case_drafts, "text_sealed"),
    (drills, "talk_sealed"),
    (queue_views, "name_sealed"),
    (reveals, "note_sealed"),
    (staff, "totp_sealed"),
    (staff, "alert_sealed"),
    (push_devices, "subscription_sealed"),
    (erasures, "target_sealed"),
    (voice_notes, "source_sealed"),
    (voice_notes, "content_sealed"),
    (phrases, "text_sealed"),
)


async def erase_conversation(
    conn: AsyncConnection, vault: Vault, conversation_id: str, now: float, receipt: Sequence[Outbound]
) -> None:
    """BORRAR: everything of this person goes, inside the caller's transaction.

    The provider's copy is ordered to be deleted and the receipt to be sent; a case leaves a tombstone that says
    only how urgent it was and in which month.
    """
    address = await people.address_of(conn, vault, conversation_id)
    channel = await conn.scalar(select(conversations.c.channel).where(conversations.c.id == conversation_id))
    refs = await _refs(conn, vault, conversation_id)
    await shared.withdraw(conn, vault, conversation_id)
    if address is not None and channel is not None and (refs or receipt):
        bodies = [dataclasses.asdict(message) for message in receipt]
        await erasure.order(conn, vault, channel, address, refs, bodies, now)
    here = cases.c.conversation_id == conversation_id
    ids = select(cases.c.id).where(here)
    for table in (case_notes, case_drafts, case_referrals, reveals):
        await conn.execute(delete(table).where(table.c.case_id.in_(ids)))
    for row in (await conn.execute(select(cases.c.id, cases.c.opened_at).where(here))).all():
        await conn.execute(
            update(cases).where(cases.c.id == row.id).values(**_tombstone(row.opened_at), erased=True)
        )
    await _forget(conn, conversations.c.id == conversation_id)


async def held(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, int]:
    """How much is held of these conversations: messages ``received`` and ``sent``, and ``cases``."""
    tables = (("received", inbound), ("sent", outbound), ("cases", cases))
    return {name: await _count(conn, table, ids) for name, table in tables}


async def erase_by_letter(
    db: Database, vault: Vault, channel: str, address: str, now: float
) -> dict[str, Any] | None:
    """What BORRAR does, for somebody who asked in writing; None when nothing is held of this address.

    Nothing is said in the chat: the phone may be in other hands by now. The receipt names neither the person
    nor the address; its number stands in the audit log.
    """
    number = secrets.token_hex(16)
    async with db.write(heavy=True) as conn:
        found = await people.find(conn, vault, channel, address)
        if not found:
            return None
        of_them = await held(conn, found)
        copies = 0
        for conversation_id in found:
            copies += len(await _refs(conn, vault, conversation_id))
            await erase_conversation(conn, vault, conversation_id, now, receipt=())
        await audit.append(conn, vault, "operator", "erase.letter", number, now)
    await truncate_log(db)
    return {
        "receipt": number,
        "channel": channel,
        "erased_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "messages": of_them["received"] + of_them["sent"],
        "cases_without_person": of_them["cases"],
        "provider_copies_ordered": copies,
        "gone_from_backups_on": datetime.fromtimestamp(now + KEEP_BACKUPS, UTC).date().isoformat(),
    }


async def _count(conn: AsyncConnection, table: Table, ids: Sequence[str]) -> int:
    here = table.c.conversation_id.in_(ids)
    return int(await conn.scalar(select(func.count()).select_from(table).where(here)) or 0)


async def _refs(conn: AsyncConnection, vault: Vault, conversation_id: str) -> list[str]:
    """What the provider calls the messages of both sides, newest last."""
    refs: list[str] = []
    rows = await conn.execute(
        select(inbound.c.id, inbound.c.body_sealed).where(inbound.c.conversation_id == conversation_id)
    )
    for row in rows:
        body = vault.open_json("inbound", "body_sealed", row.id, row.body_sealed) or {}
        refs.append(body.get("message_ref", ""))
    rows = await conn.execute(
        select(outbound.c.id, outbound.c.ref_sealed).where(
            outbound.c.conversation_id == conversation_id, outbound.c.ref_sealed.is_not(None)
        )
    )
    refs += [vault.open_json("outbound", "ref_sealed", row.id, row.ref_sealed)["message_ref"] for row in rows]
    return [ref for ref in refs if ref]


def _tombstone(opened_at: float) -> dict[str, Any]:
    """What a case keeps when its person is gone: urgency, result and month are the caller's to keep or drop."""
    month = _month(opened_at)
    return {
        "conversation_id": None,
        "codename": "",
        "state": "closed",
        "outcome": "erased",
        "status": "",
        "follow_up_at": None,
        "department": "",
        "result": "",
        "modifier": False,
        "minor": False,
        "summary_sealed": None,
        "opened_at": month,
        "waiting_since": month,
        "claimed_by": None,
        "claimed_at": None,
        "lease_until": None,
        "closed_at": month,
        "answered_after": None,
    }


def _month(at: float) -> float:
    """The first moment of its month, where the months of the statistics begin."""
    return month_start(month_of(at))


async def purge(db: Database, now: float) -> dict[str, int]:
    """Delete what is older than its retention; how many rows of each kind went."""
    gone: dict[str, int] = {}
    async with db.write(heavy=True) as conn:
        if db.dialect == "postgresql":  # several processes purge: one at a time
            await conn.execute(select(func.pg_advisory_xact_lock(LOCK)))
        gone["closed_cases"] = await _purge_cases(conn, now)
        gone["conversations"] = await _forget(conn, _forgotten(now))
        without_case = (
            ~select(cases.c.id).where(cases.c.conversation_id == outbound.c.conversation_id).exists()
        )
        done = outbound.c.state.in_(("sent", "delivered", "read", "cancelled")) & without_case
        gone["outbound"] = await _delete(conn, outbound, done & (outbound.c.created_at < now - KEEP_SENT))
        cleared = await conn.execute(
            update(outbound)
            .where(done, outbound.c.created_at < now - KEEP_SENT_TEXT, outbound.c.body_sealed.is_not(None))
            .values(body_sealed=None)
        )
        gone["outbound_texts"] = int(cleared.rowcount)
        gone["tombstones"] = await _delete(conn, seen, seen.c.seen_at < now - KEEP_TOMBSTONES)
        gone["sessions"] = await _delete(conn, sessions, sessions.c.seen_at < now - KEEP_SESSIONS)
        gone["erasures"] = await _delete(conn, erasures, erasures.c.created_at < now - KEEP_ERASURES)
        gone["phrases"] = await shared.purge(conn, now)
        await _delete(conn, case_drafts, case_drafts.c.at < now - KEEP_DRAFTS)
        await _delete(conn, drills, drills.c.started_at < now - KEEP_DRILLS)
        await _delete(conn, trials, trials.c.ended_at < now - KEEP_TRIALS)
        await _delete(conn, login_attempts, login_attempts.c.at < now - KEEP_ATTEMPTS)
    await truncate_log(db)
    return gone


def _forgotten(now: float) -> ColumnElement[bool]:
    """Conversations without a case that were silent for too long; sooner without consent."""
    last = func.coalesce(conversations.c.last_inbound_at, conversations.c.created_at)
    has_case = select(cases.c.id).where(cases.c.conversation_id == conversations.c.id).exists()
    return ~has_case & or_(
        last < now - KEEP_CONVERSATION, ~conversations.c.consented & (last < now - KEEP_WITHOUT_CONSENT)
    )


async def _purge_cases(conn: AsyncConnection, now: float) -> int:
    """Closed cases past their time: thread, address and summary go; result, urgency and month stay."""
    old = (
        await conn.execute(
            select(cases.c.id, cases.c.conversation_id, cases.c.opened_at, cases.c.closed_at).where(
                cases.c.state == "closed",
                cases.c.closed_at < now - KEEP_CLOSED_CASE,
                or_(cases.c.conversation_id.is_not(None), cases.c.summary_sealed.is_not(None)),
            )
        )
    ).all()
    for row in old:
        for table in (case_notes, case_drafts, reveals):
            await conn.execute(delete(table).where(table.c.case_id == row.id))
        opened, closed = _month(row.opened_at), _month(row.closed_at)
        await conn.execute(
            update(cases)
            .where(cases.c.id == row.id)
            .values(
                conversation_id=None,
                codename="",
                summary_sealed=None,
                opened_at=opened,
                waiting_since=opened,
                claimed_by=None,
                claimed_at=None,
                closed_at=closed,
                follow_up_at=None,
            )
        )
        await conn.execute(update(case_referrals).where(case_referrals.c.case_id == row.id).values(at=opened))
        if row.conversation_id is not None:
            younger = await conn.scalar(
                select(cases.c.id).where(cases.c.conversation_id == row.conversation_id).limit(1)
            )
            if younger is None:
                await _forget(conn, conversations.c.id == row.conversation_id)
    return len(old)


async def _forget(conn: AsyncConnection, which: ColumnElement[bool]) -> int:
    """Conversations go with everything in them; of the figures they stay a part."""
    await figures.keep_reached(conn, which)
    return await _delete(conn, conversations, which)


async def _delete(conn: AsyncConnection, table: Table, which: ColumnElement[bool]) -> int:
    return int((await conn.execute(delete(table).where(which))).rowcount)


async def truncate_log(db: Database) -> None:
    """SQLite: what was deleted must not live on in the write-ahead log."""
    if db.dialect == "sqlite":
        async with db.engine.connect() as conn:
            raw = await conn.execution_options(isolation_level="AUTOCOMMIT")
            driver: Any = (await raw.get_raw_connection()).driver_connection
            driver.heavy = True
            await raw.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


async def count_keys(db: Database, vault: Vault) -> dict[str, int]:
    """Sealed values by key id."""
    counts: dict[str, int] = {vault.writer: 0}
    async with db.read(heavy=True) as conn:
        for table, column in SEALED:
            head = func.substr(table.c[column], 1, HEAD)  # the rest may be megabytes
            rows = await conn.stream(select(head).where(table.c[column].is_not(None)))
            async for row in rows:
                key_id = vault.key_id(row[0])
                counts[key_id] = counts.get(key_id, 0) + 1
    return counts


async def rotate_fields(db: Database, vault: Vault) -> dict[str, int]:
    """Seal everything anew with the writing key, in batches, while the service runs; values by key id after it."""
    for table, column in SEALED:
        while await _rotate_batch(db, vault, table, column):
            pass
    await truncate_log(db)
    return await count_keys(db, vault)


async def _rotate_batch(db: Database, vault: Vault, table: Table, column: str) -> bool:
    """One batch; False when nothing of this column is left on an old key."""
    writer = bytes([1]) + bytes.fromhex(vault.writer)
    sealed = table.c[column]
    most = BATCH_OF_RECORDINGS if column == "content_sealed" else BATCH
    async with db.write(heavy=True) as conn:
        rows = (
            await conn.execute(
                select(table.c.id, sealed)
                .where(sealed.is_not(None), func.substr(sealed, 1, len(writer)) != writer)
                .limit(most)
                .with_for_update()
            )
        ).all()
        for row_id, value in rows:
            fresh = vault.seal(table.name, column, row_id, vault.open(table.name, column, row_id, value))
            await conn.execute(update(table).where(table.c.id == row_id).values({column: fresh}))
    return bool(rows)
