"""Voice notes: fetched from both platforms, sealed, tried again, shown as lost when lost, gone when the person's data goes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from bot import retention
from bot.erasure import AFTER_READING, Erasures
from bot.inbox import Inbox
from bot.storage import voice_notes as store
from bot.storage.database import Database
from bot.storage.tables import conversations, voice_notes
from bot.vault import KeyRing, Vault
from bot.voice_notes import LARGEST, MOST_OF_ONE, PAUSES, VoiceNotes
from connectors import telegram_update
from connectors.base import Inbound, Request, SendError
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp
from tests.integration.conftest import NOW
from tests.peers.contents import Contents
from tests.peers.loopback import Peer
from tests.peers.opus import silence
from tests.peers.sign import ACCOUNT, PERSON, SENDER, sign_twilio, voice_form, voice_update
from tests.peers.telegram import TOKEN, TelegramPeer
from tests.peers.twilio import TwilioPeer

PUBLIC = "https://faro.example.org"
SID = "MM" + "0" * 31 + "1"
CANARY = "canario-de-la-voz"
RECORDING = silence(0.5, CANARY)
SECRET = "s" * 64


class Setting:
    """A store, one platform's peer, and the job, with a clock that the test moves."""

    def __init__(self, db: Database, vault: Vault, peer: Peer) -> None:
        self.db, self.vault, self.peer, self.now = db, vault, peer, NOW
        self.channel: Any
        if isinstance(peer, TwilioPeer):
            self.channel = WhatsApp(ACCOUNT, "12345", SENDER, PUBLIC, peer.url, Contents())
        else:
            self.channel = Telegram(TOKEN, SECRET, peer.url, PUBLIC)
        channels = {self.channel.name: self.channel}
        self.copies = [self.channel.name] if self.channel.limits.copies else []
        self.inbox = Inbox(db, vault, lambda: self.now, copies=self.copies)
        self.job = VoiceNotes(db, vault, channels, lambda: self.now, self.copies)
        self.erasures = Erasures(db, vault, channels, lambda: self.now)

    def event(self, content: bytes = RECORDING) -> Inbound:
        """A voice note as the channel reads it."""
        at = datetime.fromtimestamp(self.now, UTC)
        if isinstance(self.peer, TelegramPeer):
            self.peer.files["AwAC"] = content
            (event,) = telegram_update.events(voice_update("AwAC"), "telegram", at)
        else:
            assert isinstance(self.peer, TwilioPeer)
            form = voice_form(SID, self.peer.record(SID, content))
            path = "/webhooks/whatsapp"
            headers, body = sign_twilio(PUBLIC + path, form, "12345")
            (event,) = self.channel.receive(Request(path, "", headers, body), at)
        assert isinstance(event, Inbound)
        assert event.kind == "voice"
        assert event.media
        return event

    async def comes(self, content: bytes = RECORDING) -> str:
        """A voice note comes in, and the bot has read it; the conversation's id."""
        here = (await self.inbox.store(self.event(content))).conversation_id
        claimed = await self.inbox.claim("w", self.now)
        assert claimed is not None
        async with self.db.write() as conn:
            await self.inbox.done(conn, claimed, [m.id for m in claimed.messages], self.now)
        return here

    async def standing(self, here: str) -> list[tuple[str, str]]:
        async with self.db.read() as conn:
            return [(one.state, one.code) for one in (await store.of(conn, here)).values()]

    async def heard(self, here: str) -> tuple[bytes, str] | None:
        """What whoever holds the case would hear."""
        async with self.db.read() as conn:
            (note,) = (await store.of(conn, here)).values()
            return await store.recording(conn, self.vault, here, note.id)


@pytest.fixture(params=["whatsapp", "telegram"])
async def setting(request: pytest.FixtureRequest, database: Database, vault: Vault) -> AsyncIterator[Setting]:
    async with TwilioPeer() if request.param == "whatsapp" else TelegramPeer() as peer:
        made = Setting(database, vault, peer)
        yield made
        await made.channel.close()


@pytest.fixture
async def twilio(database: Database, vault: Vault) -> AsyncIterator[Setting]:
    async with TwilioPeer() as peer:
        made = Setting(database, vault, peer)
        yield made
        await made.channel.close()


