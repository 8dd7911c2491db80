"""The inbox: stores what came in, once, and gives each conversation to one worker at a time, in order.

``queued → done``. A provider's repeated call changes nothing: its id leaves a keyed tombstone in the same
transaction as the message, and the tombstone outlives the message.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import case, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import erasure
from bot.storage import conversations as people
from bot.storage import voice_notes
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.storage.tables import conversations, inbound, seen
from bot.vault import Vault
from connectors.base import Blocked, Inbound

LEASE_SECONDS = 60.0
AT_ONCE = 50  # messages of one conversation taken in one turn; a flood is worked off in portions
TRIES = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """What became of an event: ``new`` is False for a repeated one, which had no effect.

    ``answering``: the bot speaks in this conversation, and is about to.
    """

    new: bool
    conversation_id: str
    answering: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class StoredMessage:
    """One inbound message, opened."""

    id: str
    seq: int
    kind: str
    text: str = dataclasses.field(repr=False)
    choice_id: str
    edited: bool
    received_at: float
    attempts: int
    message_ref: str = dataclasses.field(default="", repr=False)
    voice_note: bool = False
    department: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation that one worker holds, and its queued messages in order."""

    conversation: Conversation
    messages: Sequence[StoredMessage]
    worker: str

    @property
    def attempts(self) -> int:
        """How often the oldest message was taken in vain."""
        return self.messages[0].attempts


