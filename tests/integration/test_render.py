"""Every text fits every telephone: measured by us, and taken by the two judges that nobody here wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer

from bot.commands.render import CHANNELS, render
from bot.phrasing import Catalogues, Phrasing
from bot.rendering import prove, rendered
from bot.texts import shape
from connectors.base import Choice, Outbound
from connectors.sms import Sms
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp
from tests.conftest import ROOT
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, PERSON, SENDER
from tests.peers.telegram import TelegramPeer
from tests.peers.twilio import TwilioPeer

PUBLIC = "https://faro.example.org"


def test_the_real_catalogues_fit() -> None:
    """Nothing to cut, split or number, on any channel, in any language."""
    proof = prove(Catalogues(ROOT / "locales"), CHANNELS)
    assert proof.faults == ()
    assert proof.rendered > 1000


def broken(tmp_path: Path, key: str, text: str) -> Path:
    """The real catalogues with one text changed."""
    folder = tmp_path / "locales"
    shutil.copytree(ROOT / "locales", folder)
    path = folder / "es/LC_MESSAGES/messages.po"
    head, found, rest = path.read_text("utf-8").partition(f'msgid "{key}"\n')
    assert found
    entry, blank, others = rest.partition("\n\n")
    assert entry.startswith("msgstr")
    path.write_text(f'{head}{found}msgstr "{text}"{blank}{others}', "utf-8")
    return folder


@pytest.mark.parametrize(
    ("key", "text", "what", "channel"),
    [
        ("ask.Q07", "x" * 1025, "the body is too long", "whatsapp"),
        ("consent.about", "x" * 1601, "the body is too long", "whatsapp"),
        ("consent.about", "x" * 4097, "the body is too long", "telegram"),
        ("consent.about", "x" * 460, "the body is too long", "sms"),
        ("choice.yes", "x" * 21, "a title is too long", "whatsapp"),
        ("choice.yes", "x" * 61, "a title is too long", "telegram"),
        ("choice.yes", "No", "two choices are called 'No'", "whatsapp"),
        ("choice.more", "No", "two choices are called 'No'", "whatsapp"),
        ("choice.more", "x" * 21, "a title is too long", "whatsapp"),
        ("choice.more", " ", "letters where 20 fit", "whatsapp"),
        ("list.label", "x" * 21, "label of the list", "whatsapp"),
        ("start.hello", "¿Hay peligro?", "alarming on a locked screen: peligro", "telegram"),
        ("human.joined", "{alias} {role}" + "{alias}" * 120, "the body is too long", "whatsapp"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, key: str, text: str, what: str, channel: str) -> None:
    """Each rule, broken once, is named on the channel that it belongs to."""
    proof = prove(Catalogues(broken(tmp_path, key, text)), CHANNELS)
    assert any(what in fault.what and fault.channel == channel for fault in proof.faults)


FOUR = tuple(Choice(f"Q07.{n}", f"Título {n}") for n in range(4))
TWISTED = [  # what no text can bring about while the renderer is right
    (Outbound("¿Sí?", FOUR, "buttons"), "4 choices where 3 fit"),
    (Outbound("¿Sí?", FOUR * 3, "list", list_label="Ver"), "12 choices where 10 fit"),
    (Outbound("¿Sí?", (Choice("Q07.yes", "x" * 25),), "list", list_label="Ver"), "25 letters where 24 fit"),
    (Outbound("¿Sí?", (Choice("Q07." + "ñ" * 31, "Sí"),), "buttons"), "holds more than 64 bytes"),
    (Outbound("x" * 1025, FOUR[:2], "buttons"), "1025 letters where 1024 fit"),
    (Outbound("¿Sí?", FOUR[:2], "list"), "the label of the list does not fit"),
]


@pytest.mark.parametrize(("message", "what"), TWISTED)
def test_a_renderer_that_goes_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, message: Outbound, what: str
) -> None:
    """The proof measures what comes out and trusts no limit of the renderer's own."""
    monkeypatch.setattr("bot.rendering.rendered", lambda *_: [message])
    proof = prove(Catalogues(ROOT / "locales"), {"whatsapp": CHANNELS["whatsapp"]})
    assert any(what in fault.what for fault in proof.faults)


