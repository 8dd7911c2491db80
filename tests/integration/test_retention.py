"""Erased, purged, re-keyed: what is gone is gone from the file, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from bot import audit, retention
from bot.statistics import month_of, month_start
from bot.storage import cases, conversations
from bot.storage.database import Database
from bot.storage.tables import (
    addresses,
    case_notes,
    erasures,
    inbound,
    outbound,
    seen,
)
from bot.storage.tables import (
    audit as audit_rows,
)
from bot.storage.tables import (
    cases as case_rows,
)
from bot.storage.tables import (
    conversations as people,
)
from bot.vault import KeyRing, Vault
from connectors.base import Outbound
from tests.integration.conftest import NOW
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Line, Setting
from tests.integration.test_storage_cases import open_one

DAY = retention.DAY
CANARY = "canario-zafiro-1234567"


@pytest.fixture
def setting(database: Database, vault: Vault) -> Setting:
    return Setting(database, vault, Line())


async def _count(db: Database, table: object) -> int:
    async with db.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(table)))


async def _conversation(setting: Setting) -> str:
    """A conversation with a message in, one out, and a state."""
    stored = await setting.inbox.store(event(1, text=CANARY))
    await setting.say(stored.conversation_id, CANARY)
    await setting.work()
    async with setting.db.write() as conn:
        await conversations.save_turn(
            conn,
            setting.vault,
            stored.conversation_id,
            expected_version=0,
            state={"x": CANARY},
            shown={},
            consented=True,
        )
    return stored.conversation_id


async def test_erasing_leaves_tombstones_only(setting: Setting) -> None:
    """Texts, state and address go at once; the case says how urgent it was and in which month; a receipt is ordered."""
    here = await _conversation(setting)
    case = await open_one(
        setting.db, setting.vault, "whatsapp:+51987654321", urgency=3, result="T1", department="tumbes"
    )
    async with setting.db.write() as conn:
        await retention.erase_conversation(conn, setting.vault, here, NOW, [Outbound("Listo")])
    for table in (people, addresses, inbound, outbound, case_notes):
        assert await _count(setting.db, table) == 0
    assert await _count(setting.db, seen) == 1
    async with setting.db.read() as conn:
        left = await cases.get(conn, setting.vault, case)
    assert left is not None
    assert (left.erased, left.state, left.outcome, left.urgency) == (True, "closed", "erased", 3)
    assert (left.summary, left.result, left.department, left.codename, left.conversation_id) == (
        None,
        "",
        "",
        "",
        None,
    )
    assert left.opened_at == month_start(month_of(NOW)) < NOW
    assert month_of(left.opened_at) == month_of(NOW)  # it still counts in its month
    # The job deletes at the provider, says so, and then forgets the address too.
    setting.now += 2
    await setting.work()
    assert setting.line.sent[-1] == ("whatsapp:+51987654321", "Listo")
    assert await _count(setting.db, erasures) == 0


async def test_the_provider_is_asked_again_until_it_has_deleted(setting: Setting) -> None:
    """A message still on its way is deleted later; the receipt is said once."""
    here = await _conversation(setting)
    answers = [1, 0]
    asked: list[list[str]] = []

    async def erase(address: str, refs: list[str]) -> int:
        asked.append(list(refs))
        return answers.pop(0)

    setting.line.erase = erase  # type: ignore[method-assign]
    async with setting.db.write() as conn:
        await retention.erase_conversation(conn, setting.vault, here, NOW, [Outbound("Listo")])
    setting.now += 2
    await setting.work()
    assert await _count(setting.db, erasures) == 1
    setting.now += 31
    await setting.work()
    assert asked == [["MM1"], ["MM1"]]
    assert [text for _, text in setting.line.sent].count("Listo") == 1
    assert await _count(setting.db, erasures) == 0


async def test_purge_follows_the_table_of_retention(setting: Setting) -> None:
    """Nothing goes a day early, and everything goes when its time is over."""
    here = await _conversation(setting)
    quiet = (
        await setting.inbox.store(event(2, address="whatsapp:+51900000002"))
    ).conversation_id  # no consent
    await retention.purge(setting.db, NOW + 0.9 * DAY)
    assert await _count(setting.db, people) == 2
    await retention.purge(setting.db, NOW + 1.1 * DAY)
    async with setting.db.read() as conn:
        assert list(await conn.scalars(select(people.c.id))) == [here]
        assert await conn.scalar(select(outbound.c.body_sealed)) is None
    assert quiet != here
    await retention.purge(setting.db, NOW + 29.9 * DAY)
    assert await _count(setting.db, people) == 1
    await retention.purge(setting.db, NOW + 30.1 * DAY)
    assert await _count(setting.db, people) == 0
    assert await _count(setting.db, seen) == 2
    await retention.purge(setting.db, NOW + 401 * DAY)
    assert await _count(setting.db, seen) == 0


async def test_a_closed_case_goes_after_ninety_days_and_its_numbers_stay(setting: Setting) -> None:
    """The thread of an open case is kept; of a closed one only result, urgency and month remain."""
    await _conversation(setting)
    case = await open_one(setting.db, setting.vault, "whatsapp:+51987654321", urgency=2, result="T1")
    await retention.purge(setting.db, NOW + 200 * DAY)
    assert await _count(setting.db, inbound) == 1
    async with setting.db.write() as conn:
        await conn.execute(update(case_rows).values(state="closed", closed_at=NOW, outcome="oriented"))
    await retention.purge(setting.db, NOW + 89 * DAY)
    assert await _count(setting.db, inbound) == 1
    await retention.purge(setting.db, NOW + 91 * DAY)
    assert await _count(setting.db, people) == 0
    async with setting.db.read() as conn:
        left = await cases.get(conn, setting.vault, case)
    assert left is not None
    assert (left.result, left.urgency, left.outcome, left.summary) == ("T1", 2, "oriented", None)


async def test_what_was_deleted_is_gone_from_the_files(tmp_path: Path, database: Database) -> None:
    """Deleted rows must not stay readable in the database or its log (checked with plain text, without the vault)."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are the operator's: retention there ends with its own vacuum")
    async with database.write() as conn:
        for n in range(500):
            await conn.execute(
                insert(seen).values(
                    channel=f"{CANARY}-{n}"[:32],
                    provider_mac=bytes([n % 256, n // 256]) * 8,
                    seen_at=NOW - 401 * DAY,
                )
            )
    files = list(tmp_path.glob("faro.db*"))
    assert any(CANARY.encode() in file.read_bytes() for file in files)
    await retention.purge(database, NOW)
    assert [file.name for file in tmp_path.glob("faro.db*") if CANARY.encode() in file.read_bytes()] == []


async def test_rotation_while_reading_loses_nothing(setting: Setting, ring: KeyRing, tmp_path: Path) -> None:
    """Every sealed value ends under the new key, and still opens."""
    here = await _conversation(setting)
    await open_one(setting.db, setting.vault, "whatsapp:+51987654321")
    old = ring.writer
    ring.rotate(tmp_path / "keys.json")
    vault = Vault(ring)
    before = await retention.count_keys(setting.db, vault)
    after = await retention.rotate_fields(setting.db, vault)
    assert before[old] == sum(before.values()) > 5
    assert after == {ring.writer: before[old]}
    ring.forget(tmp_path / "keys.json", old)
    async with setting.db.read() as conn:
        found = await conversations.get(conn, Vault(ring), here)
        assert await conversations.address_of(conn, Vault(ring), here) == "whatsapp:+51987654321"
    assert found is not None
    assert found.state == {"x": CANARY}


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: audit_rows.update().where(audit_rows.c.seq == 3).values(act="case.close"),
        lambda: audit_rows.update().where(audit_rows.c.seq == 3).values(at=1.0),
        lambda: audit_rows.delete().where(audit_rows.c.seq == 3),
        lambda: audit_rows.insert().values(seq=99, at=NOW, actor="x", act="y", object="z", mac=b"0" * 32),
    ],
    ids=["changed act", "changed time", "deleted row", "inserted row"],
)
async def test_the_audit_log_shows_tampering(database: Database, vault: Vault, tamper: object) -> None:
    """A whole chain verifies; any change inside it is found."""
    async with database.write() as conn:
        for n in range(6):
            await audit.append(conn, vault, "staff", "thread.read", f"case{n}", NOW + n)
        assert await audit.verify(conn, vault) is None
        assert (await audit.head(conn))[0] == 6
        await conn.execute(tamper())
        assert await audit.verify(conn, vault) is not None


def test_every_sealed_column_is_rotated() -> None:
    """A new sealed column that rotation forgets would lose its data with the old key."""
    from bot.storage.tables import metadata

    known = {(table.name, column) for table, column in retention.SEALED}
    assert known == {
        (t.name, c.name) for t in metadata.sorted_tables for c in t.columns if c.name.endswith("_sealed")
    }