class Inbox:
    """One instance a process; the database keeps several processes apart."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Callable[[], float],
        locale: str = "es",
        copies: Collection[str] = (),
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._locale = locale
        self._copies = copies
        self._arrived = asyncio.Semaphore(0)

    async def store(self, event: Inbound | Blocked) -> Stored:
        """One transaction: tombstone, conversation, message. What returns is durable."""
        for _ in range(TRIES):
            stored = await self._try(event)
            if stored is not None:
                if stored.new:
                    self._arrived.release()
                return stored
        raise InterfaceError("the same person was made again and again", None, ValueError())

    async def _try(self, event: Inbound | Blocked) -> Stored | None:
        """None when two first messages of one person met: the next try finds what the other made."""
        try:
            async with self._db.write(urgent=True) as conn:
                return await self._store(conn, event)
        except IntegrityError:
            return None

    async def _store(self, conn: AsyncConnection, event: Inbound | Blocked) -> Stored:
        now = self._clock()
        if not await self._first_time(conn, event, now):
            return Stored(new=False, conversation_id="")
        other = event.other_address if isinstance(event, Inbound) else ""
        conversation_id = await people.find_or_create(
            conn, self._vault, event.channel, event.address, self._locale, now, other
        )
        if isinstance(event, Blocked):
            await people.set_blocked(conn, conversation_id, blocked=event.blocked)
            return Stored(new=True, conversation_id=conversation_id)
        # Taking the conversation's row first gives concurrent messages of one person their order. A message that
        # was found late opens the channel's window from when it was written, and no later one closes it again.
        at, last = event.received_at.timestamp(), conversations.c.last_inbound_at
        phase = await conn.scalar(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(due_at=now, last_inbound_at=case((last > at, last), else_=at), blocked=False)
            .returning(conversations.c.phase)
        )
        await self._insert(conn, conversation_id, event)
        return Stored(new=True, conversation_id=conversation_id, answering=phase == "bot")

    async def _first_time(self, conn: AsyncConnection, event: Inbound | Blocked, now: float) -> bool:
        into = postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert
        mac = self._vault.provider_mac(event.channel, event.provider_id)
        done = await conn.execute(
            into(seen).values(channel=event.channel, provider_mac=mac, seen_at=now).on_conflict_do_nothing()
        )
        return int(done.rowcount) == 1

    async def _insert(self, conn: AsyncConnection, conversation_id: str, event: Inbound) -> None:
        message_id = secrets.token_hex(16)
        last = await conn.scalar(
            select(func.max(inbound.c.seq)).where(inbound.c.conversation_id == conversation_id)
        )
        body: dict[str, Any] = {
            "text": event.text,
            "choice_id": event.choice_id,
            "answers_id": event.answers_id,
            "message_ref": event.message_ref,
            "edited": event.edited,
        }
        if event.media:
            body["voice_note"] = True
        if event.department:
            body["department"] = event.department
        await conn.execute(
            insert(inbound).values(
                id=message_id,
                conversation_id=conversation_id,
                seq=(last or 0) + 1,
                kind=event.kind,
                body_sealed=self._vault.seal_json("inbound", "body_sealed", message_id, body),
                state="queued",
                received_at=event.received_at.timestamp(),
            )
        )
        if event.media:
            await voice_notes.wanted(conn, self._vault, conversation_id, message_id, event, self._clock())

    async def claim(self, worker: str, now: float) -> Claimed | None:
        """Take one conversation that is due; None when there is none. At most one worker holds it."""
        due = (conversations.c.due_at <= now) & or_(
            conversations.c.claimed_until.is_(None), conversations.c.claimed_until < now
        )
        pick = select(conversations.c.id).where(due).order_by(conversations.c.due_at).limit(1)
        async with self._db.read() as conn:  # an idle worker must not take the writer's lock
            if await conn.scalar(pick) is None:
                return None
        if self._db.dialect == "postgresql":
            pick = pick.with_for_update(skip_locked=True)
        async with self._db.write() as conn:
            taken = await conn.scalar(
                update(conversations)
                .where(conversations.c.id == pick.scalar_subquery(), due)
                .values(claimed_by=worker, claimed_until=now + LEASE_SECONDS)
                .returning(conversations.c.id)
            )
            if taken is None:
                return None
            conversation = await people.get(conn, self._vault, taken)
            messages = await self._queued(conn, taken)
            if conversation is None or not messages:
                await self._put_back(conn, taken, None)
                return None
        return Claimed(conversation, messages, worker)

    async def _queued(self, conn: AsyncConnection, conversation_id: str) -> list[StoredMessage]:
        rows = await conn.execute(
            select(inbound)
            .where(inbound.c.conversation_id == conversation_id, inbound.c.state == "queued")
            .order_by(inbound.c.seq)
            .limit(AT_ONCE)
        )
        return [self.opened(row) for row in rows]

    async def said_before(
        self, conn: AsyncConnection, first: StoredMessage, seconds: float, here: str
    ) -> str:
        """What was typed in the ``seconds`` before a message of conversation ``here``, and is handled already."""
        rows = await conn.execute(
            select(inbound)
            .where(
                inbound.c.conversation_id == here,
                inbound.c.state == "done",
                inbound.c.seq < first.seq,
                inbound.c.received_at >= first.received_at - seconds,
                inbound.c.kind == "text",
            )
            .order_by(inbound.c.seq)
            .limit(AT_ONCE)
        )
        said = [self.opened(row) for row in rows]
        return "\n".join(one.text for one in said if not one.choice_id and not one.edited)

    def opened(self, row: Any) -> StoredMessage:
        """A row as a message."""
        body = self._vault.open_json("inbound", "body_sealed", row.id, row.body_sealed) or {}
        return StoredMessage(
            id=row.id,
            seq=row.seq,
            kind=row.kind,
            text=body.get("text", ""),
            choice_id=body.get("choice_id", ""),
            edited=body.get("edited", False),
            received_at=row.received_at,
            attempts=row.attempts,
            message_ref=body.get("message_ref", ""),
            voice_note=body.get("voice_note", False),
            department=body.get("department", ""),
        )

    async def done(self, conn: AsyncConnection, claimed: Claimed, ids: Sequence[str], now: float) -> None:
        """Inside the turn's transaction: these messages are handled; the conversation is free again.

        A copy that the provider keeps has served its purpose, and is ordered to be deleted; that of a voice note
        only once the recording was fetched, by whoever fetches it.
        """
        await conn.execute(update(inbound).where(inbound.c.id.in_(ids)).values(state="done", done_at=now))
        here = claimed.conversation.id
        refs = [m.message_ref for m in claimed.messages if m.id in ids and not m.voice_note]
        if claimed.conversation.channel in self._copies and any(refs):
            due = now + erasure.AFTER_READING
            await erasure.order(conn, self._vault, claimed.conversation.channel, "", refs, (), now, due)
        more = await conn.scalar(
            select(inbound.c.id)
            .where(inbound.c.conversation_id == here, inbound.c.state == "queued")
            .limit(1)
        )
        await self._put_back(conn, here, None if more is None else now)
        if more is not None:
            self._arrived.release()

    async def give_back(self, claimed: Claimed, retry_at: float, *, failed: bool = False) -> None:
        """Leave the messages queued until ``retry_at``; ``failed`` counts the attempt."""
        async with self._db.write() as conn:
            if failed:
                await conn.execute(
                    update(inbound)
                    .where(inbound.c.id.in_([m.id for m in claimed.messages]))
                    .values(attempts=inbound.c.attempts + 1)
                )
            await self._put_back(conn, claimed.conversation.id, retry_at)
        asyncio.get_running_loop().call_later(max(0.0, retry_at - self._clock()), self._arrived.release)

    async def _put_back(self, conn: AsyncConnection, conversation_id: str, due_at: float | None) -> None:
        await conn.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(claimed_by=None, claimed_until=None, due_at=due_at)
        )

    async def take_over(self, conn: AsyncConnection) -> None:
        """What a dead process held is free at once; only where one process works at a time."""
        await conn.execute(
            update(conversations)
            .where(conversations.c.claimed_until.is_not(None))
            .values(claimed_by=None, claimed_until=None)
        )

    async def wait(self, seconds: float) -> None:
        """Until something arrived in this process, or the time is over (another process may have stored)."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.acquire(), seconds)
