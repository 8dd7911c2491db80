"""Voice notes: what is to be fetched, what was kept, and what never came. Goes with its message, whatever deletes it."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import voice_notes
from bot.vault import Vault
from connectors.base import Inbound

WAITING, KEPT, LOST = "waiting", "kept", "lost"


@dataclasses.dataclass(frozen=True, slots=True)
class VoiceNote:
    """How it stands with the recording of one message; ``code`` says why it was lost."""

    id: str
    state: str
    code: str


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """Where a recording is to be fetched, and what deleting the provider's copy needs."""

    media: str = dataclasses.field(repr=False)
    message_ref: str = dataclasses.field(repr=False)


async def wanted(
    conn: AsyncConnection, vault: Vault, conversation_id: str, inbound_id: str, event: Inbound, now: float
) -> None:
    """A message with a recording came in: have it fetched."""
    row = secrets.token_hex(16)
    source = {"media": event.media, "message_ref": event.message_ref}
    await conn.execute(
        insert(voice_notes).values(
            id=row,
            conversation_id=conversation_id,
            inbound_id=inbound_id,
            channel=event.channel,
            state=WAITING,
            source_sealed=vault.seal_json("voice_notes", "source_sealed", row, source),
            next_at=now,
        )
    )


async def take(conn: AsyncConnection, vault: Vault, row: Row[Any], until: float) -> Source | None:
    """Take one that is due, until then; None when somebody else has it."""
    done = await conn.execute(
        update(voice_notes)
        .where(voice_notes.c.id == row.id, voice_notes.c.next_at == row.next_at)
        .values(next_at=until, attempts=voice_notes.c.attempts + 1)
    )
    if done.rowcount != 1:
        return None
    sealed = await conn.scalar(select(voice_notes.c.source_sealed).where(voice_notes.c.id == row.id))
    found = vault.open_json("voice_notes", "source_sealed", row.id, sealed)
    return None if found is None else Source(**found)


async def keep(conn: AsyncConnection, vault: Vault, row: str, content: bytes, media_type: str) -> bool:
    """Seal the recording; False when it was erased meanwhile."""
    sealed = vault.seal("voice_notes", "content_sealed", row, content)
    return await _settle(
        conn, row, state=KEPT, content_sealed=sealed, media_type=media_type, size=len(content), error_code=""
    )


async def lose(conn: AsyncConnection, row: str, code: str) -> bool:
    """It will not be fetched any more; False when it was erased meanwhile."""
    return await _settle(conn, row, state=LOST, error_code=code[:32])


async def give_up(conn: AsyncConnection, row: str, code: str) -> None:
    """What was kept of it, or of where to fetch it, is of no use: it counts as lost."""
    await conn.execute(
        update(voice_notes)
        .where(voice_notes.c.id == row)
        .values(state=LOST, error_code=code[:32], content_sealed=None, source_sealed=None, size=0)
    )


async def _settle(conn: AsyncConnection, row: str, **values: Any) -> bool:
    done = await conn.execute(
        update(voice_notes)
        .where(voice_notes.c.id == row, voice_notes.c.state == WAITING)
        .values(**values, source_sealed=None)
    )
    return int(done.rowcount) == 1


async def later(conn: AsyncConnection, row: str, code: str, at: float) -> None:
    """Try again then."""
    await conn.execute(
        update(voice_notes).where(voice_notes.c.id == row).values(error_code=code[:32], next_at=at)
    )


async def held_bytes(conn: AsyncConnection, conversation_id: str) -> int:
    """How much is kept of one conversation."""
    here = voice_notes.c.conversation_id == conversation_id
    return int(await conn.scalar(select(func.coalesce(func.sum(voice_notes.c.size), 0)).where(here)) or 0)


async def of(conn: AsyncConnection, conversation_id: str) -> dict[str, VoiceNote]:
    """The recordings of a conversation by the id of their message."""
    c = voice_notes.c
    rows = await conn.execute(
        select(c.inbound_id, c.id, c.state, c.error_code).where(c.conversation_id == conversation_id)
    )
    return {row.inbound_id: VoiceNote(row.id, row.state, row.error_code) for row in rows}


async def recording(
    conn: AsyncConnection, vault: Vault, conversation_id: str, row: str
) -> tuple[bytes, str] | None:
    """Content and media type of a recording of this conversation; None where none is kept."""
    c = voice_notes.c
    found = (
        await conn.execute(
            select(c.content_sealed, c.media_type).where(
                c.id == row, c.conversation_id == conversation_id, c.state == KEPT
            )
        )
    ).first()
    if found is None:
        return None
    return vault.open("voice_notes", "content_sealed", row, found.content_sealed), found.media_type
