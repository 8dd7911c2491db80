"""Hearing a question: by choice, by word, or because somebody speaks; on both platforms, judged by their peers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import choices
from bot.app import Service
from bot.config import Settings
from bot.dialogue import Dialogue, Parts
from bot.outbox import Outbox
from bot.phrasing import Catalogues, Phrasing
from bot.recordings import Recordings
from bot.screening.model import load
from bot.storage.database import Database
from bot.turn import Tools
from bot.vault import KeyRing, Vault
from connectors.base import Inbound, Outbound, SendError
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp
from tests.conftest import ROOT
from tests.integration.test_dialogue import Talk
from tests.peers.contents import Contents
from tests.peers.opus import silence
from tests.peers.sign import ACCOUNT, PERSON, SENDER
from tests.peers.telegram import TOKEN, TelegramPeer
from tests.peers.twilio import TwilioPeer
from tests.unit.test_recordings import record

PUBLIC = "https://faro.example.org"
SPOKEN = ("ask.P1", "ask.Q01", "ask.Q02", "ask.Q03")


@pytest.fixture(params=["sqlite"])
def url(tmp_path: Path) -> str:
    """What differs between the databases is tested with inbox, outbox and cases."""
    return f"sqlite:///{tmp_path / 'faro.db'}"


class Heard(Talk):
    """A phone on a real channel, with some questions recorded."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        peer: Any,
        folder: Path,
        keys: Sequence[str] = SPOKEN,
        *,
        aloud: bool = False,
    ) -> None:
        super().__init__(db, vault)
        self.peer, self.folder = peer, folder
        shutil.copytree(ROOT / "locales", folder, dirs_exist_ok=True)
        catalogues = Catalogues(folder)
        for key in keys:
            record(folder, key, catalogues.text(key, "es"), silence(0.2, key))
        self.recordings = Recordings(folder, vault.public_name, PUBLIC)
        if isinstance(peer, TwilioPeer):
            self.address = PERSON
            self.channel: Any = WhatsApp(
                ACCOUNT, "12345", SENDER, PUBLIC, peer.url, Contents(), recordings=self.recordings
            )
        else:
            self.address = "7001"
            self.channel = Telegram(TOKEN, "s" * 64, peer.url, PUBLIC, recordings=self.recordings)
        phrasing = Phrasing(catalogues, recordings=self.recordings, aloud=aloud)
        clock, name = lambda: self.now, self.channel.name
        self.outbox = Outbox(db, vault, {name: self.channel}, clock, lambda: 0.5)
        words = choices.load_words(folder, "es")
        tools = Tools(self.rasa, load, lambda _: words, vault.word_mac)
        limits = {name: self.channel.limits}
        self.dialogue = Dialogue(Parts(db, vault, self.inbox, self.outbox, phrasing, tools, limits, clock))

    async def put(self, text: str = "", *, kind: str = "text", choice: str = "") -> None:
        self.n += 1
        at = datetime.fromtimestamp(self.now, UTC)
        await self.inbox.store(
            Inbound(self.channel.name, f"SM{self.n}", self.address, kind, at, text=text, choice_id=choice)
        )

    async def work(self) -> Any:
        """What arrives at the phone: words, or the key of the recording that is heard."""
        before = len(self.peer.messages)
        while await self.dialogue.take("w"):
            pass
        for _ in range(40):
            self.now += 6
            await self.outbox.step()
            for task in list(self.outbox._busy.values()):
                await task
        return self.heard(before)

    def heard(self, since: int) -> list[str]:
        got = []
        for message in self.peer.messages[since:]:
            if media := message.get("media"):
                content = self.recordings.at(media.rsplit("/", 1)[1].removesuffix(".ogg"))
                got.append(self._key(content))
            elif "voice" in message.get("raw", {}):
                size = message["raw"]["voice"]["file_size"]
                got.append(self._key(next(u for u in reversed(self.peer.uploads) if len(u) == size)))
            else:
                got.append(message["text"])
        return got

    def _key(self, content: bytes | None) -> str:
        return next(key for key in SPOKEN if silence(0.2, key) == content)

    def asks(self, got: Sequence[str], key: str) -> bool:
        """Whether that is this question, heard and then written (behind a neutral first line where it needs one)."""
        heard, written = got
        return heard == key and written.endswith(self.text(key, "es"))

    def offered(self) -> list[str]:
        """The choices under the newest message."""
        return [choice["id"] for choice in self.peer.messages[-1]["choices"]]

    async def answers(self) -> dict[str, Any]:
        row = await self.row()
        state = self.vault.open_json("conversations", "state_sealed", row.id, row.state_sealed)
        return {code: answer["value"] for code, answer in state["answers"].items()}


@pytest.fixture(params=["whatsapp", "telegram"])
async def talk(
    request: pytest.FixtureRequest, database: Database, vault: Vault, tmp_path: Path
) -> AsyncIterator[Heard]:
    async with TwilioPeer() if request.param == "whatsapp" else TelegramPeer() as peer:
        talk = Heard(database, vault, peer, tmp_path / "locales")
        yield talk
        await talk.channel.close()


