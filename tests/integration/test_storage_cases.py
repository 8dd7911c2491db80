"""Cases: one claim wins, urgency only rises, the queue is in the order of need."""

from __future__ import annotations

import asyncio
import random
import secrets
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot.handoff import order
from bot.storage import cases, conversations, drafts, queue, referred
from bot.storage.database import Database
from bot.storage.tables import cases as table
from bot.storage.tables import conversations as people
from bot.storage.tables import staff
from bot.vault import Vault
from tests.integration.conftest import NOW

SUMMARY = {"v": 1, "lines": []}


async def member(database: Database, vault: Vault, login: str) -> str:
    """A staff account without secrets that matter."""
    staff_id = secrets.token_hex(16)
    async with database.write() as conn:
        await conn.execute(
            insert(staff).values(
                id=staff_id,
                login=login,
                role="responder",
                alias=login,
                password_hash="x",
                totp_sealed=vault.seal("staff", "totp_sealed", staff_id, b"x"),
                created_at=NOW,
            )
        )
    return staff_id


async def open_one(database: Database, vault: Vault, address: str, **columns: Any) -> str:
    """A new case of a new person."""
    values = {"origin": "person", "urgency": 1, "now": NOW, "summary": SUMMARY, **columns}
    async with database.write() as conn:
        here = await conversations.find_or_create(conn, vault, "whatsapp", address, "es", NOW)
        conversation = await conversations.get(conn, vault, here)
        assert conversation is not None
        return await cases.open_case(conn, vault, conversation, **values)


async def test_of_160_claimers_one_wins(database: Database, vault: Vault) -> None:
    """Exactly one True, and the case is that person's."""
    people = [await member(database, vault, f"s{n}") for n in range(4)]
    case = await open_one(database, vault, "+1")

    async def claim(n: int) -> str | None:
        async with database.write() as conn:
            return people[n % 4] if await cases.claim(conn, case, people[n % 4], NOW) else None

    winners = [who for who in await asyncio.gather(*(claim(n) for n in range(160))) if who]
    assert len(winners) == 1
    async with database.read() as conn:
        found = await cases.get(conn, vault, case)
    assert found is not None
    assert (found.state, found.claimed_by) == ("claimed", winners[0])


@pytest.mark.parametrize(
    "tries", [pytest.param(5, id="daily"), pytest.param(63, id="nightly", marks=pytest.mark.nightly)]
)
async def test_no_case_is_ever_claimed_twice(database: Database, vault: Vault, tries: int) -> None:
    """160 people try for each of the cases at once, ten thousand tries in all at night: one wins each."""
    crew = [await member(database, vault, f"s{n}") for n in range(8)]
    for n in range(tries):
        case = await open_one(database, vault, f"+{n}")

        async def claim(who: str, case: str = case) -> str | None:
            async with database.write() as conn:
                return who if await cases.claim(conn, case, who, NOW) else None

        winners = [who for who in await asyncio.gather(*(claim(crew[k % 8]) for k in range(160))) if who]
        assert len(winners) == 1
        async with database.read() as conn:
            found = await cases.get(conn, vault, case)
        assert found is not None
        assert found.claimed_by == winners[0]
        assert found.version == 1, "exactly one step was taken"


async def test_the_queue_is_in_the_order_of_need(database: Database, vault: Vault) -> None:
    """Urgency, then modifiers, then who waits longest; closed cases are elsewhere."""
    wanted = [
        ("d", 3, False, 50),
        ("b", 2, True, 40),
        ("c", 2, False, 10),
        ("e", 2, False, 20),
        ("a", 1, False, 0),
    ]
    for name, urgency, modifier, since in sorted(wanted):
        await open_one(database, vault, name, urgency=urgency, modifier=modifier, now=NOW + since)
    async with database.read() as conn:
        found = await queue.listed(conn, vault, NOW + 60)
    assert [(c.urgency, c.modifier, c.waiting_since - NOW) for c in found] == [
        (u, m, s) for _, u, m, s in wanted
    ]


