"""The inbox: stored once, in order, given to one worker at a time, never lost."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot import retention
from bot.inbox import LEASE_SECONDS, Inbox
from bot.storage import conversations as people
from bot.storage.database import Database
from bot.storage.tables import addresses, conversations, inbound, seen
from bot.vault import Vault
from connectors.base import Blocked, Inbound
from tests.integration.conftest import NOW


def event(n: int, address: str = "whatsapp:+51987654321", text: str = "hola") -> Inbound:
    """One text message."""
    at = datetime.fromtimestamp(NOW + n, UTC)
    return Inbound("whatsapp", f"SM{n}", address, "text", at, text=f"{text} {n}")


def inbox(database: Database, vault: Vault, now: float = NOW) -> Inbox:
    """An inbox whose clock stands still."""
    return Inbox(database, vault, lambda: now)


async def _count(database: Database, table: object) -> int:
    async with database.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(table)))


async def test_one_request_a_thousand_times_is_one_message(database: Database, vault: Vault) -> None:
    """Replays from many callers at once leave one row; the tombstone works after the message is gone."""
    box = inbox(database, vault)
    results = []
    for _ in range(10):
        results += await asyncio.gather(*(box.store(event(1)) for _ in range(100)))
    assert sum(result.new for result in results) == 1
    assert await _count(database, inbound) == 1
    async with database.write() as conn:
        await conn.execute(inbound.delete())
    assert not (await box.store(event(1))).new
    assert await _count(database, inbound) == 0


async def test_first_messages_that_meet_make_one_conversation(database: Database, vault: Vault) -> None:
    """Twenty messages of a new person at the same moment: one conversation, twenty messages, no gap."""
    box = inbox(database, vault)
    await asyncio.gather(*(box.store(event(n)) for n in range(20)))
    assert await _count(database, conversations) == 1
    assert await _count(database, addresses) == 1
    async with database.read() as conn:
        assert sorted(await conn.scalars(select(inbound.c.seq))) == list(range(1, 21))


async def test_nothing_readable_is_stored(database: Database, vault: Vault) -> None:
    """Number and text are sealed; staff get two words."""
    await inbox(database, vault).store(event(1, text="me quitaron el pasaporte"))
    async with database.read() as conn:
        for table in (conversations, addresses, inbound, seen):
            for row in await conn.execute(select(table)):
                flat = repr(tuple(row))
                assert "987654321" not in flat
                assert "pasaporte" not in flat
        assert len((await conn.scalar(select(conversations.c.codename))).split()) == 2


async def test_one_worker_holds_a_conversation(database: Database, vault: Vault) -> None:
    """Many workers at once: each conversation is given to one of them, with its messages in order."""
    box = inbox(database, vault)
    for person in range(4):
        for n in range(3):
            await box.store(event(person * 10 + n, address=f"whatsapp:+5198765432{person}"))
    claims = await asyncio.gather(*(box.claim(f"w{n}", NOW) for n in range(12)))
    held = [claim for claim in claims if claim is not None]
    assert len({claim.conversation.id for claim in held}) == len(held)
    for claim in held:
        assert [m.seq for m in claim.messages] == [1, 2, 3]


async def test_a_dead_worker_gives_its_conversation_back(database: Database, vault: Vault) -> None:
    """After the lease another worker takes the same messages."""
    box = inbox(database, vault)
    await box.store(event(1))
    first = await box.claim("a", NOW)
    assert first is not None
    assert await box.claim("b", NOW + LEASE_SECONDS - 1) is None
    again = await box.claim("b", NOW + LEASE_SECONDS + 1)
    assert again is not None
    assert [m.id for m in again.messages] == [m.id for m in first.messages]


async def test_done_frees_the_conversation_and_keeps_what_came_meanwhile(
    database: Database, vault: Vault
) -> None:
    """A message that arrives during a turn is the next turn's."""
    box = inbox(database, vault)
    await box.store(event(1))
    claimed = await box.claim("a", NOW)
    assert claimed is not None
    await box.store(event(2))
    assert await box.claim("b", NOW) is None
    async with database.write() as conn:
        await box.done(conn, claimed, [m.id for m in claimed.messages], NOW)
    following = await box.claim("b", NOW)
    assert following is not None
    assert [m.text for m in following.messages] == ["hola 2"]
    async with database.write() as conn:
        await box.done(conn, following, [m.id for m in following.messages], NOW)
    assert await box.claim("a", NOW) is None