async def test_a_recording_is_fetched_and_sealed(setting: Setting) -> None:
    """Byte for byte, readable through the vault alone, and of this conversation alone."""
    here = await setting.comes()
    assert await setting.standing(here) == [("waiting", "")]
    await setting.job.step()
    assert await setting.standing(here) == [("kept", "")]
    assert await setting.heard(here) == (RECORDING, "audio/ogg")
    async with setting.db.read() as conn:
        (row,) = (await conn.execute(select(voice_notes))).all()
        assert await store.recording(conn, setting.vault, "0" * 32, row.id) is None
    assert CANARY.encode() not in row.content_sealed
    assert row.source_sealed is None
    calls = len(setting.peer.calls)
    setting.now += 10**6
    await setting.job.step()
    assert len(setting.peer.calls) == calls


async def test_twilios_copy_goes_only_when_the_recording_is_here(twilio: Setting) -> None:
    """Until then it is the only one, however long the fetching takes."""
    peer = twilio.peer
    assert isinstance(peer, TwilioPeer)
    peer.fault("/Media/", 503, {}, times=2)
    here = await twilio.comes()
    await twilio.job.step()
    twilio.now += 2 * AFTER_READING
    await twilio.erasures.step()
    assert peer.deleted == []
    await twilio.job.step()
    twilio.now += 2 * AFTER_READING
    await twilio.job.step()
    assert await twilio.standing(here) == [("kept", "")]
    twilio.now += 2 * AFTER_READING
    await twilio.erasures.step()
    assert peer.deleted == [SID]
    assert not peer.media
    assert await twilio.heard(here) == (RECORDING, "audio/ogg")


async def test_what_does_not_come_is_tried_and_then_called_lost(setting: Setting) -> None:
    """Each try waits longer; the code is kept for the conversation's page, and the provider's copy goes."""
    here = await setting.comes()
    calls = "/Media/" if isinstance(setting.peer, TwilioPeer) else "getFile"
    setting.peer.fault(calls, 503, {"ok": False, "error_code": 503}, times=100)
    for tries, pause in enumerate(PAUSES, 1):
        await setting.job.step()
        assert len(setting.peer.called(calls)) == tries
        assert (await setting.standing(here))[0][0] == "waiting"
        setting.now += pause - 1
        await setting.job.step()
        assert len(setting.peer.called(calls)) == tries
        setting.now += 1
    await setting.job.step()
    ((state, code),) = await setting.standing(here)
    assert (state, bool(code)) == ("lost", True)
    assert await setting.heard(here) is None
    setting.now += 10 * AFTER_READING
    await setting.erasures.step()
    if isinstance(setting.peer, TwilioPeer):
        assert setting.peer.deleted == [SID]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"OggS" + b"x" * LARGEST, "too_large"), (b"<html>", "no_recording"), (b"", "no_recording")],
    ids=["too large", "no recording", "empty"],
)
async def test_what_is_not_kept(setting: Setting, content: bytes, code: str) -> None:
    """Neither more than the limit nor anything but a recording."""
    here = await setting.comes(content)
    await setting.job.step()
    assert await setting.standing(here) == [("lost", code)]


async def test_a_flood_does_not_fill_the_disk(twilio: Setting) -> None:
    """What one conversation may hold has an end."""
    here = await twilio.comes()
    await twilio.job.step()
    async with twilio.db.write() as conn:
        await conn.execute(update(voice_notes).values(size=MOST_OF_ONE))
    peer = twilio.peer
    assert isinstance(peer, TwilioPeer)
    second = SID[:-1] + "2"
    form = voice_form(second, peer.record(second, RECORDING))
    event = Inbound(
        "whatsapp",
        second,
        PERSON,
        "voice",
        datetime.fromtimestamp(NOW, UTC),
        media=form["MediaUrl0"].removeprefix("https://api.twilio.com"),
    )
    await twilio.inbox.store(event)
    await twilio.job.step()
    assert sorted(await twilio.standing(here)) == [("kept", ""), ("lost", "full")]