async def test_the_database_reckons_need_as_the_rule_does(database: Database, vault: Vault) -> None:
    """A hundred cases that waited from nothing to two months: the same order, nobody left at the end for ever."""
    chance = random.Random(5)
    now = NOW + 90 * 86_400
    for n in range(100):
        since = now - chance.choice((0, 300, 3600, 20_000, 90_000, 900_000, 5_000_000)) * chance.random()
        await open_one(
            database, vault, str(n), urgency=chance.randrange(4), modifier=chance.random() < 0.3, now=since
        )
    async with database.read() as conn:
        found = await queue.listed(conn, vault, now)
    needs = [order.need(c.urgency, now - c.waiting_since, modifier=c.modifier) for c in found]
    assert len(needs) == 100
    assert needs == sorted(needs, reverse=True)
    assert [c.urgency for c in found] != sorted((c.urgency for c in found), reverse=True), "ageing counts"


async def test_the_queue_can_be_narrowed(database: Database, vault: Vault) -> None:
    """By urgency, department and age; what there is to choose among comes from what is open."""
    await open_one(database, vault, "a", urgency=3, department="puno", minor=True)
    await open_one(database, vault, "b", urgency=1, department="lima")
    async with database.read() as conn:
        for filters, expected in (
            (queue.Filters(urgency="3"), ["puno"]),
            (queue.Filters(department="lima"), ["lima"]),
            (queue.Filters(minor="1"), ["puno"]),
            (queue.Filters(channel="telegram"), []),
            (queue.Filters(language="es", channel="whatsapp"), ["puno", "lima"]),
        ):
            assert [c.department for c in await queue.listed(conn, vault, NOW, filters)] == expected
        assert await queue.kinds(conn) == {
            "channel": ["whatsapp"],
            "language": ["es"],
            "department": ["lima", "puno"],
        }


async def test_the_mark_of_the_queue_changes_with_it(database: Database, vault: Vault) -> None:
    """A new case, a step of one, a message: each is seen; a look is not."""
    ana = await member(database, vault, "ana")
    marks = []

    async def note() -> None:
        async with database.read() as conn:
            marks.append(await queue.mark(conn))

    await note()
    case = await open_one(database, vault, "a")
    await note()
    async with database.write() as conn:
        await cases.claim(conn, case, ana, NOW)
    await note()
    async with database.write() as conn:
        await conn.execute(update(people).values(last_inbound_at=NOW + 7))
    await note()
    assert len(set(marks)) == 4
    await note()
    assert marks[-1] == marks[-2]


async def test_views_are_ones_own(database: Database, vault: Vault) -> None:
    """Saved under a name, changed under the same name, at most a dozen, dropped by their owner only."""
    ana, eva = await member(database, vault, "ana"), await member(database, vault, "eva")
    async with database.write() as conn:
        assert await queue.keep_view(conn, vault, ana, "Puno", "department=puno", NOW)
        assert await queue.keep_view(conn, vault, ana, "Puno", "urgency=3", NOW + 1)
        (view,) = await queue.views(conn, vault, ana)
        assert (view.name, view.query) == ("Puno", "urgency=3")
        assert not await queue.drop_view(conn, eva, view.id)
        assert await queue.views(conn, vault, eva) == []
        for n in range(queue.MOST_VIEWS):
            kept = await queue.keep_view(conn, vault, ana, f"v{n}", "minor=1", NOW + 2)
        assert not kept
        assert await queue.drop_view(conn, ana, view.id)
        assert len(await queue.views(conn, vault, ana)) == queue.MOST_VIEWS - 1


async def test_a_draft_is_kept_until_it_is_sent(database: Database, vault: Vault) -> None:
    """The newest words of one person beside one case; an empty one is none; an erased case keeps nothing."""
    ana, eva = await member(database, vault, "ana"), await member(database, vault, "eva")
    case = await open_one(database, vault, "a")
    async with database.write() as conn:
        for text in ("Ho", "Hola"):
            await drafts.keep(conn, vault, case, ana, "reply", text, NOW)
        await drafts.keep(conn, vault, case, ana, "note", "de noche", NOW)
        assert await drafts.of(conn, vault, case, ana) == {"reply": "Hola", "note": "de noche"}
        assert await drafts.of(conn, vault, case, eva) == {}
        await drafts.keep(conn, vault, case, ana, "reply", "", NOW)
        await drafts.drop(conn, case, ana, "note")
        assert await drafts.of(conn, vault, case, ana) == {}
        await conn.execute(update(table).values(erased=True))
        await drafts.keep(conn, vault, case, ana, "reply", "Hola", NOW)
        assert await drafts.of(conn, vault, case, ana) == {}