def test_an_alarming_word_further_down_is_allowed(tmp_path: Path) -> None:
    """A locked screen shows the beginning only."""
    proof = prove(Catalogues(broken(tmp_path, "start.hello", "Hola. " * 8 + "peligro")), CHANNELS)
    assert proof.faults == ()


def test_another_language_is_measured_too(tmp_path: Path) -> None:
    """A translation may be longer than what it translates."""
    folder = broken(tmp_path, "choice.yes", "Sí")
    other = folder / "qu/LC_MESSAGES"
    other.mkdir(parents=True)
    (other / "messages.po").write_text(
        'msgid ""\nmsgstr ""\n\nmsgid "choice.yes"\nmsgstr "' + "x" * 30 + '"\n', "utf-8"
    )
    faults = prove(Catalogues(folder), CHANNELS).faults
    assert {fault.locale for fault in faults} == {"qu"}


@pytest.mark.parametrize(("text", "code"), [("Sí", 0), ("x" * 30, 1)])
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int) -> None:
    """Exit 1 and the place, or one line that says how much was looked at."""
    with pytest.raises(typer.Exit) as ended:
        render(broken(tmp_path, "choice.yes", text))
    assert ended.value.exit_code == code
    assert ("choice.yes" in capsys.readouterr().out) == bool(code)


async def test_the_judges_take_every_text_that_has_choices() -> None:
    """What is measured here is really sent: Twilio's description with its limits, and Telegram's, refuse nothing."""
    phrasing = Phrasing(Catalogues(ROOT / "locales"))
    keys = sorted(key for key in phrasing.catalogues.keys("es") if not key.startswith("console."))
    asked = [key for key in keys if shape.choices_of(key) is not None]
    async with TwilioPeer() as twilio, TelegramPeer("1:peer") as bot:
        whatsapp = WhatsApp(ACCOUNT, "12345", SENDER, PUBLIC, twilio.url, Contents())
        sms = Sms(ACCOUNT, "12345", "+14155238886", PUBLIC, twilio.url)
        telegram = Telegram("1:peer", "s" * 40, bot.url, PUBLIC)
        for key in asked:
            for message in rendered(phrasing, key, "es", whatsapp.limits):
                await whatsapp.send(PERSON, message)
            for message in rendered(phrasing, key, "es", sms.limits):
                await sms.send("+51987654321", message)
            for message in rendered(phrasing, key, "es", telegram.limits):
                await telegram.send("7001", message)
        assert len(asked) > 40
        assert sum(bool(one["choices"]) for one in twilio.messages) == len(asked)
        assert sum(bool(one["choices"]) for one in bot.messages) == len(asked)
        for channel in (whatsapp, sms, telegram):
            await channel.close()


@pytest.mark.parametrize(
    "text",
    [
        "¡Hola! ñ",
        "👩🏽‍🦱👍",
        "e\u0301 cafe\u0301",
        "\u202eשלום\u202c مرحبا",
        "  dos  espacios\n\ny líneas ",
        "<b>&amp;",
    ],
)
async def test_words_go_out_byte_by_byte(text: str) -> None:
    """Spanish, emoji, combining accents, writing from the right, with and without buttons: as they were written."""
    yes_no = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"))
    async with TwilioPeer() as twilio, TelegramPeer("1:peer") as bot:
        whatsapp = WhatsApp(ACCOUNT, "12345", SENDER, PUBLIC, twilio.url, Contents())
        telegram = Telegram("1:peer", "s" * 40, bot.url, PUBLIC)
        for message in (Outbound(text), Outbound(text, yes_no, "buttons")):
            await whatsapp.send(PERSON, message)
            await telegram.send("7001", message)
        assert [one["text"].encode() for one in (*twilio.messages, *bot.messages)] == [text.encode()] * 4
        await whatsapp.close()
        await telegram.close()
