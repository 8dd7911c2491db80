"""``faro erase``: a request that came by letter. What must go goes, nothing is said in the chat, nobody is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import audit, retention
from bot.commands.erase import as_stored
from bot.config import UnsafeSettingsError
from bot.storage import cases, conversations
from bot.storage.database import Database
from bot.storage.tables import addresses, case_notes, erasures, inbound, outbound
from bot.storage.tables import audit as audit_rows
from bot.storage.tables import conversations as people
from bot.vault import Vault
from tests.integration.command_line import CommandLine
from tests.integration.conftest import NOW
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Line, Setting
from tests.integration.test_storage_cases import open_one

PHONE, OTHER = "whatsapp:+51987654321", "whatsapp:+51900000002"
CANARY = "canario-zafiro-1234567"


@pytest.fixture
def setting(database: Database, vault: Vault) -> Setting:
    return Setting(database, vault, Line())


async def _talk(setting: Setting, phone: str, n: int) -> str:
    """A conversation with a message in and one out, and an urgent case; the id of the case."""
    stored = await setting.inbox.store(event(n, address=phone, text=CANARY))
    await setting.say(stored.conversation_id, CANARY)
    await setting.work()
    return await open_one(setting.db, setting.vault, phone, urgency=3, result="T1", department="tumbes")


async def _count(db: Database, table: object) -> int:
    async with db.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(table)))


async def test_a_letter_erases_one_person_and_says_nothing_in_the_chat(setting: Setting) -> None:
    """Data go, the case keeps its tombstone, the provider's copies are ordered to go; the other person stays."""
    case = await _talk(setting, PHONE, 1)
    await _talk(setting, OTHER, 2)
    setting.line.sent.clear()
    asked: list[tuple[str, list[str]]] = []

    async def delete(address: str, refs: list[str]) -> int:
        asked.append((address, list(refs)))
        return 0

    setting.line.erase = delete  # type: ignore[method-assign]
    receipt = await retention.erase_by_letter(setting.db, setting.vault, "whatsapp", PHONE, NOW)
    assert receipt is not None
    for table in (people, addresses, inbound, outbound, case_notes):
        assert await _count(setting.db, table) == 1  # the other person's
    async with setting.db.read() as conn:
        left = await cases.get(conn, setting.vault, case)
        assert await conversations.find(conn, setting.vault, "whatsapp", PHONE) == []
        assert len(await conversations.find(conn, setting.vault, "whatsapp", OTHER)) == 1
        row = (await conn.execute(select(audit_rows.c.act, audit_rows.c.object))).one()
        assert await audit.verify(conn, setting.vault) is None
    assert left is not None
    assert (left.erased, left.state, left.urgency, left.summary) == (True, "closed", 3, None)
    assert (left.result, left.department, left.conversation_id) == ("", "", None)
    assert row == ("erase.letter", receipt["receipt"])
    setting.now += 2
    await setting.work()
    assert asked == [(PHONE, ["MM1"])]
    assert setting.line.sent == []
    assert await _count(setting.db, erasures) == 0
    counted = {key: receipt[key] for key in ("messages", "cases_without_person", "provider_copies_ordered")}
    assert counted == {"messages": 2, "cases_without_person": 1, "provider_copies_ordered": 1}
    assert receipt["gone_from_backups_on"] == "2027-01-29"


async def test_nothing_held_is_said_and_changes_nothing(setting: Setting) -> None:
    """Somebody else's letter leaves everything as it is, and leaves no row about the address."""
    await _talk(setting, PHONE, 1)
    assert await retention.erase_by_letter(setting.db, setting.vault, "whatsapp", OTHER, NOW) is None
    assert await retention.erase_by_letter(setting.db, setting.vault, "telegram", PHONE, NOW) is None
    assert await _count(setting.db, inbound) == 1
    assert await _count(setting.db, audit_rows) == 0


async def test_an_erasure_nobody_carries_out_is_not_kept_for_ever(setting: Setting) -> None:
    """A channel that was switched off would keep the sealed address of somebody who erased."""
    await _talk(setting, PHONE, 1)
    await retention.erase_by_letter(setting.db, setting.vault, "whatsapp", PHONE, NOW)
    await retention.purge(setting.db, NOW + 29 * retention.DAY)
    assert await _count(setting.db, erasures) == 1
    await retention.purge(setting.db, NOW + 31 * retention.DAY)
    assert await _count(setting.db, erasures) == 0


async def test_the_command_reads_the_address_and_never_shows_it(
    setting: Setting, tmp_path: Path, url: str
) -> None:
    """The number as a letter spells it; a receipt without it; the second letter and the empty one are refused."""
    await _talk(setting, PHONE, 1)
    faro = CommandLine(tmp_path, url)
    receipt = await faro.told("erase", "--channel", "whatsapp", given="987 654 321\n")
    assert receipt["channel"] == "whatsapp"
    assert receipt["cases_without_person"] == 1
    assert "987654321" not in str(receipt)
    assert await _count(setting.db, people) == 0
    again = await faro.refused("erase", "--channel", "whatsapp", given="+51 987 654 321\n")
    assert "Nothing is held" in again
    assert "987" not in again
    assert "standard input" in await faro.refused("erase", "--channel", "whatsapp", given="\n")
    assert "no channel" in await faro.refused("erase", "--channel", "fax", given="+51987654321\n")
    on_the_line = await faro.run("erase", "--channel", "whatsapp", "+51987654321")
    assert on_the_line.returncode == 2


@pytest.mark.parametrize(
    ("channel", "written", "stored"),
    [
        ("whatsapp", "987 654 321", "whatsapp:+51987654321"),
        ("whatsapp", "+51-987-654-321", "whatsapp:+51987654321"),
        ("whatsapp", "+58 412 123 45 67", "whatsapp:+584121234567"),
        ("whatsapp", "whatsapp:PE.1234567890", "whatsapp:PE.1234567890"),
        ("sms", "987 654 321", "+51987654321"),
        ("telegram", "123456789", "123456789"),
        ("sim-whatsapp", "ana", "ana"),
    ],
)
def test_an_address_is_read_as_people_write_it(channel: str, written: str, stored: str) -> None:
    """Spaces, hyphens and a missing country make no difference."""
    assert as_stored(channel, written) == stored


@pytest.mark.parametrize(
    ("channel", "written"), [("whatsapp", "doña Rosa"), ("telegram", "@rosa"), ("whatsapp", "12")]
)
def test_what_is_no_address_is_refused_without_repeating_it(channel: str, written: str) -> None:
    """The sentence must not carry what was typed."""
    with pytest.raises(UnsafeSettingsError) as refusal:
        as_stored(channel, written)
    assert written not in str(refusal.value)