async def test_two_processes_fetch_once(setting: Setting) -> None:
    """Whoever comes second leaves it."""
    here = await setting.comes()
    other = VoiceNotes(
        setting.db, setting.vault, {setting.channel.name: setting.channel}, lambda: setting.now, []
    )
    async with setting.db.read() as conn:
        (row,) = (await conn.execute(select(voice_notes))).all()
    await setting.job._one(row)
    await other._one(row)
    name = "/Media/" if isinstance(setting.peer, TwilioPeer) else "getFile"
    assert len([call for call in setting.peer.called(name) if not call.name.startswith("/kept")]) == 1
    assert await setting.standing(here) == [("kept", "")]


async def test_erasing_takes_recordings_along(setting: Setting, tmp_path: Path) -> None:
    """BORRAR: kept or still to be fetched, nothing is left, and nothing comes back afterwards."""
    here = await setting.comes()
    await setting.job.step()
    async with setting.db.write() as conn:
        await retention.erase_conversation(conn, setting.vault, here, setting.now, ())
    assert await _rows(setting.db) == []
    setting.peer.calls.clear()
    if isinstance(setting.peer, TelegramPeer):
        event = setting.event()
        late = (await setting.inbox.store(event)).conversation_id
        async with setting.db.read() as conn:
            (row,) = (await conn.execute(select(voice_notes))).all()
        fetch, gone = setting.channel.fetch, []

        async def erased_meanwhile(media: str, limit: int) -> bytes:
            content: bytes = await fetch(media, limit)
            async with setting.db.write() as conn:
                await retention.erase_conversation(conn, setting.vault, late, setting.now, ())
            gone.append(media)
            return content

        setting.channel.fetch = erased_meanwhile
        await setting.job._one(row)
        assert gone
    assert await _rows(setting.db) == []


async def test_purging_takes_recordings_along(setting: Setting) -> None:
    """They are kept as long as the text of their conversation, and no longer."""
    here = await setting.comes()
    await setting.job.step()
    async with setting.db.write() as conn:
        await conn.execute(
            update(conversations)
            .where(conversations.c.id == here)
            .values(consented=True, last_inbound_at=NOW)
        )
    await retention.purge(setting.db, NOW + retention.KEEP_CONVERSATION - 1)
    assert len(await _rows(setting.db)) == 1
    await retention.purge(setting.db, NOW + retention.KEEP_CONVERSATION + 1)
    assert await _rows(setting.db) == []


async def test_new_keys_seal_recordings_anew(setting: Setting, ring: KeyRing, tmp_path: Path) -> None:
    """Kept and still to be fetched: afterwards nothing needs the old key."""
    here = await setting.comes()
    await setting.job.step()
    await setting.inbox.store(dataclasses.replace(setting.event(), provider_id="another"))
    old = ring.writer
    ring.rotate(tmp_path / "keys.json")
    await retention.rotate_fields(setting.db, Vault(ring))
    ring.forget(tmp_path / "keys.json", old)
    setting.vault = setting.job._vault = Vault(ring)
    await setting.job.step()
    assert await setting.standing(here) == [("kept", "")] * 2
    async with setting.db.read() as conn:
        for row in await _rows(setting.db):
            kept = await store.recording(conn, setting.vault, here, row.id)
            assert kept == (RECORDING, "audio/ogg")


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/x",
        "http://127.0.0.1:1/",
        "https://api.twilio.com.evil.example/",
        "file:///etc/passwd",
    ],
)
async def test_an_answer_cannot_send_us_anywhere_else(twilio: Setting, to: str) -> None:
    """Only to hosts that keep Twilio's media."""

    class Elsewhere(TwilioPeer):
        async def answer(self, request: Any) -> Any:
            return web.Response(status=307, headers={"Location": to})

    async with Elsewhere() as peer:
        channel = WhatsApp(ACCOUNT, "12345", SENDER, PUBLIC, peer.url, Contents())
        with pytest.raises(SendError, match="redirect|network") as refused:
            await channel.fetch(f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME1", 100)
        assert to not in str(refused.value)


async def _rows(db: Database) -> list[Any]:
    async with db.read() as conn:
        return list((await conn.execute(select(voice_notes))).all())
