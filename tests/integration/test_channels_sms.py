"""A third channel is one file and one line: SMS, judged by Twilio's own description and by the alphabet of the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import config
from bot.phrasing import Catalogues, Phrasing
from bot.vault import KeyRing
from connectors.base import Blocked, Choice, Inbound, Outbound, Request, SendError, Status
from connectors.sms import ALPHABET, LIMITS, Sms, economical
from tests.conftest import ROOT
from tests.peers.sign import ACCOUNT, message_form, sign_twilio
from tests.peers.twilio import TwilioPeer

TOKEN = "0123456789abcdef0123456789abcdef"
OURS, PERSON = "+14155238886", "+51987654321"
PUBLIC = "https://faro.example.org"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMS_ONLY = {"FromCity": "", "FromState": "", "FromZip": "", "FromCountry": "PE", "ToCountry": "US"}


@pytest.fixture
async def peer() -> AsyncIterator[TwilioPeer]:
    async with TwilioPeer(token=TOKEN) as peer:
        yield peer


@pytest.fixture
async def channel(peer: TwilioPeer) -> AsyncIterator[Sms]:
    channel = Sms(ACCOUNT, TOKEN, OURS, PUBLIC, peer.url)
    yield channel
    await channel.close()


def request(text: str, path: str = "/webhooks/sms", **more: str) -> Request:
    form = {**message_form(text, PERSON), "To": OURS, **SMS_ONLY, **more}
    for field in ("ProfileName", "WaId", "MessageType"):
        form.pop(field)
    return Request(path, "", *sign_twilio(PUBLIC + path, form, TOKEN))


async def test_what_somebody_writes(channel: Sms) -> None:
    """The words as they are, from a number; nothing of where the network thinks that it is."""
    (event,) = channel.receive(request("¡Hola! ñ"), NOW)
    assert isinstance(event, Inbound)
    assert (event.channel, event.kind, event.text, event.address) == ("sms", "text", "¡Hola! ñ", PERSON)


async def test_a_whatsapp_person_is_not_one_of_sms(channel: Sms) -> None:
    """One account, two channels: each takes its own people only."""
    assert not any(
        isinstance(e, Inbound) for e in channel.receive(request("x", From="whatsapp:+51987654321"), NOW)
    )


async def test_statuses_and_opting_out(channel: Sms) -> None:
    """STOP at the network is a block, as everywhere."""
    told = channel.receive_status(
        request(
            "", "/webhooks/sms/status", MessageStatus="undelivered", ErrorCode="21610", To=PERSON, From=OURS
        ),
        NOW,
    )
    assert [type(one) for one in told] == [Status, Blocked]


async def test_choices_are_numbers(channel: Sms, peer: TwilioPeer) -> None:
    """No Content resource is made; whatever layout was asked for, the words name the choices."""
    choices = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"))
    for layout in ("buttons", "list", "plain"):
        await channel.send(PERSON, Outbound("¿Te deben?", choices, layout, list_label="Ver"))
    assert [one["text"] for one in peer.messages] == ["¿Te deben?\n1. Si\n2. No"] * 2 + ["¿Te deben?"]
    assert {call.data["StatusCallback"] for call in peer.calls} == {f"{PUBLIC}/webhooks/sms/status"}
    assert peer.contents == {}


async def test_refusals_carry_a_code_only(channel: Sms, peer: TwilioPeer) -> None:
    """The same table of codes as for WhatsApp."""
    peer.fault("/Messages.json", 400, {"code": 21610, "message": f"To {PERSON}", "status": 400})
    with pytest.raises(SendError) as raised:
        await channel.send(PERSON, Outbound("hola"))
    assert (raised.value.blocked, str(raised.value)) == (True, "21610")


@pytest.mark.parametrize(
    ("text", "spare"),
    [
        ("¿Dónde está? ¡Aquí! Ñandú", "¿Donde esta? ¡Aqui! Ñandu"),
        ("Hola 👋 Soy Faro", "Hola Soy Faro"),
        ("«uno» — “dos”… 📞 100", '"uno" - "dos"... 100'),
        ("uno\n\n\ndos  tres ", "uno\ndos tres"),
        ("pingüino café", "pingüino café"),
        ("👍", "👍"),
        ("你好", "你好"),
        ("Hola 你好", "Hola 你好"),
    ],
)
def test_economy(text: str, spare: str) -> None:
    """Accents that the network lacks and pictures go; what it cannot write at all stays whole."""
    assert economical(text) == spare


@given(st.text(max_size=300))
def test_no_letter_is_lost(text: str) -> None:
    """Either all fits the small alphabet, or nothing was changed; letters and digits are never dropped."""
    spare = economical(text)
    assert spare == text or set(spare) <= ALPHABET
    assert sum(map(str.isalnum, spare)) >= sum(c.isalnum() and c in ALPHABET for c in text)


def test_every_text_of_the_catalogue_is_cheap() -> None:
    """160 letters a piece, not 70, for everything that the bot says in Spanish; no part has more than three pieces."""
    phrasing = Phrasing(Catalogues(ROOT / "locales"))
    for key in phrasing.catalogues.keys("es"):
        if key.startswith("console."):
            continue
        for message in phrasing.render({"say": key}, "es", LIMITS):
            spare = economical(message.text)
            assert set(spare) <= ALPHABET, key
            assert len(spare) <= 459 + 20, key


async def test_one_file_and_one_line(tmp_path: Path, peer: TwilioPeer) -> None:
    """With its setting the channel has its routes, its sweep and its deletions; nothing else names it."""
    from bot.app import Service

    KeyRing.create(tmp_path / "keys.json")
    settings = config.load(
        {},
        _env_file=None,
        keys_file=tmp_path / "keys.json",
        database_url=f"sqlite:///{tmp_path / 'faro.db'}",
        public_url=PUBLIC,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_sms_from=OURS,
        twilio_api_url=peer.url,
    )
    service = Service(settings)
    assert sorted(service.channels) == ["sms"]
    assert [route.path for route in service.door.routes()] == ["/webhooks/sms", "/webhooks/sms/status"]
    assert [channel.name for channel in service.sweep._channels] == ["sms"]
    assert service.inbox._copies == ["sms"]
    await service.db.close()
    naming = [p.name for p in (ROOT / "bot").rglob("*.py") if "connectors.sms" in p.read_text()]
    assert naming == ["app.py"]