async def test_a_failed_turn_is_counted_and_comes_back_later(database: Database, vault: Vault) -> None:
    """Given back means not before its time, and with one attempt more."""
    box = inbox(database, vault)
    await box.store(event(1))
    claimed = await box.claim("a", NOW)
    assert claimed is not None
    await box.give_back(claimed, NOW + 5, failed=True)
    assert await box.claim("a", NOW + 4) is None
    again = await box.claim("a", NOW + 5)
    assert again is not None
    assert again.attempts == 1


async def test_blocking_is_kept_and_makes_no_message(database: Database, vault: Vault) -> None:
    """A person who blocked us is not written to; writing again ends it."""
    box = inbox(database, vault)
    stored = await box.store(event(1))
    await box.store(Blocked("whatsapp", "B1", "whatsapp:+51987654321", blocked=True))
    async with database.read() as conn:
        assert await conn.scalar(
            select(conversations.c.blocked).where(conversations.c.id == stored.conversation_id)
        )
    await box.store(event(2))
    async with database.read() as conn:
        assert not await conn.scalar(
            select(conversations.c.blocked).where(conversations.c.id == stored.conversation_id)
        )
    assert await _count(database, inbound) == 2


PHONE, SCOPED = "whatsapp:+51987654321", "whatsapp:PE.13491208655302741918"


async def _writes(box: Inbox, n: int, address: str, other: str = "") -> str:
    said = dataclasses.replace(event(n, address), other_address=other)
    return (await box.store(said)).conversation_id


async def _goes_to(database: Database, vault: Vault, here: str) -> str | None:
    async with database.read() as conn:
        return await people.address_of(conn, vault, here)


async def test_a_person_is_known_under_both_addresses(database: Database, vault: Vault) -> None:
    """A number today, a business-scoped id tomorrow: one conversation, answered where they last wrote from."""
    box = inbox(database, vault)
    here = await _writes(box, 1, PHONE, SCOPED)
    assert await _goes_to(database, vault, here) == PHONE
    assert await _writes(box, 2, SCOPED) == here
    assert await _goes_to(database, vault, here) == SCOPED
    assert await _writes(box, 3, PHONE, SCOPED) == here
    assert await _goes_to(database, vault, here) == PHONE
    assert (await _count(database, conversations), await _count(database, addresses)) == (1, 2)


async def test_a_new_address_beside_a_known_one(database: Database, vault: Vault) -> None:
    """Who wrote under the id alone and now shows a number beside it goes on; a stranger with a new id does not."""
    box = inbox(database, vault)
    here = await _writes(box, 1, SCOPED)
    assert await _writes(box, 2, PHONE, SCOPED) == here
    assert await _goes_to(database, vault, here) == PHONE
    assert await _writes(box, 3, SCOPED) == here
    other = await _writes(box, 4, "whatsapp:+51900000000", "whatsapp:PE.2")
    assert other != here
    assert await _goes_to(database, vault, here) == SCOPED


async def test_two_that_met_too_late_stay_two(database: Database, vault: Vault) -> None:
    """Nobody's words are moved into another conversation; each address keeps its own."""
    box = inbox(database, vault)
    phone, scoped = await _writes(box, 1, PHONE), await _writes(box, 2, SCOPED)
    assert phone != scoped
    assert await _writes(box, 3, PHONE, SCOPED) == phone
    assert await _writes(box, 4, SCOPED) == scoped
    assert await _goes_to(database, vault, phone) == PHONE
    assert await _goes_to(database, vault, scoped) == SCOPED


async def test_both_addresses_go_with_the_person(database: Database, vault: Vault) -> None:
    """After BORRAR neither leads anywhere."""
    box = inbox(database, vault)
    here = await _writes(box, 1, PHONE, SCOPED)
    async with database.write() as conn:
        await retention.erase_conversation(conn, vault, here, NOW, ())
    assert await _count(database, addresses) == 0
    assert await _writes(box, 2, SCOPED) != here
