"""A place is roughly its department, on both channels, and nothing finer."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.draft import Draft, Shown
from bot.phrasing import read_catalogue
from bot.reading import Message, taken
from connectors import telegram_update
from connectors.base import Inbound, Request
from connectors.place import department, towns
from connectors.whatsapp import WhatsApp
from tests.conftest import ROOT
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, SENDER, message_form, sign_twilio, text_update

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PUBLIC = "https://faro.example.org"
PLACES = [  # squares, markets, border posts and mines that are not among the towns of the file
    ("Plaza de Armas de Lima", -12.0458, -77.0306, "lima"),
    ("Gamarra", -12.0647, -77.0134, "lima"),
    ("Puerto del Callao", -12.0535, -77.1480, "callao"),
    ("Máncora", -4.1078, -81.0475, "tumbes"),  # in Piura, a few kilometres from Tumbes: an approximation
    ("Catacaos", -5.2650, -80.6750, "piura"),
    ("Aguas Verdes", -3.4814, -80.2450, "tumbes"),
    ("Huanchaco", -8.0793, -79.1206, "la_libertad"),
    ("La Rinconada", -14.6316, -69.4464, "puno"),
    ("Desaguadero", -16.5655, -69.0420, "puno"),
    ("Mazuko", -13.1000, -70.3800, "madre_de_dios"),
    ("La Pampa", -12.9800, -70.0000, "madre_de_dios"),
    ("Machu Picchu", -13.1631, -72.5450, "cusco"),
    ("Cerro Colorado", -16.3760, -71.5600, "arequipa"),
    ("Santa Rosa, Tacna", -18.2600, -70.3500, "tacna"),
    ("Huaquillas, Ecuador", -3.4753, -80.2308, ""),
    ("Arica, Chile", -18.4783, -70.3126, ""),
    ("Leticia, Colombia", -4.2153, -69.9406, ""),
    ("Copacabana, Bolivia", -16.1663, -69.0855, ""),
    ("Caracas", 10.4806, -66.9036, ""),
    ("the sea", -12.0, -82.0, ""),
]


@pytest.mark.parametrize(("name", "lat", "lon", "code"), PLACES)
def test_the_nearest_town_tells(name: str, lat: float, lon: float, code: str) -> None:
    """Its department; nothing beyond the borders."""
    assert department(lat, lon) == code, name


@given(st.floats(), st.floats())
def test_any_two_numbers(lat: float, lon: float) -> None:
    """A department or nothing, never an error."""
    assert department(lat, lon) in {name for _, _, name in towns()} | {""}


def test_every_department_has_words() -> None:
    """Twenty-five of them, each with its name for the console."""
    codes = {name for _, _, name in towns()} - {"outside"}
    assert len(codes) == 25
    words = read_catalogue(ROOT / "locales/es/LC_MESSAGES/console.po")
    assert {f"console.fact.department.{code}" for code in codes} <= set(words)


def whatsapp(**fields: str) -> Inbound:
    channel = WhatsApp(ACCOUNT, "12345", SENDER, PUBLIC, None, Contents())
    headers, body = sign_twilio(f"{PUBLIC}/webhooks/whatsapp", message_form("", **fields), "12345")
    (event,) = channel.receive(Request("/webhooks/whatsapp", "", headers, body), NOW)
    assert isinstance(event, Inbound)
    return event


def telegram(**fields: Any) -> Inbound:
    update = text_update("")
    del update["message"]["text"]
    update["message"].update(fields)
    (event,) = telegram_update.events(update, "telegram", NOW)
    assert isinstance(event, Inbound)
    return event


SPOT = {"latitude": -12.59331, "longitude": -69.18917}


@pytest.mark.parametrize(
    "event",
    [
        whatsapp(Latitude="-12.59331", Longitude="-69.18917", Address="Jr. Canario 1", Label="Casa"),
        telegram(location=SPOT),
        telegram(venue={"location": SPOT, "title": "Canario", "address": "Jr. Canario 1"}),
    ],
    ids=["whatsapp", "telegram", "telegram venue"],
)
def test_only_the_department_is_kept(event: Inbound) -> None:
    """Neither the point nor an address nor a label."""
    assert (event.kind, event.department, event.text) == ("location", "madre_de_dios", "")
    kept = str(dataclasses.asdict(event))
    assert not [word for word in ("12.59", "69.18", "anario", "Casa") if word in kept]


@pytest.mark.parametrize("lat", ["", "x", "nan", "1e400", "-95"])
def test_a_place_that_is_none(lat: str) -> None:
    """It is still a place that was sent, of no department."""
    event = whatsapp(Latitude=lat, Longitude="-69.1")
    assert (event.kind, event.department) == ("location", "")


REGIONS = ("tumbes", "lima", "madre_de_dios", "other")


def answer(department: str, question: str = "W3") -> dict[str, Any]:
    offered = [{"id": f"{question}.{v}", "title": v, "value": {"q": question, "v": v}} for v in REGIONS]
    draft = Draft("c", "whatsapp", "es", "bot", "bot", None, Shown(last=offered), True, None, False)
    message = Message("m", "location", "", "", 0.0, department)
    return taken(draft, message, "", {})


@pytest.mark.parametrize(
    ("department", "value"),
    [("lima", "lima"), ("callao", "lima"), ("madre_de_dios", "madre_de_dios"), ("ica", "other")],
)
def test_a_place_answers_the_question_for_the_region(department: str, value: str) -> None:
    """Where the question is open; else it is a place like any other."""
    assert answer(department) == {"kind": "choice", "choice": {"q": "W3", "v": value, "source": "word"}}
    assert answer(department, "Q01") == {"kind": "event", "event": "location"}
    assert answer("") == {"kind": "event", "event": "location"}