async def test_a_line_that_was_given_is_recorded_once(database: Database, vault: Vault) -> None:
    """For the case's outcome: which lines, in order, each once."""
    case = await open_one(database, vault, "a")
    async with database.write() as conn:
        assert await referred.add(conn, case, "100", NOW)
        assert not await referred.add(conn, case, "100", NOW + 1)
        assert await referred.add(conn, case, "1818", NOW + 2)
        assert await referred.of(conn, case) == ["100", "1818"]


async def test_the_steps_of_a_case(database: Database, vault: Vault) -> None:
    """Waiting → claimed → closed → waiting; every step only from where it may be taken, by whom it may."""
    ana, eva = await member(database, vault, "ana"), await member(database, vault, "eva")
    case = await open_one(database, vault, "+1")
    async with database.write() as conn:
        assert not await cases.close(conn, case, ana, "oriented", NOW)
        assert not await cases.release(conn, case, ana, NOW)
        assert await cases.claim(conn, case, ana, NOW)
        assert not await cases.claim(conn, case, eva, NOW)
        assert not await cases.close(conn, case, eva, "oriented", NOW)
        assert await cases.transfer(conn, case, ana, eva, NOW)
        assert not await cases.touch(conn, case, ana, NOW)
        assert await cases.release(conn, case, eva, NOW + 5)
        assert await cases.claim(conn, case, ana, NOW + 6)
        assert await cases.close(conn, case, ana, "oriented", NOW + 7)
        assert not await cases.claim(conn, case, ana, NOW + 8)
        assert await cases.reopen(conn, case, NOW + 9)
        assert not await cases.reopen(conn, case, NOW + 9)
        found = await cases.get(conn, vault, case)
    assert found is not None
    assert (found.state, found.outcome, found.closed_at, found.waiting_since) == (
        "waiting",
        "",
        None,
        NOW + 9,
    )


async def test_a_forgotten_claim_lapses(database: Database, vault: Vault) -> None:
    """Nobody waits for a responder who went home; a touch keeps the case."""
    ana, eva = await member(database, vault, "ana"), await member(database, vault, "eva")
    case = await open_one(database, vault, "+1")
    async with database.write() as conn:
        await cases.claim(conn, case, ana, NOW, 100)
        await cases.touch(conn, case, ana, NOW + 50, 100)
        assert await cases.lapse_leases(conn, NOW + 120) == 0
        assert await cases.lapse_leases(conn, NOW + 151) == 1
        assert await cases.claim(conn, case, eva, NOW + 152)
    other = await open_one(database, vault, "+2")
    async with database.write() as conn:
        await cases.claim(conn, other, ana, NOW, 100)
        assert await cases.claim(conn, other, eva, NOW + 101)


@pytest.mark.parametrize(("first", "then", "after"), [(1, 3, 3), (3, 1, 3), (2, 2, 2)])
async def test_urgency_only_rises(
    database: Database, vault: Vault, first: int, then: int, after: int
) -> None:
    """A later, milder reading never takes a case down the queue."""
    case = await open_one(database, vault, "+1", urgency=first)
    async with database.write() as conn:
        await cases.raise_case(conn, vault, case, urgency=then, now=NOW + 1, summary={"v": 2})
        found = await cases.get(conn, vault, case)
        kinds = [note.kind for note in await cases.notes(conn, vault, case)]
    assert found is not None
    assert (found.urgency, found.summary) == (after, {"v": 2})
    assert kinds == (["opened", "raised"] if then > first else ["opened"])


async def test_a_conversation_has_its_open_case(database: Database, vault: Vault) -> None:
    """While one is open it is found; a closed one says when it ended, and is not reopened beside a newer one."""
    ana = await member(database, vault, "ana")
    case = await open_one(database, vault, "+1")
    async with database.write() as conn:
        found = await cases.get(conn, vault, case)
        assert found is not None
        here = found.conversation_id
        assert here is not None
        assert await cases.open_for(conn, here) == case
        assert await cases.last_closed_at(conn, here) is None
        await cases.claim(conn, case, ana, NOW)
        await cases.close(conn, case, ana, "other", NOW + 3)
        assert await cases.open_for(conn, here) is None
        assert await cases.last_closed_at(conn, here) == NOW + 3
    newer = await open_one(database, vault, "+1", now=NOW + 4)
    async with database.write() as conn:
        assert await cases.open_for(conn, here) == newer
        assert not await cases.reopen(conn, case, NOW + 5)
        await conn.execute(update(table).where(table.c.id == newer).values(state="closed", closed_at=NOW + 6))
        assert await cases.reopen(conn, case, NOW + 7)
