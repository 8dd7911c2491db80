"""What the bot shows before anybody writes, where it refuses to talk, and how fast it may."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from bot import config
from bot.commands import telegram as commands
from bot.config import Settings, UnsafeSettingsError
from bot.inbox import Inbox
from bot.phrasing import Catalogues
from bot.storage.database import Database
from bot.vault import Vault
from bot.webhook import Door
from connectors.base import Elsewhere, Inbound, Limits, Outbound, Request
from connectors.telegram import ALLOWED_UPDATES, Telegram
from tests.conftest import ROOT
from tests.integration.conftest import NOW
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Line, Setting
from tests.peers.opus import silence
from tests.peers.sign import telegram_headers, text_update
from tests.peers.telegram import TelegramPeer

SECRET = "s" * 64
PUBLIC = "https://faro.example.org"
SAY = Catalogues(ROOT / "locales").text
BOT = "123456:" + "a" * 35


@pytest.fixture
async def peer() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer(BOT) as peer:
        yield peer


@pytest.fixture
async def channel(peer: TelegramPeer) -> AsyncIterator[Telegram]:
    channel = Telegram(BOT, SECRET, peer.url, PUBLIC)
    yield channel
    await channel.close()


def settings(peer: TelegramPeer, **more: object) -> config.Settings:
    given = {
        "telegram_token": BOT,
        "telegram_secret": SECRET,
        "telegram_api_url": peer.url,
        "public_url": PUBLIC,
    }
    return config.load({}, _env_file=None, **{**given, **more})


async def test_setting_up_twice_changes_nothing_more(peer: TelegramPeer) -> None:
    """Name, description, commands and webhook are set once; the second run only renews the secret."""
    first = await commands._set_up(settings(peer))
    assert {"name", "about", "description", "commands", "webhook"} <= set(first)
    assert peer.profile["name", ""] == SAY("telegram.name", "es")
    assert [one["command"] for one in peer.profile["commands", ""]] == list(commands.COMMANDS)
    assert peer.webhook["url"] == f"{PUBLIC}/webhooks/telegram"
    assert (peer.webhook["secret_token"], peer.webhook["allowed_updates"]) == (SECRET, list(ALLOWED_UPDATES))
    peer.calls.clear()
    assert await commands._set_up(settings(peer)) == []
    assert [call.name for call in peer.calls if not call.name.startswith("get")] == ["setWebhook"]


async def test_only_what_differs_is_changed(peer: TelegramPeer) -> None:
    """Somebody changed the name by hand and the webhook points elsewhere: these two are set right, and told."""
    await commands._set_up(settings(peer))
    peer.profile["name", ""] = "Ayuda a víctimas"
    peer.webhook["url"] = "https://old.example.org"
    assert await commands._set_up(settings(peer)) == ["name", "webhook"]


async def test_every_language_has_its_own_menu(peer: TelegramPeer, tmp_path: Path) -> None:
    """A language that has no words of its own for the menu shows the Spanish ones."""
    for name, text in (
        ("es", None),
        ("pt", 'msgid ""\nmsgstr ""\n\nmsgid "telegram.command.ayuda"\nmsgstr "Falar"\n'),
    ):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        spanish = (ROOT / "locales/es/LC_MESSAGES/messages.po").read_text("utf-8")
        (folder / "messages.po").write_text(text or spanish, "utf-8")
    await commands._set_up(settings(peer, locales=tmp_path))
    assert peer.profile["commands", "pt"][0] == {"command": "ayuda", "description": "Falar"}
    assert peer.profile["commands", "pt"][1]["description"] == SAY("telegram.command.idioma", "es")


async def test_without_a_public_address_no_webhook_is_left(peer: TelegramPeer) -> None:
    """A webhook of another day would keep polling from working."""
    peer.webhook = {"url": "https://old.example.org"}
    assert "webhook" in await commands._set_up(settings(peer, public_url="", telegram_secret=""))
    assert peer.webhook == {}
    assert await commands._set_up(settings(peer, public_url="", telegram_secret="")) == []


def test_the_menu_is_neutral() -> None:
    """Whoever picks up the phone reads it: no word of it names what this is about."""
    for key in ("name", "about", "description", *(f"command.{one}" for one in commands.COMMANDS)):
        text = SAY(f"telegram.{key}", "es").casefold()
        assert not any(
            word in text for word in ("trata", "víctima", "explota", "denuncia", "polic", "peligro")
        ), key


def test_without_a_bot_there_is_nothing_to_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One sentence, no trace."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnsafeSettingsError, match="FARO_TELEGRAM_TOKEN"):
        commands.setup()


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("protect", [False, True])
async def test_silent_and_protected_are_settings(
    peer: TelegramPeer, tmp_path: Path, silent: bool, protect: bool
) -> None:
    """``FARO_SILENT`` takes the sound away, ``FARO_PROTECT`` hinders forwarding: of words and of recordings."""
    assert (Settings().silent, Settings().protect) == (False, True)

    class Recorded:
        def content(self, _: str) -> bytes:
            return silence(0.1)

        def url(self, _: str) -> str:
            return ""

    channel = Telegram(BOT, SECRET, peer.url, PUBLIC, silent=silent, protect=protect, recordings=Recorded())
    await channel.send("7001", Outbound("hola"))
    await channel.send("7001", Outbound("", recording="es/ask.Q01"))
    await channel.close()
    calls = peer.called("sendMessage") + peer.called("sendVoice")
    assert len(calls) == 2
    for call in calls:
        assert bool(call.data.get("disable_notification")) == silent
        assert bool(call.data.get("protect_content")) == protect


async def test_groups_are_declined_once_and_left(
    peer: TelegramPeer, channel: Telegram, database: Database, vault: Vault
) -> None:
    """One neutral line for all who read along, then out; the same update again says nothing more."""
    inbox = Inbox(database, vault, lambda: NOW)
    door = Door({"telegram": channel}, inbox, object(), lambda: NOW, say=SAY)  # type: ignore[arg-type]  # no status comes
    update = text_update("me quitaron el pasaporte")
    update["message"]["chat"] = {"id": -100, "type": "group", "title": "G"}
    request = Request("/webhooks/telegram", "", telegram_headers(SECRET), json.dumps(update).encode())
    for _ in range(2):
        await door.deliver(channel.receive(request, datetime.now(UTC)))
        await door.close()
    assert [(one["to"], one["text"]) for one in peer.messages] == [("-100", SAY("elsewhere.private", "es"))]
    assert peer.left == [-100]


@pytest.mark.parametrize("status", [400, 403, 429, 502, 0])
async def test_a_group_that_cannot_be_answered_is_left_all_the_same(
    peer: TelegramPeer, channel: Telegram, status: int
) -> None:
    """Where we may not write we still go, and nothing is raised."""
    peer.fault("sendMessage", status, {"ok": False, "error_code": status, "description": "x"})
    await channel.decline(Elsewhere("telegram", "-100"), "Hola")
    assert peer.left == [-100]


async def test_campaigns_are_counted_by_name_only_where_they_are_ours(
    channel: Telegram, peer: TelegramPeer, database: Database, vault: Vault
) -> None:
    """Anybody can put anything into a link: unknown codes count together, repeated calls once, and none is kept."""
    inbox = Inbox(database, vault, lambda: NOW)
    door = Door({"telegram": channel}, inbox, object(), lambda: NOW, campaigns={"plaza"})  # type: ignore[arg-type]

    def figure(name: str) -> float:
        labels = {"channel": "telegram", "campaign": name}
        return REGISTRY.get_sample_value("faro_campaigns_total", labels) or 0.0

    before = figure("plaza"), figure("other")
    for code in ("plaza", "canario", "plaza"):
        update = text_update(f"/start {code}")
        request = Request("/webhooks/telegram", "", telegram_headers(SECRET), json.dumps(update).encode())
        for _ in range(2):
            await door.deliver(channel.receive(request, datetime.now(UTC)))
    await door.close()
    assert (figure("plaza") - before[0], figure("other") - before[1]) == (2, 1)
    assert figure("canario") == 0


async def test_thirty_a_second_for_all_together(database: Database, vault: Vault) -> None:
    """A hundred people at once: no second holds more than thirty, all are served in four, nobody twice."""
    setting = Setting(database, vault, Line(burst=3, seconds=1.0))
    setting.line.limits = Limits(4096, 4096, 3, 60, per_person_burst=3, per_person_seconds=1.0, per_second=30)
    for n in range(100):
        stored = await setting.inbox.store(_person(n))
        await setting.say(stored.conversation_id, f"{n}")
    sent = [0]
    while sent[-1] < 100 and len(sent) < 80:
        await setting.work()
        sent.append(len(setting.line.sent))
        setting.now += 0.05
    assert max(later - now for now, later in zip(sent, sent[20:], strict=False)) <= 30
    assert sorted(int(text) for _, text in setting.line.sent) == list(range(100))


def _person(n: int) -> Inbound:
    return event(n, address=f"whatsapp:+51900000{n:03d}")


async def test_the_wait_that_telegram_names_is_kept(
    peer: TelegramPeer, database: Database, vault: Vault
) -> None:
    """429 with seconds: not before them, and then at once."""
    channel = Telegram(BOT, SECRET, peer.url, PUBLIC)
    setting = Setting(database, vault, channel)  # type: ignore[arg-type]
    setting.outbox._channels = {"telegram": channel}
    stored = await setting.inbox.store(replace(event(1), channel="telegram", address="7001"))
    await setting.say(stored.conversation_id, "hola")
    flood = {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 7}}
    peer.fault("sendMessage", 429, flood)
    await setting.work()
    setting.now += 6.9
    await setting.work()
    assert peer.messages == []
    setting.now += 0.2
    await setting.work()
    assert [one["text"] for one in peer.messages] == ["hola"]
    await channel.close()
