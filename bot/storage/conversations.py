"""Conversations and the addresses behind them. Only this module's ``address_of`` opens an address."""

from __future__ import annotations

import dataclasses
import functools
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import addresses, conversations
from bot.vault import Vault

CODENAMES = Path(__file__).with_name("codenames.yml")
TRIES = 20


class StaleStateError(Exception):
    """Somebody else wrote this conversation's state since it was read; the turn is taken again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Conversation:
    """One person on one channel, opened from the store. Holds no address."""

    id: str
    channel: str
    codename: str
    phase: str
    phase_before: str
    locale: str
    state: dict[str, Any] | None = dataclasses.field(repr=False)
    state_version: int
    shown: dict[str, Any] | None = dataclasses.field(repr=False)
    private_word_mac: bytes | None = dataclasses.field(repr=False)
    blocked: bool
    consented: bool
    down_notice_at: float | None
    created_at: float
    last_inbound_at: float | None


async def find_or_create(
    conn: AsyncConnection,
    vault: Vault,
    channel: str,
    address: str,
    locale: str,
    now: float,
    other: str = "",
) -> str:
    """The id of the conversation with this address; a new one, with a codename of its own, when there is none.

    ``other`` is a second address of the same person: what was said under it goes on under this one. Answers go to
    the address that somebody last wrote from.
    """
    known = await _rows(conn, vault, channel, address)
    also = await _rows(conn, vault, channel, other) if other else []
    if known:
        here = str(known[0].conversation_id)
    elif also:
        here = str(also[0].conversation_id)
        await _add(conn, vault, here, channel, address)
    else:
        here = await _create(conn, vault, channel, address, locale, now)
    if (known and not known[0].current) or (also and not known):
        await conn.execute(
            update(addresses)
            .where(addresses.c.conversation_id == here)
            .values(current=addresses.c.pseudonym == vault.pseudonym(channel, address)[1])
        )
    if other and not also:
        await _add(conn, vault, here, channel, other, current=False)
    return here


async def find(conn: AsyncConnection, vault: Vault, channel: str, address: str) -> list[str]:
    """The ids of the conversations with this address; more than one only if a pepper was ever lost."""
    rows = await _rows(conn, vault, channel, address)
    return list(dict.fromkeys(str(row.conversation_id) for row in rows))


async def _rows(conn: AsyncConnection, vault: Vault, channel: str, address: str) -> list[Any]:
    found: list[Any] = []
    for pepper_id, pseudonym in vault.pseudonyms(channel, address):
        rows = await conn.execute(
            select(addresses.c.id, addresses.c.conversation_id, addresses.c.current).where(
                addresses.c.channel == channel,
                addresses.c.pepper_id == pepper_id,
                addresses.c.pseudonym == pseudonym,
            )
        )
        found += rows.all()
    return found


async def _add(
    conn: AsyncConnection,
    vault: Vault,
    conversation_id: str,
    channel: str,
    address: str,
    *,
    current: bool = True,
) -> None:
    address_id = secrets.token_hex(16)
    pepper_id, pseudonym = vault.pseudonym(channel, address)
    await conn.execute(
        insert(addresses).values(
            id=address_id,
            conversation_id=conversation_id,
            channel=channel,
            pepper_id=pepper_id,
            pseudonym=pseudonym,
            address_sealed=vault.seal("addresses", "address_sealed", address_id, address.encode()),
            current=current,
        )
    )


async def _create(
    conn: AsyncConnection, vault: Vault, channel: str, address: str, locale: str, now: float
) -> str:
    conversation_id = secrets.token_hex(16)
    await conn.execute(
        insert(conversations).values(
            id=conversation_id,
            channel=channel,
            codename=await _codename(conn),
            phase="bot",
            phase_before="bot",
            locale=locale,
            created_at=now,
        )
    )
    await _add(conn, vault, conversation_id, channel, address)
    return conversation_id


@functools.cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    data = yaml.safe_load(CODENAMES.read_text(encoding="utf-8"))
    return tuple(data["nouns"]), tuple(data["words"])


async def _codename(conn: AsyncConnection) -> str:
    """Two words that no living conversation has; a number joins them when the words run out."""
    nouns, words = _words()
    name = ""
    for attempt in range(TRIES):
        name = f"{secrets.choice(nouns)} {secrets.choice(words)}"
        if attempt >= TRIES // 2:
            name = f"{name} {secrets.randbelow(900) + 100}"
        taken = await conn.scalar(select(conversations.c.id).where(conversations.c.codename == name).limit(1))
        if taken is None:
            return name
    return f"{name} {secrets.token_hex(3)}"


async def get(conn: AsyncConnection, vault: Vault, conversation_id: str) -> Conversation | None:
    """One conversation, opened."""
    found = (await conn.execute(select(conversations).where(conversations.c.id == conversation_id))).first()
    return None if found is None else opened(vault, found)


def opened(vault: Vault, row: Row[Any]) -> Conversation:
    """A row as a ``Conversation``."""
    r = row._mapping  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name
    return Conversation(
        id=r["id"],
        channel=r["channel"],
        codename=r["codename"],
        phase=r["phase"],
        phase_before=r["phase_before"],
        locale=r["locale"],
        state=vault.open_json("conversations", "state_sealed", r["id"], r["state_sealed"]),
        state_version=r["state_version"],
        shown=vault.open_json("conversations", "shown_sealed", r["id"], r["shown_sealed"]),
        private_word_mac=r["private_word_mac"],
        blocked=r["blocked"],
        consented=r["consented"],
        down_notice_at=r["down_notice_at"],
        created_at=r["created_at"],
        last_inbound_at=r["last_inbound_at"],
    )


async def save_turn(
    conn: AsyncConnection,
    vault: Vault,
    conversation_id: str,
    *,
    expected_version: int,
    state: Mapping[str, Any] | None,
    shown: Mapping[str, Any],
    **columns: Any,
) -> None:
    """Write what a turn changed; raises ``StaleStateError`` when the state was written meanwhile."""
    sealed = (
        None
        if state is None
        else vault.seal_json("conversations", "state_sealed", conversation_id, dict(state))
    )
    done = await conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.state_version == expected_version)
        .values(
            state_sealed=sealed,
            shown_sealed=vault.seal_json("conversations", "shown_sealed", conversation_id, dict(shown)),
            state_version=expected_version + 1,
            down_notice_at=None,
            **columns,
        )
    )
    if done.rowcount != 1:
        raise StaleStateError(conversation_id)


async def set_phase(conn: AsyncConnection, conversation_id: str, phase: str) -> None:
    """Who speaks from now on. A locked or stopped conversation keeps its silence and remembers where to return."""
    quiet = conversations.c.phase.in_(("locked", "stopped"))
    here = conversations.c.id == conversation_id
    await conn.execute(update(conversations).where(here, quiet).values(phase_before=phase))
    await conn.execute(
        update(conversations)
        .where(here, ~quiet)
        .values(phase=phase, phase_before=phase, state_version=conversations.c.state_version + 1)
    )


async def set_down_notice(conn: AsyncConnection, conversation_id: str, now: float) -> None:
    """The fallback was said: once per outage."""
    await conn.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(down_notice_at=now)
    )


async def set_blocked(conn: AsyncConnection, conversation_id: str, *, blocked: bool) -> None:
    """The person does not (or again does) take messages from us."""
    await conn.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(blocked=blocked)
    )


async def address_of(conn: AsyncConnection, vault: Vault, conversation_id: str) -> str | None:
    """Where to send: for the outbox, its jobs and ``bot.handoff.reveal`` only. None after an erasure."""
    row = (
        await conn.execute(
            select(addresses.c.id, addresses.c.address_sealed)
            .where(addresses.c.conversation_id == conversation_id)
            .order_by(addresses.c.current.desc())
        )
    ).first()
    return None if row is None else vault.open("addresses", "address_sealed", row[0], row[1]).decode()
