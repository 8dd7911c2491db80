"""A number is shown to staff: asked for with a reason, granted by another person, in time, once, and the chatter is told.

The only way from the console to an address. Every step stands in the case's history and in the audit log; the
notice waits until the person writes, so that nothing arrives unasked on a phone that may be watched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit
from bot.outbox import Outbox
from bot.phrasing import Phrasing
from bot.storage import cases, conversations, reveals
from bot.storage.cases import Case
from bot.storage.database import Database
from bot.storage.reveals import Reveal
from bot.storage.staff import Staff
from bot.vault import Vault
from connectors.base import Limits

REASONS = ("danger", "call", "referral")
NOTE_LETTERS = 10  # a reason in words, not a full stop
ASK_SECONDS = 30 * 60.0  # for the second person to decide
SHOW_SECONDS = 15 * 60.0  # for the first to look, once granted
NOTICE = "human.revealed"


@dataclasses.dataclass(frozen=True, slots=True)
class Number:
    """What was shown: where the person writes from, as the channel knows it."""

    channel: str
    address: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Reveals:
    """The acts. Each is one transaction, and False or None when it may not be."""

    db: Database
    vault: Vault
    outbox: Outbox
    phrasing: Phrasing
    limits: Mapping[str, Limits]

    async def ask(self, case_id: str, member: Staff, reason: str, note: str, now: float) -> bool:
        """Whoever holds the case asks; one request at a time. Raises ``ValueError`` for no reason of ours."""
        if reason not in REASONS or len(note) < NOTE_LETTERS:
            raise ValueError(reason)
        async with self.db.write() as conn:
            case = await self._held(conn, case_id, member)
            before = await reveals.latest(conn, self.vault, case_id, member.id)
            if case is None or (before is not None and before.state(now) in ("asked", "granted")):
                return False
            await reveals.ask(conn, self.vault, case_id, member.id, reason, note, now, now + ASK_SECONDS)
            await self._record(conn, case_id, member, "ask", now, {"reason": reason, "text": note})
        return True

    async def decide(self, reveal_id: str, member: Staff, now: float, *, granted: bool) -> bool:
        """The second person; never the one who asked."""
        async with self.db.write() as conn:
            until = now + SHOW_SECONDS
            if not await reveals.decide(conn, reveal_id, member.id, now, granted=granted, until=until):
                return False
            found = await reveals.get(conn, self.vault, reveal_id)
            if found is not None:
                await self._record(conn, found.case_id, member, "grant" if granted else "refuse", now, {})
        return True

    async def show(self, case_id: str, member: Staff, now: float) -> Number | None:
        """The number, once, for whoever asked and still holds the case."""
        async with self.db.write() as conn:
            case = await self._held(conn, case_id, member)
            asked = await reveals.latest(conn, self.vault, case_id, member.id)
            if case is None or case.conversation_id is None or asked is None:
                return None
            address = await conversations.address_of(conn, self.vault, case.conversation_id)
            if address is None or not await reveals.use(conn, asked.id, member.id, now):
                return None
            await self._record(conn, case_id, member, "show", now, {})
            await self._tell(conn, case.conversation_id, asked, now)
        return Number(case.channel, address)

    async def _held(self, conn: AsyncConnection, case_id: str, member: Staff) -> Case | None:
        case = await cases.get(conn, self.vault, case_id)
        mine = case is not None and case.state == "claimed" and case.claimed_by == member.id
        return case if mine and case is not None and case.conversation_id is not None else None

    async def _tell(self, conn: AsyncConnection, conversation_id: str, asked: Reveal, now: float) -> None:
        """Held until the person writes, whatever the phase."""
        person = await conversations.get(conn, self.vault, conversation_id)
        limits = None if person is None else self.limits.get(person.channel)
        if person is None or limits is None:  # the channel is switched off: there is no way to say anything
            return
        parts = self.phrasing.render({"say": NOTICE, "params": {}}, person.locale, limits)
        for n, part in enumerate(parts):
            dedupe = f"reveal:{asked.id}:{n}"
            await self.outbox.enqueue(conn, conversation_id, dedupe, "bot", NOTICE, part, now, waits=True)

    async def _record(
        self,
        conn: AsyncConnection,
        case_id: str,
        member: Staff,
        act: str,
        now: float,
        body: Mapping[str, str],
    ) -> None:
        await cases.add_note(conn, self.vault, case_id, member.id, f"reveal_{act}", body, now)
        await audit.append(conn, self.vault, member.id, f"reveal.{act}", case_id, now)
