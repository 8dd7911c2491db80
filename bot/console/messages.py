"""The messages of a conversation as staff read them: both sides in the order of time. Holds no address."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import voice_notes
from bot.storage.tables import conversations, inbound, outbound
from bot.storage.voice_notes import VoiceNote
from bot.vault import Vault

MOST = 300  # the newest ones; few conversations have as many
Author = Literal["person", "bot", "staff"]


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message. ``state`` and ``code`` say how sending went and are empty for the person's own messages.

    ``text`` is None when it was deleted by rule.
    """

    id: str
    author: Author
    kind: str
    text: str | None = dataclasses.field(repr=False)
    at: float
    staff_id: str | None = None
    state: str = ""
    code: str = ""
    edited: bool = False
    voice: VoiceNote | None = None
    department: str = ""


async def read(conn: AsyncConnection, vault: Vault, conversation_id: str) -> list[Message]:
    """The newest messages of both sides, oldest first."""
    theirs = await conn.execute(
        select(inbound)
        .where(inbound.c.conversation_id == conversation_id)
        .order_by(inbound.c.seq.desc())
        .limit(MOST)
    )
    recorded = await voice_notes.of(conn, conversation_id)
    found: list[Message] = []
    for r in reversed(theirs.all()):
        body = vault.open_json("inbound", "body_sealed", r.id, r.body_sealed)
        known = body or {}
        found.append(
            Message(
                r.id,
                "person",
                r.kind,
                known.get("text"),
                r.received_at,
                edited=known.get("edited", False),
                voice=recorded.get(r.id),
                department=known.get("department", ""),
            )
        )
    ours = await conn.execute(
        select(outbound)
        .where(outbound.c.conversation_id == conversation_id, outbound.c.state != "cancelled")
        .order_by(outbound.c.seq.desc())
        .limit(MOST)
    )
    for r in reversed(ours.all()):
        body = vault.open_json("outbound", "body_sealed", r.id, r.body_sealed)
        text = None if body is None else body["text"]
        author: Author = "staff" if r.author == "staff" else "bot"
        kind = "recording" if body and body.get("recording") else "text"
        found.append(Message(r.id, author, kind, text, r.created_at, r.staff_id, r.state, r.error_code))
    return sorted(found, key=lambda m: (m.at, m.author != "person"))[-MOST:]


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands: who wrote last and when, and whether something did not arrive.

    ``spoken`` is the number of the latest message of staff; it only rises.
    """

    last_inbound: float | None
    last_reply: float | None
    failed: bool
    spoken: int = 0

    @property
    def unanswered(self) -> bool:
        """True if the person wrote and no person has answered since."""
        return self.last_inbound is not None and self.last_inbound > (self.last_reply or 0.0)


async def standing(
    conn: AsyncConnection, conversation_ids: Collection[str], held: Collection[str] | None = None
) -> dict[str, Standing]:
    """The standing of several conversations at once; what was sent is looked up in those that are ``held`` only."""
    if not conversation_ids:
        return {}
    here = outbound.c.conversation_id.in_(conversation_ids if held is None else held)
    replies = await conn.execute(
        select(outbound.c.conversation_id, func.max(outbound.c.created_at), func.max(outbound.c.seq))
        .where(here, outbound.c.author == "staff")
        .group_by(outbound.c.conversation_id)
    )
    replied = {row[0]: (row[1], row[2]) for row in replies}
    lost = await conn.execute(
        select(outbound.c.conversation_id).where(here, outbound.c.state == "failed").distinct()
    )
    failed = set(lost.scalars())
    people = await conn.execute(
        select(conversations.c.id, conversations.c.last_inbound_at).where(
            conversations.c.id.in_(conversation_ids)
        )
    )
    found = {}
    for r in people:
        at, spoken = replied.get(r.id, (None, 0))
        found[r.id] = Standing(r.last_inbound_at, at, r.id in failed, spoken)
    return found
