"""What was not understood is counted without those who wrote it, and shown only when many did."""

from __future__ import annotations

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import retention
from bot.statistics import FEWEST
from bot.storage import changes, phrases, rehearsals
from bot.storage.database import Database
from bot.storage.phrase_tables import phrase_people
from bot.storage.phrase_tables import phrases as rows
from bot.storage.phrases import Heard
from bot.vault import Vault
from tests.integration.conftest import NOW
from tests.integration.test_storage_cases import member

MONTH = 31 * retention.DAY
SAID = Heard("es", "Q01", "out_of_scope", "sisas parce")


async def give(db: Database, vault: Vault, people: range, now: float = NOW, one: Heard = SAID) -> None:
    async with db.write() as conn:
        for n in people:
            await phrases.share(conn, vault, f"{n:032x}", [one], now)


async def listed(db: Database, vault: Vault) -> list[tuple[str, int]]:
    async with db.read() as conn:
        return [(one.text, one.people) for one in await phrases.open_ones(conn, vault)]


async def counted(db: Database, table: Table) -> int:
    async with db.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_phrase_is_seen_once_enough_people_wrote_it(database: Database, vault: Vault) -> None:
    """Nine are too few, whoever repeats counts once, the tenth makes it visible, and counts are tens."""
    await give(database, vault, range(FEWEST - 1))
    await give(database, vault, range(FEWEST - 1))
    assert await listed(database, vault) == []
    await give(database, vault, range(FEWEST - 1, FEWEST + 4))
    assert await listed(database, vault) == [("sisas parce", FEWEST)]


async def test_who_takes_it_back_is_not_counted(database: Database, vault: Vault) -> None:
    """BORRAR takes this month's phrase off the list again when too few are left; the last one takes the row along."""
    await give(database, vault, range(FEWEST))
    for n in range(FEWEST):
        async with database.write() as conn:
            await phrases.withdraw(conn, vault, f"{n:032x}")
        assert await listed(database, vault) == []
    assert await counted(database, rows) == await counted(database, phrase_people) == 0


async def test_a_month_ends_with_nobody_in_it(database: Database, vault: Vault) -> None:
    """Who was counted is forgotten; what enough wrote stays, what few wrote goes and does not add up."""
    rare = Heard("es", "Q01", "out_of_scope", "ni modo")
    await give(database, vault, range(FEWEST))
    await give(database, vault, range(FEWEST - 1), one=rare)
    await retention.purge(database, NOW + MONTH)
    assert await counted(database, phrase_people) == 0
    assert await listed(database, vault) == [("sisas parce", FEWEST)]
    assert await counted(database, rows) == 1
    await give(database, vault, range(FEWEST - 1), NOW + MONTH, rare)
    await give(database, vault, range(FEWEST), NOW + MONTH)
    assert await listed(database, vault) == [("sisas parce", 2 * FEWEST)]
    await retention.purge(database, NOW + MONTH * (phrases.KEEP_MONTHS + 3))
    assert await counted(database, rows) == 0


async def test_the_words_are_sealed_and_turned_with_the_keys(database: Database, vault: Vault) -> None:
    """The file does not hold them; a rotation of keys reaches them; a decided phrase leaves the list."""
    await give(database, vault, range(FEWEST))
    async with database.read() as conn:
        sealed = await conn.scalar(select(rows.c.text_sealed))
    assert b"sisas" not in bytes(sealed or b"")
    assert (await retention.count_keys(database, vault))[vault.writer] == 1
    async with database.write() as conn:
        (found,) = await phrases.open_ones(conn, vault)
        assert await phrases.decide(conn, found.id, "useless")
        assert not await phrases.decide(conn, found.id, "taken")
    assert await listed(database, vault) == []


async def state(conn: AsyncConnection, id_: str) -> str:
    found = await rehearsals.get(conn, id_)
    return found.state if found else ""


async def test_what_was_left_in_the_middle_begins_again(database: Database, vault: Vault) -> None:
    """The service ended while it trained: at the next start the rehearsal is queued, and only then."""
    eva = await member(database, vault, "eva")
    async with database.write() as conn:
        id_ = await rehearsals.begin(conn, "x", "", [], eva, NOW)
        assert id_ is not None
        assert await rehearsals.move(conn, id_, "queued", "training", NOW)
        assert await rehearsals.begin(conn, "y", "", [], eva, NOW) is None
        await rehearsals.take_over(conn, NOW - 1, NOW)
        assert await state(conn, id_) == "training"
        await rehearsals.take_over(conn, NOW, NOW)
        assert await state(conn, id_) == "queued"


async def test_a_change_goes_one_way_at_a_time(database: Database, vault: Vault) -> None:
    """Of two who decide at once one is told that it was decided; what waits and what was done are apart."""
    eva = await member(database, vault, "eva")
    async with database.write() as conn:
        id_ = await changes.write(conn, "answers", "es", "exit", "empanada", "waiting", eva, NOW)
        assert await changes.move(conn, [id_], "waiting", "published", eva, NOW) == 1
        assert await changes.move(conn, [id_], "waiting", "dropped", eva, NOW) == 0
        assert await changes.waiting(conn) == []
        assert [(one.text, one.state) for one in await changes.history(conn)] == [("empanada", "published")]


async def test_a_rehearsal_that_was_ready_gives_way_to_the_next(database: Database, vault: Vault) -> None:
    """One at a time is worked on; the newest that is not dropped is what editors see, with its report."""
    eva = await member(database, vault, "eva")
    async with database.write() as conn:
        first = await rehearsals.begin(conn, "x", "", ["a"], eva, NOW)
        assert await rehearsals.move(conn, str(first), "queued", "ready", NOW, report={"p": 1.0})
        assert not await rehearsals.move(conn, str(first), "queued", "ready", NOW)
        seen = await rehearsals.latest(conn)
        assert seen is not None
        assert (seen.id, seen.report, seen.changes) == (first, {"p": 1.0}, ("a",))
        second = await rehearsals.begin(conn, "y", "", ["b"], eva, NOW + 1)
        assert await state(conn, str(first)) == "dropped"
        seen = await rehearsals.latest(conn)
        assert seen is not None
        assert seen.id == second
