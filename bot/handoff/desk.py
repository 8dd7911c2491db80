"""What staff do to a case: claim, release, transfer, close, reopen, note, reply, retry.

Each act is one transaction: the case's step, what the person is told, the history and the audit row commit
together or not at all. An act by somebody who no longer holds the case changes nothing and says so. Who speaks
when stands in ``set_phase`` and the outbox: a locked or stopped conversation stays silent whatever happens here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit, window
from bot.outbox import SILENT_PHASES, Outbox
from bot.phrasing import Phrasing
from bot.storage import cases, conversations, drafts, figures, referred, replies
from bot.storage import staff as accounts
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.tables import outbound, staff
from bot.vault import Vault
from connectors.base import Limits, Outbound

log = structlog.get_logger()

ANSWERING_ROLES = ("responder", "supervisor")
JOINED = "human.joined"

# How a case ends → whether the person is told with ``human.closed.<outcome>``. Who has gone quiet, or wants no
# more, gets nothing unasked: the phone may be in other hands.
OUTCOMES: Mapping[str, bool] = {
    "oriented": True,
    "referred": True,
    "other": True,
    "declined": False,
    "no_answer": False,
    "not_reached": False,
    "not_related": False,
}
# What the data standard calls the status of a person; a program never writes more than the first.
STATUSES = ("possible", "actual", "not_victim")


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """Who does something when, and the transaction that it happens in."""

    conn: AsyncConnection
    member: Staff
    now: float


@dataclasses.dataclass(frozen=True, slots=True)
class Desk:
    """The acts. ``limits`` are those of the channels that run now."""

    db: Database
    vault: Vault
    outbox: Outbox
    phrasing: Phrasing
    limits: Mapping[str, Limits]

    async def claim(self, case_id: str, member: Staff, now: float) -> bool:
        """Take a waiting case: from now on only the person speaks. Of many at once exactly one gets True."""
        async with self.db.write() as conn:
            if not await cases.claim(conn, case_id, member.id, now):
                return False
            conversation = await self._conversation(conn, case_id)
            if conversation is not None:
                if not await self._introduced(conn, conversation, member):
                    role = self.phrasing.catalogues.text(f"human.role.{member.role}", conversation.locale)
                    told = {"alias": member.alias, "role": role}
                    await self._tell(Act(conn, member, now), conversation, JOINED, told)
                await conversations.set_phase(conn, conversation.id, "human")
            await self._record(Act(conn, member, now), case_id, "claimed", {})
        self.outbox.wake()
        return True

    async def release(self, case_id: str, member: Staff, now: float) -> bool:
        """Back into the queue; the person notices nothing."""
        async with self.db.write() as conn:
            if not await cases.release(conn, case_id, member.id, now):
                return False
            await self._record(Act(conn, member, now), case_id, "released", {})
        return True

    async def transfer(self, case_id: str, member: Staff, to: str, note: str, now: float) -> bool:
        """Hand the case to a colleague who may answer; the person notices nothing until they write."""
        async with self.db.write() as conn:
            if to not in {colleague for colleague, _ in await self.colleagues(conn, member)}:
                return False
            if not await cases.transfer(conn, case_id, member.id, to, now):
                return False
            await self._record(Act(conn, member, now), case_id, "transferred", {"to": to, "text": note})
        return True

    async def move(self, case_ids: Sequence[str], member: Staff, to: str, note: str, now: float) -> int:
        """Several held cases at once, whoever holds them: to a colleague, or back into the queue; how many went.

        None go when ``to`` is nobody who may answer now. The people notice nothing.
        """
        async with self.db.write() as conn:
            if to and to not in {colleague for colleague, _ in await self.colleagues(conn, member)}:
                return 0
            act, kind = Act(conn, member, now), "transferred" if to else "released"
            moved = [one for one in dict.fromkeys(case_ids) if await cases.move(conn, one, to, now)]
            for case_id in moved:
                await self._record(act, case_id, kind, {"to": to, "text": note} if to else {"text": note})
        return len(moved)

    async def pause(self, member: Staff, to: str, note: str, now: float) -> bool:
        """A break: every held case goes to the colleague ``to``, or back into the queue, and nothing new comes.

        False, and nothing changes, when ``to`` is nobody who may answer now.
        """
        async with self.db.write() as conn:
            if to and to not in {colleague for colleague, _ in await self.colleagues(conn, member)}:
                return False
            act = Act(conn, member, now)
            for case_id in await cases.held_by(conn, member.id):
                if to:
                    await cases.transfer(conn, case_id, member.id, to, now)
                    await self._record(act, case_id, "transferred", {"to": to, "text": note})
                else:
                    await cases.release(conn, case_id, member.id, now)
                    await self._record(act, case_id, "released", {"text": note})
            await accounts.set_paused(conn, member.id, now)
            await audit.append(conn, self.vault, member.id, "duty.pause", member.id, now)
        return True

    async def back(self, member: Staff, now: float) -> None:
        """The break is over."""
        async with self.db.write() as conn:
            await accounts.set_paused(conn, member.id, None)
            await audit.append(conn, self.vault, member.id, "duty.back", member.id, now)

    async def close(
        self,
        case_id: str,
        member: Staff,
        outcome: str,
        note: str,
        now: float,
        *,
        status: str = "",
        follow_up_at: float | None = None,
        lines: Sequence[str] = (),
    ) -> bool:
        """End the case; the bot answers again once the person writes. Raises ``KeyError`` for no outcome of ours.

        ``status`` is what the person who closes it thinks (``STATUSES``), ``lines`` to whom the person was referred.
        """
        told = OUTCOMES[outcome]
        async with self.db.write() as conn:
            ended = await cases.close(
                conn, case_id, member.id, outcome, now, status=status, follow_up_at=follow_up_at
            )
            if not ended:
                return False
            for line in lines:
                await referred.add(conn, case_id, line, now)
            conversation = await self._conversation(conn, case_id)
            if conversation is not None:
                if told:
                    await self._tell(Act(conn, member, now), conversation, f"human.closed.{outcome}", {})
                await conversations.set_phase(conn, conversation.id, "bot")
            await self._record(Act(conn, member, now), case_id, "closed", {"outcome": outcome, "text": note})
        self.outbox.wake()
        return True

    async def reopen(self, case_id: str, member: Staff, now: float) -> bool:
        """A closed case waits again; nothing is sent. False when it cannot (erased, or a newer one is open)."""
        async with self.db.write() as conn:
            if not await cases.reopen(conn, case_id, now):
                return False
            await self._record(Act(conn, member, now), case_id, "reopened", {})
        return True

    async def note(self, case_id: str, member: Staff, text: str, now: float, once: str = "") -> None:
        """A note for the team. The same ``once`` is noted once."""
        note_id = _note_id(case_id, once)
        async with self.db.write() as conn:
            if note_id and await cases.has_note(conn, case_id, note_id):
                return
            await self._record(Act(conn, member, now), case_id, "note", {"text": text}, note_id)
            await drafts.drop(conn, case_id, member.id, "note")

    async def is_noted(self, case_id: str, once: str) -> bool:
        """Whether a note with this ``once`` stands in the history already."""
        if not once:
            return False
        async with self.db.read() as conn:
            return await cases.has_note(conn, case_id, _note_id(case_id, once))

    async def reply(
        self,
        case_id: str,
        member: Staff,
        text: str,
        once: str,
        now: float,
        *,
        seen: str = "",
        over: Sequence[str] = (),
        lines: Sequence[str] = (),
    ) -> bool:
        """Send a person's words, cut where the channel demands it.

        ``once`` and ``seen`` name the page that they come from (``bot/storage/replies.py``): the same words onto the
        same ``seen`` are sent once. ``over`` are the warnings that it was sent in spite of, ``lines`` those that it gives the person.
        False, and nothing is sent, for whoever no longer holds the case, and where there is nobody to write to.
        """
        async with self.db.write() as conn:
            if not await cases.touch(conn, case_id, member.id, now):
                return False
            case = await cases.get(conn, self.vault, case_id)
            conversation = await self._conversation(conn, case_id)
            if case is None or conversation is None or conversation.channel not in self.limits:
                return False
            limits = self.limits[conversation.channel]
            parts = self.phrasing.plain(text, conversation.locale, limits, author="staff")
            act, name = Act(conn, member, now), replies.name(self.vault, case_id, text, seen, once)
            await drafts.drop(conn, case_id, member.id, "reply")
            if await replies.is_taken(conn, self.vault, case, text, seen):
                return True
            if await self._send(act, conversation, name, parts):
                for kind in dict.fromkeys(over):
                    await audit.append(conn, self.vault, member.id, f"reply.anyway.{kind}", case_id, now)
                for line in lines:
                    if await referred.add(conn, case_id, line, now):
                        await self._record(act, case_id, "referred", {"line": line})
                await figures.answered(conn, case_id, now)
                await audit.append(conn, self.vault, member.id, "case.reply", case_id, now)
        self.outbox.wake()
        return True

    async def retry(self, case_id: str, member: Staff, message_id: str, now: float) -> bool:
        """Send a failed message of this case again; never into a silence that the person chose.

        True, and nothing more is sent, for one that is on its way already.
        """
        async with self.db.write() as conn:
            if not await cases.touch(conn, case_id, member.id, now):
                return False
            conversation = await self._conversation(conn, case_id)
            row = (
                await conn.execute(
                    select(outbound.c.conversation_id, outbound.c.state).where(outbound.c.id == message_id)
                )
            ).first()
            if conversation is None or conversation.phase in SILENT_PHASES:
                return False
            if row is None or row.conversation_id != conversation.id:
                return False
            if row.state != "failed":
                return row.state in ("queued", "sending", "sent", "delivered", "read")
            if not await self.outbox.retry(conn, message_id, now):
                return False
            await audit.append(conn, self.vault, member.id, "case.retry", case_id, now)
        self.outbox.wake()
        return True

    async def colleagues(self, conn: AsyncConnection, member: Staff) -> list[tuple[str, str]]:
        """Id and alias of everybody else who may answer and is on no break, by alias."""
        rows = await conn.execute(
            select(staff.c.id, staff.c.alias)
            .where(
                staff.c.role.in_(ANSWERING_ROLES),
                staff.c.disabled_at.is_(None),
                staff.c.paused_at.is_(None),
                staff.c.id != member.id,
            )
            .order_by(staff.c.alias)
        )
        return [(row.id, row.alias) for row in rows]

    def window_closes(self, conversation: Conversation) -> float | None:
        """Until when the channel takes free text for this person; None where it always does."""
        limits = self.limits.get(conversation.channel)
        heard_at = conversation.last_inbound_at or conversation.created_at
        return None if limits is None else window.closes(limits, heard_at)

    async def _conversation(self, conn: AsyncConnection, case_id: str) -> Conversation | None:
        case = await cases.get(conn, self.vault, case_id)
        if case is None or case.conversation_id is None:
            return None
        return await conversations.get(conn, self.vault, case.conversation_id)

    async def _introduced(self, conn: AsyncConnection, conversation: Conversation, member: Staff) -> bool:
        """True when this very person was the last to say that they are here, and the bot has not spoken since."""
        if "human" not in (conversation.phase, conversation.phase_before):
            return False
        last: str | None = await conn.scalar(
            select(outbound.c.staff_id)
            .where(outbound.c.conversation_id == conversation.id, outbound.c.key == JOINED)
            .order_by(outbound.c.seq.desc())
            .limit(1)
        )
        return last == member.id

    async def _tell(self, act: Act, conversation: Conversation, key: str, params: Mapping[str, str]) -> None:
        """One line of ours, in the person's language."""
        limits = self.limits.get(conversation.channel)
        if limits is None:  # the channel is switched off: there is no way to say anything
            log.warning("channel_missing", channel=conversation.channel)
            return
        parts = self.phrasing.render({"say": key, "params": params}, conversation.locale, limits)
        await self._send(act, conversation, f"{key}:{secrets.token_hex(16)}", parts, key)

    async def _send(
        self, act: Act, conversation: Conversation, dedupe: str, parts: Sequence[Outbound], key: str = ""
    ) -> bool:
        """False when all of it was on its way already."""
        author, new = "bot" if key else "staff", False
        for n, part in enumerate(parts):
            queued = await self.outbox.enqueue(
                act.conn,
                conversation.id,
                f"{dedupe}:{n}",
                author,
                key,
                part,
                act.now,
                staff_id=act.member.id,
            )
            new = new or queued is not None
        return new

    async def _record(
        self, act: Act, case_id: str, kind: str, body: Mapping[str, str], note_id: str = ""
    ) -> None:
        """The history that the team reads, and the log that shows tampering."""
        await cases.add_note(act.conn, self.vault, case_id, act.member.id, kind, body, act.now, note_id)
        await audit.append(act.conn, self.vault, act.member.id, f"case.{kind}", case_id, act.now)


def _note_id(case_id: str, once: str) -> str:
    return hashlib.sha256(f"{case_id}:{once}".encode()).hexdigest()[:32] if once else ""