async def test_a_tap_and_the_question_is_heard(talk: Heard) -> None:
    """The recording, then the answers again; the tap answers nothing, and the questions after it are heard too."""
    await talk.say("hola")
    await talk.say(kind="choice", choice="P0.yes")
    assert talk.offered() == ["P1.yes", "P1.no", "P1.listen"]
    assert await talk.say(kind="choice", choice="P1.listen") == ["ask.P1", talk.text("say.listen_on", "es")]
    assert talk.offered() == ["P1.yes", "P1.no"]
    assert "P1" not in await talk.answers()
    for step in ("P1.yes", "P2.18", "P3.no", "P4.now"):
        await talk.say(kind="choice", choice=step)
    got = await talk.say(kind="choice", choice="P5.full")
    assert talk.asks(got[-2:], "ask.Q01")
    got = await talk.say("1")
    assert (await talk.answers())["Q01"] == "yes"
    assert talk.asks(got[-2:], "ask.Q02")


async def test_by_word_and_no_more(talk: Heard) -> None:
    """Where three buttons are full, the word does it; SIN AUDIO ends it, and the numbers still mean the same."""
    await talk.begin()
    assert await talk.say("Escuchar") == ["ask.Q01", talk.text("say.listen_on", "es")]
    assert await talk.say("🔊") == ["ask.Q01", talk.text("say.listen", "es")]
    assert await talk.say("sin audio") == [talk.text("say.listen_off", "es")]
    got = await talk.say("3")
    assert (await talk.answers())["Q01"] == "unsure"
    assert got[-1].endswith(talk.text("ask.Q02", "es"))
    assert "ask.Q02" not in got


async def test_whoever_speaks_is_spoken_to(talk: Heard) -> None:
    """A voice note is answered with the kind line and the open question, heard and written."""
    await talk.begin()
    await talk.say("1")
    got = await talk.say(kind="voice")
    assert got[0] == talk.text("kind.voice", "es")
    assert talk.asks(got[1:], "ask.Q02")
    assert talk.asks((await talk.say("2"))[-2:], "ask.Q03")


async def test_an_old_button_is_an_old_button(talk: Heard) -> None:
    """Nothing is heard, nothing is answered, and the open question comes again."""
    await talk.begin()
    got = await talk.say(kind="choice", choice="P1.listen")
    assert got[0] == talk.text("stale.gone", "es")
    assert not set(got) & set(SPOKEN)


async def test_a_covered_chat_is_not_spoken_to(talk: Heard) -> None:
    """After SALIR nothing sounds, also when the person is back."""
    await talk.begin()
    await talk.say("escuchar")
    await talk.say("salir")
    assert not set(await talk.say("escuchar")) & set(SPOKEN)
    assert not set(await talk.say("sí, soy yo")) & set(SPOKEN)


async def test_without_a_recording_the_word_is_a_word(talk: Heard) -> None:
    """It goes to the dialogue like any other."""
    await talk.begin()
    for answer in ("1", "2", "2"):
        await talk.say(answer)
    before = len(talk.rasa.requests)
    await talk.say("escuchar")
    assert talk.rasa.requests[before]["input"] == {"kind": "text", "text": "escuchar"}


@pytest.mark.parametrize("platform", [TwilioPeer, TelegramPeer])
async def test_always(platform: Any, database: Database, vault: Vault, tmp_path: Path) -> None:
    """With ``FARO_RECORDINGS=always`` each recorded question is heard, unasked, and none is offered."""
    async with platform() as peer:
        talk = Heard(database, vault, peer, tmp_path / "locales", aloud=True)
        await talk.say("hola")
        got = await talk.say(kind="choice", choice="P0.yes")
        assert talk.asks(got[-2:], "ask.P1")
        assert talk.offered() == ["P1.yes", "P1.no"]
        await talk.channel.close()


async def test_a_recording_that_is_gone_is_no_message(talk: Heard) -> None:
    """The words still come; the send fails by its code and is not tried again."""
    await talk.begin()
    (talk.folder / "es/audio/ask.Q01.ogg").unlink()
    talk.recordings._checked = -1e9
    with pytest.raises(SendError) as refused:
        await talk.channel.send(talk.address, Outbound("", recording="es/ask.Q01"))
    assert (refused.value.code, refused.value.retryable) == ("no_recording", False)


async def test_twilio_can_fetch_it(tmp_path: Path) -> None:
    """At the address that it was told, without a name or a cookie; any other address is nothing."""
    folder = tmp_path / "locales"
    shutil.copytree(ROOT / "locales", folder)
    text = Catalogues(folder).text("ask.P1", "es")
    record(folder, "ask.P1", text)
    KeyRing.create(tmp_path / "keys.json")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'f.db'}",
        keys_file=tmp_path / "keys.json",
        public_url=PUBLIC,
        locales=folder,
        workers=0,
        rasa_url="http://127.0.0.1:9",
    )
    service = Service(settings)
    name = service.recordings.of("es", "ask.P1", text)
    path = service.recordings.url(name).removeprefix(PUBLIC)
    web = service.web()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url=PUBLIC) as http:
        got = await http.get(path)
        assert (got.status_code, got.headers["content-type"], got.content) == (200, "audio/ogg", silence(0.2))
        assert got.headers["x-robots-tag"] == "noindex"
        for wrong in (path[:-5] + ".ogg", "/recordings/es%2Fask.P1.ogg", "/recordings/.ogg"):
            assert (await http.get(wrong)).status_code == 404
    await service.db.close()
