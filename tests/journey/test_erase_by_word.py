"""BORRAR on the real platforms' side: the chat on the phone, the provider's copies, the receipt, and the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.phrasing import Catalogues
from tests.conftest import ROOT
from tests.journey.service import BOT_TOKEN, TOKEN, Service, faro, telegram_settings, until, whatsapp_settings
from tests.peers.sign import message_form, tap_form, tap_update, text_update
from tests.peers.telegram import TelegramPeer
from tests.peers.twilio import TwilioPeer

pytestmark = pytest.mark.rasa

SAY = Catalogues(ROOT / "locales").text
CANARY = "zafiro"
CHAT = 7001


def _receipt(texts: list[str], key: str) -> int:
    """How many messages the receipt says; 0 when it has not come."""
    wanted = re.escape(SAY(key, "es")).replace(r"\{messages\}", r"(\d+)")
    return next((int(found[1]) for text in texts if (found := re.fullmatch(wanted, text))), 0)


def _nothing_left(service: Service) -> None:
    for file in service.folder.glob("faro.db*"):
        assert CANARY.encode() not in file.read_bytes()


async def test_on_telegram_both_sides_go_from_the_chat(tmp_path: Path) -> None:
    """What the person wrote, what the bot wrote: deleted by deleteMessages; only the receipt stands there then."""
    async with TelegramPeer(token=BOT_TOKEN) as peer, faro(tmp_path, telegram_settings(peer.url)) as service:
        theirs: list[int] = []

        async def write(text: str) -> None:
            update = text_update(text, CHAT)
            theirs.append(update["message"]["message_id"])
            assert (await service.telegram(update)).status_code == 200

        def texts() -> list[str]:
            return [message["text"] for message in peer.messages]

        await write("hola")
        await until("the first question", lambda: SAY("ask.P0", "es") in texts())
        await write(f"una pregunta sobre {CANARY}")
        await until("an answer", lambda: len(peer.messages) > 2)
        await write("BORRAR")
        await until("the question", lambda: SAY("erase.confirm", "es") in texts())
        ours = [message["id"] for message in peer.messages]
        shown = next(m["id"] for m in peer.messages if any(c["id"] == "erase.yes" for c in m["choices"]))
        assert (await service.telegram(tap_update("erase.yes", shown, CHAT))).status_code == 200
        await until("the receipt", lambda: _receipt(texts(), "erase.done_telegram"))
        assert _receipt(texts(), "erase.done_telegram") >= len(theirs) + len(ours)
        await until("the last line", lambda: SAY("erase.copies", "es", days=14) in texts())
        gone = {n for call in peer.called("deleteMessages") for n in call.data["message_ids"]}
        assert gone >= {*theirs, *ours}
        assert not {message["id"] for message in peer.messages} & set(ours)
        assert len(texts()) == 2
        _nothing_left(service)
        await write("hola")
        await until("a new beginning", lambda: SAY("start.hello", "es") in texts())


async def test_on_whatsapp_twilios_copies_go_and_the_person_is_told_how(tmp_path: Path) -> None:
    """Nobody can delete on the other phone: Twilio's records of both sides are, and the receipt says how to clear."""
    async with TwilioPeer(token=TOKEN) as peer, faro(tmp_path, whatsapp_settings(peer.url)) as service:
        theirs: list[str] = []

        async def send(form: dict[str, Any]) -> None:
            theirs.append(form["MessageSid"])
            assert (await service.whatsapp(form)).status_code == 200

        def texts() -> list[str]:
            return [message["text"] for message in peer.messages]

        await send(message_form(f"hola {CANARY}"))
        await until("the first question", lambda: SAY("ask.P0", "es") in texts())
        await send(message_form("BORRAR"))
        await until("the question", lambda: SAY("erase.confirm", "es") in texts(), 30)
        ours = {message["sid"] for message in peer.messages}
        shown = next(m for m in peer.messages if any(c["id"] == "erase.yes" for c in m["choices"]))
        await send(tap_form("erase.yes", SAY("choice.erase.yes", "es"), shown["sid"]))
        await until("the receipt", lambda: _receipt(texts(), "erase.done_whatsapp"), 30)
        assert "Vaciar chat" in SAY("erase.done_whatsapp", "es")
        await until("Twilio's copies", lambda: set(peer.deleted) >= {*theirs, *ours}, 30)
        _nothing_left(service)
