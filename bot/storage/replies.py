"""What tells replies of staff apart: a keyed mark of their words, what their page had seen, and which page it was.

``reply:<words>:<seen>:<once>:<part>`` is the ``dedupe`` of an outgoing message. ``seen`` is ``Standing.spoken`` of the
page: the same words onto the same standing are one reply, from however many tabs they come; onto a later one they are
another. ``once`` is the page's own name.
"""

from __future__ import annotations

import secrets

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.cases import Case
from bot.storage.tables import conversations, outbound
from bot.vault import Vault


def name(vault: Vault, case_id: str, text: str, seen: str, once: str) -> str:
    """What a reply goes out under; one that names no page is always another one."""
    return f"{_said(vault, case_id, text)}{seen}:{once or secrets.token_hex(8)}"


async def is_taken(conn: AsyncConnection, vault: Vault, case: Case, text: str, seen: str) -> bool:
    """Whether these words are on their way already, from a page that had seen the same."""
    said = outbound.c.dedupe.startswith(f"{_said(vault, case.id, text)}{seen}:")
    return bool(seen) and await _any(conn, case, said)


async def is_sent(conn: AsyncConnection, case: Case, once: str) -> bool:
    """Whether a reply left from this very page."""
    return bool(once) and await _any(conn, case, outbound.c.dedupe.like(f"reply:%:{once}:0"))


async def repeats(conn: AsyncConnection, vault: Vault, case: Case, text: str, seen: str) -> bool:
    """Whether the person got these words already and has not written since; the page may have seen it."""
    said = _said(vault, case.id, text)
    heard = select(conversations.c.last_inbound_at).where(conversations.c.id == case.conversation_id)
    since = outbound.c.created_at >= func.coalesce(heard.scalar_subquery(), 0.0)
    there = outbound.c.state.not_in(("failed", "cancelled"))
    same = outbound.c.dedupe.startswith(said)
    if seen:  # the same click again is no second reply
        same &= ~outbound.c.dedupe.startswith(f"{said}{seen}:")
    return await _any(conn, case, same & since & there)


async def _any(conn: AsyncConnection, case: Case, which: ColumnElement[bool]) -> bool:
    here = outbound.c.conversation_id == case.conversation_id
    return await conn.scalar(select(outbound.c.id).where(here, which).limit(1)) is not None


def _said(vault: Vault, case_id: str, text: str) -> str:
    return f"reply:{vault.staff_mac('reply', f'{case_id} {text}').hex()[:32]}:"
