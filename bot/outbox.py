"""The outbox: every message leaves in the order of its conversation, at the channel's pace, until it is taken.

``queued → sending → sent → delivered → read``, or ``held`` (the person locked, or the window is closed),
``failed`` (a dead letter, shown in the case), ``cancelled``. A crash between sending and noting it sends twice,
never not at all. Only here, and in the erasure job below, addresses are opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import secrets
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

import structlog
from sqlalchemy import case, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import contact, erasure, window
from bot.delivery import ALARMS, FAILED, MOST_ATTEMPTS, RETRIED, SENT, Statuses, outbound_from
from bot.pace import Pace
from bot.storage import conversations as people
from bot.storage.database import Database
from bot.storage.tables import conversations, outbound
from bot.vault import Vault
from connectors.base import Channel, Outbound, SendError, Sent, Status

log = structlog.get_logger()

SEND_SECONDS = 35.0
LEASE_SECONDS = 60.0
IDLE_SECONDS = 0.5
AT_ONCE = 32
CONTACTS_SECONDS = 30.0
ERASURES_SECONDS = 1.0
ERASING = "erasures"
BACK_OFF = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
SILENT_PHASES = ("locked", "stopped", "erased")
WAITING = ("queued", "sending")
# Whoever hides a chat or is in danger does not wait for a bucket to fill.
UNPACED = ("exit.", "stop.", "emergency.", "handoff.emergency", "fallback.")


class Outbox:
    """One instance a process. ``chance`` gives numbers from 0 to 1 and spreads retries.

    ``say`` gives the words of a key in a language; without it no notice leaves when a window is closed.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        channels: Mapping[str, Channel],
        clock: Callable[[], float],
        chance: Callable[[], float],
        say: Callable[[str, str], str] | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._channels = channels
        self._clock = clock
        self._chance = chance
        self._contacts = contact.Contacts(db, vault, clock)
        self._contacts_at = 0.0
        self._windows = window.Windows(db, vault, channels, clock, say, self.enqueue)
        self._statuses = Statuses(db, vault, channels, clock, self._windows)
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._erasures_at = 0.0
        self._erasures = erasure.Erasures(db, vault, channels, clock)

    async def enqueue(
        self,
        conn: AsyncConnection,
        conversation_id: str,
        dedupe: str,
        author: str,
        key: str,
        message: Outbound,
        now: float,
        *,
        even_if_silent: bool = False,
        staff_id: str | None = None,
        waits: bool = False,
    ) -> str | None:
        """Queue one message inside the caller's transaction; its id, or None when ``dedupe`` is known.

        In a locked or stopped conversation it is held, unless it is the one line that may leave; with ``waits``
        it is held anywhere, until the person writes.
        """
        known = await conn.scalar(select(outbound.c.id).where(outbound.c.dedupe == dedupe))
        phase = await conn.scalar(
            select(conversations.c.phase).where(conversations.c.id == conversation_id).with_for_update()
        )
        if known is not None or phase is None:
            return None
        last = await conn.scalar(
            select(func.max(outbound.c.seq)).where(outbound.c.conversation_id == conversation_id)
        )
        message_id = secrets.token_hex(16)
        held = waits or (phase in SILENT_PHASES and not even_if_silent)
        await conn.execute(
            insert(outbound).values(
                id=message_id,
                conversation_id=conversation_id,
                seq=(last or 0) + 1,
                dedupe=dedupe,
                author=author,
                staff_id=staff_id,
                key=key,
                body_sealed=self._vault.seal_json(
                    "outbound", "body_sealed", message_id, dataclasses.asdict(message)
                ),
                state="held" if held else "queued",
                next_at=now,
                created_at=now,
            )
        )
        return message_id

    async def hold(self, conn: AsyncConnection, conversation_id: str) -> None:
        """The person went silent: what the bot had to say is dropped, what a person wrote waits."""
        waiting = (outbound.c.conversation_id == conversation_id) & (outbound.c.state == "queued")
        await conn.execute(
            update(outbound).where(waiting, outbound.c.author == "bot").values(state="cancelled")
        )
        await conn.execute(update(outbound).where(waiting, outbound.c.author != "bot").values(state="held"))

    async def supersede(self, conn: AsyncConnection, conversation_id: str, keys: Collection[str]) -> None:
        """Of a question that waits to be sent and is put again, under any of ``keys``, only the newer goes out."""
        here = (outbound.c.conversation_id == conversation_id) & (outbound.c.state == "queued")
        same = [
            or_(outbound.c.key == key, outbound.c.key.startswith(f"{key}.", autoescape=True)) for key in keys
        ]
        if same:
            old = here & (outbound.c.author == "bot") & or_(*same)
            await conn.execute(update(outbound).where(old).values(state="cancelled"))

    async def release(self, conn: AsyncConnection, conversation_id: str, now: float) -> None:
        """The person is back, or wrote and opened the window: what was held goes out, and no notice of it."""
        notice = (outbound.c.conversation_id == conversation_id) & (outbound.c.key == window.NOTICE)
        await conn.execute(
            update(outbound).where(notice, outbound.c.state == "queued").values(state="cancelled")
        )
        await conn.execute(
            update(outbound)
            .where(outbound.c.conversation_id == conversation_id, outbound.c.state == "held")
            .values(state="queued", next_at=now, attempts=0, error_code="")
        )

    async def retry(self, conn: AsyncConnection, message_id: str, now: float) -> bool:
        """Try a failed or held message again; False when it is neither."""
        done = await conn.execute(
            update(outbound)
            .where(outbound.c.id == message_id, outbound.c.state.in_(("failed", "held")))
            .values(state="queued", next_at=now, attempts=0, error_code="")
        )
        return int(done.rowcount) == 1

    async def take_over(self, conn: AsyncConnection, now: float) -> None:
        """What a dead process was sending is sent again at once; only where one process works at a time."""
        await conn.execute(update(outbound).where(outbound.c.state == "sending").values(next_at=now))

    def wake(self) -> None:
        """After a commit: there may be something to send."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; sends under way are finished first."""
        while not stop.is_set():
            self._wake.clear()
            try:
                pause = await self.step()
            except Exception:
                log.exception("outbox_failed")
                pause = IDLE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def step(self) -> float:
        """Start sending whatever is due and may be sent now; seconds until it is worth looking again."""
        now = self._clock()
        pause = IDLE_SECONDS
        if now >= self._contacts_at:
            self._contacts_at = now + CONTACTS_SECONDS
            async with self._db.write() as conn:
                await self._contacts.let_go(conn, now)
        for row in await self._due(now):
            if row.conversation_id in self._busy:
                continue
            wait = self._pace.wait(row.conversation_id, self._channels[row.channel], now)
            if row.key.startswith(UNPACED):
                wait = 0.0
            if wait > 0:
                pause = min(pause, wait)
                continue
            if not window.over(self._channels[row.channel].limits, row, now):
                self._pace.spend(row.conversation_id, self._channels[row.channel], now)
            self._start(row.conversation_id, self._deliver(row))
        if now >= self._erasures_at and ERASING not in self._busy:
            self._erasures_at = now + ERASURES_SECONDS
            self._start(ERASING, self._erasures.step())
        return pause

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Beside everything else, but each conversation (and the erasures) one at a time."""
        task = asyncio.create_task(work)
        self._busy[name] = task
        task.add_done_callback(functools.partial(self._free, name))

    def _free(self, conversation_id: str, _: asyncio.Task[None]) -> None:
        del self._busy[conversation_id]
        self._wake.set()

    async def _due(self, now: float) -> list[Any]:
        """The first waiting message of each conversation, where it is due."""
        earlier = outbound.alias()
        first = (
            select(func.min(earlier.c.seq))
            .where(earlier.c.conversation_id == outbound.c.conversation_id, earlier.c.state.in_(WAITING))
            .scalar_subquery()
        )
        async with self._db.read() as conn:
            rows = await conn.execute(
                select(
                    outbound.c.id,
                    outbound.c.conversation_id,
                    outbound.c.state,
                    outbound.c.next_at,
                    outbound.c.attempts,
                    outbound.c.key,
                    outbound.c.author,
                    conversations.c.channel,
                    window.HEARD_AT,
                )
                .join(conversations, conversations.c.id == outbound.c.conversation_id)
                .where(
                    outbound.c.state.in_(WAITING),
                    outbound.c.next_at <= now,
                    outbound.c.seq == first,
                    conversations.c.channel.in_(self._channels),
                )
                .order_by(outbound.c.next_at)
                .limit(AT_ONCE)
            )
            return list(rows.all())

    async def _deliver(self, row: Row[Any]) -> None:
        if await self._contacts.holds(row):
            return
        if window.over(self._channels[row.channel].limits, row, self._clock()):
            await self._windows.hold(row)
            return
        taken = await self._take(row)
        if taken is None:
            return
        address, message = taken
        channel = self._channels[row.channel]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await channel.send(address, message)
        except TimeoutError:
            await self._failed(row, SendError("timeout", retryable=True))
        except SendError as error:
            await self._failed(row, error)
        except Exception:
            log.exception("send_broke", channel=row.channel)
            await self._failed(row, SendError("broken", retryable=True))
        else:
            await self._sent(row, sent)

    async def _take(self, row: Row[Any]) -> tuple[str, Outbound] | None:
        """Claim the row, and open where it goes and what it says; None when somebody else has it."""
        now = self._clock()
        async with self._db.write() as conn:
            done = await conn.execute(
                update(outbound)
                .where(
                    outbound.c.id == row.id,
                    outbound.c.state == row.state,
                    outbound.c.next_at == row.next_at,
                )
                .values(state="sending", next_at=now + LEASE_SECONDS, attempts=outbound.c.attempts + 1)
            )
            if done.rowcount != 1:
                return None
            address = await people.address_of(conn, self._vault, row.conversation_id)
            sealed = await conn.scalar(select(outbound.c.body_sealed).where(outbound.c.id == row.id))
            body = self._vault.open_json("outbound", "body_sealed", row.id, sealed)
            if address is None or body is None:
                await conn.execute(update(outbound).where(outbound.c.id == row.id).values(state="cancelled"))
                return None
        return address, outbound_from(body)

    async def _sent(self, row: Row[Any], sent: Sent) -> None:
        ref, now = {"provider_id": sent.provider_id, "message_ref": sent.message_ref}, self._clock()
        async with self._db.write() as conn:
            await conn.execute(
                update(outbound)
                .where(outbound.c.id == row.id)
                .values(
                    # A status may have overtaken us; it is never turned back.
                    state=case((outbound.c.state.in_(("delivered", "read")), outbound.c.state), else_="sent"),
                    error_code="",
                    provider_mac=self._vault.provider_mac(row.channel, sent.provider_id),
                    ref_sealed=self._vault.seal_json("outbound", "ref_sealed", row.id, ref),
                    sent_at=now,
                )
            )
            if self._channels[row.channel].limits.copies and sent.message_ref:
                due, refs = now + erasure.AFTER_SENDING, [sent.message_ref]
                await erasure.order(conn, self._vault, row.channel, "", refs, (), now, due)
        SENT.labels(row.channel).inc()

    async def _failed(self, row: Row[Any], error: SendError) -> None:
        now, attempts = self._clock(), row.attempts + 1
        if error.alarm:
            ALARMS.labels(row.channel, error.code).inc()
            log.error("channel_needs_an_operator", channel=row.channel, code=error.code)
        if error.retryable and attempts < MOST_ATTEMPTS:
            pause = error.retry_after
            if pause is None:
                pause = BACK_OFF[min(attempts - 1, len(BACK_OFF) - 1)] * (0.8 + 0.4 * self._chance())
            RETRIED.labels(row.channel, error.code).inc()
            await self._mark(row, state="queued", next_at=now + pause, error_code=error.code)
        elif error.window and row.key != window.NOTICE:
            async with self._db.write() as conn:
                held = {"state": "held", "error_code": error.code}
                await conn.execute(update(outbound).where(outbound.c.id == row.id).values(**held))
                await self._windows.announce(conn, row, now)
        else:
            FAILED.labels(row.channel, error.code).inc()
            log.warning("send_failed", channel=row.channel, code=error.code)
            await self._mark(row, state="failed", error_code=error.code)
            if error.blocked:
                await self._blocked(row)

    async def _mark(self, row: Row[Any], **values: Any) -> None:
        async with self._db.write() as conn:
            await conn.execute(update(outbound).where(outbound.c.id == row.id).values(**values))

    async def _blocked(self, row: Row[Any]) -> None:
        async with self._db.write() as conn:
            await people.set_blocked(conn, row.conversation_id, blocked=True)
            await conn.execute(
                update(outbound)
                .where(outbound.c.conversation_id == row.conversation_id, outbound.c.state == "queued")
                .values(state="cancelled")
            )

    async def apply_status(self, status: Status) -> None:
        """What the provider says of a message of ours."""
        await self._statuses.apply(status)
        self._wake.set()
