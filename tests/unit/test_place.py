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
    ("Máncora", -4.1078, -81.0475, "piura"),
    ("Cancas", -3.9450, -80.9410, "tumbes"),
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
    ("Iñapari", -10.9461, -69.5797, "madre_de_dios"),
    ("Assis Brasil", -10.9410, -69.5670, ""),
    ("Bolpebra, Bolivia", -10.9530, -69.5680, ""),
    ("Macará, Ecuador", -4.3830, -79.9430, ""),
    ("Tabatinga, Brazil", -4.2550, -69.9360, ""),
    ("the airport of Arica", -18.3485, -70.3387, ""),
    ("Pachacútec, Ventanilla", -11.8310, -77.1550, "callao"),
    ("the airport of Lima", -12.0219, -77.1143, "callao"),
    ("Los Olivos", -11.9700, -77.0700, "lima"),
    ("Ancón", -11.7700, -77.1700, "lima"),
    ("Caracas", 10.4806, -66.9036, ""),
    ("the sea", -12.0, -82.0, ""),
]


@pytest.mark.parametrize(("name", "lat", "lon", "code"), PLACES)
def test_the_nearest_town_tells(name: str, lat: float, lon: float, code: str) -> None:
    """Its department; nothing beyond the borders."""
    assert department(lat, lon) == code, name


CITIES = {  # each department's capital first, then other towns of it, as atlases and encyclopaedias give them
    "amazonas": [(-6.2317, -77.8690), (-5.6391, -78.5312), (-5.9508, -77.9736), (-4.5930, -77.8640)],
    "ancash": [(-9.5278, -77.5278), (-9.0745, -78.5936), (-9.0494, -77.8094), (-10.0681, -78.1522)],
    "apurimac": [(-13.6339, -72.8814), (-13.6556, -73.3872), (-14.3653, -72.8778)],
    "arequipa": [(-16.3989, -71.5350), (-17.0167, -72.0161), (-16.6242, -72.7111), (-16.3600, -72.1900)],
    "ayacucho": [(-13.1588, -74.2239), (-12.9408, -74.2486), (-14.6939, -74.1250), (-15.0167, -73.7833)],
    "cajamarca": [(-7.1617, -78.5128), (-5.7081, -78.8081), (-6.5561, -78.6514), (-5.1464, -79.0044)],
    "callao": [(-12.0565, -77.1341), (-11.8750, -77.1250), (-12.0719, -77.1643)],
    "cusco": [(-13.5226, -71.9673), (-12.8633, -72.6931), (-14.2694, -71.2258), (-14.7931, -71.4131)],
    "huancavelica": [(-12.7867, -74.9758), (-12.3989, -74.8683), (-12.8431, -74.5681)],
    "huanuco": [(-9.9306, -76.2422), (-9.2953, -75.9958), (-9.8289, -76.8019), (-9.3792, -74.9658)],
    "ica": [(-14.0678, -75.7286), (-13.4194, -76.1322), (-13.7103, -76.2053), (-14.8275, -74.9372)],
    "junin": [(-12.0686, -75.2103), (-11.4197, -75.6878), (-11.2522, -74.6383), (-11.0553, -75.3292)],
    "la_libertad": [(-8.1117, -79.0286), (-7.8153, -78.0486), (-7.2269, -79.4292), (-8.4153, -78.7522)],
    "lambayeque": [(-6.7714, -79.8411), (-6.7011, -79.9061), (-6.6394, -79.7892), (-5.9850, -79.7450)],
    "lima": [(-12.0464, -77.0428), (-11.1067, -77.6050), (-13.0772, -76.3872), (-10.7508, -77.7606)],
    "loreto": [(-3.7491, -73.2538), (-5.8933, -76.1150), (-4.5067, -73.5833), (-3.9053, -70.5169)],
    "madre_de_dios": [(-12.5933, -69.1891), (-12.7170, -69.5870), (-13.1060, -70.3790), (-11.4097, -69.4894)],
    "moquegua": [(-17.1936, -70.9350), (-17.6394, -71.3375), (-16.6739, -70.9719)],
    "pasco": [(-10.6864, -76.2628), (-10.5722, -75.4006), (-10.4906, -76.5150), (-10.3000, -74.9400)],
    "piura": [(-5.1945, -80.6328), (-4.9039, -80.6853), (-4.5800, -81.2719), (-5.0892, -81.1144)],
    "puno": [(-15.8402, -70.0219), (-15.4997, -70.1333), (-16.0867, -69.6381), (-14.8819, -70.5900)],
    "san_martin": [(-6.0342, -76.9717), (-6.4867, -76.3600), (-7.1806, -76.7269), (-6.0622, -77.1669)],
    "tacna": [(-18.0066, -70.2463), (-17.4742, -70.0300), (-17.6119, -70.7583), (-18.2830, -70.3400)],
    "tumbes": [(-3.5669, -80.4515), (-3.5031, -80.2731), (-3.6811, -80.6786), (-3.9450, -80.9410)],
    "ucayali": [(-8.3791, -74.5539), (-9.0400, -75.5100), (-10.7300, -73.7600), (-9.7700, -70.7100)],
}
ABROAD = {  # boxes of map that hold nothing of Peru: least and greatest latitude, then longitude
    "Ecuador, coast and mountains": (-2.0, 1.0, -80.0, -77.8),
    "Ecuador, the north of the forest": (-0.7, 0.2, -77.8, -75.7),
    "Colombia": (0.5, 5.0, -79.0, -67.0),
    "Acre in Brazil": (-8.8, -7.7, -72.4, -67.0),
    "Amazonas in Brazil": (-7.0, -4.5, -69.5, -60.0),
    "Bolivia": (-17.0, -11.5, -68.2, -60.0),
    "Chile": (-30.0, -18.6, -70.4, -68.5),
    "the ocean": (-20.0, -3.0, -95.0, -84.0),
}


@given(st.data(), st.sampled_from(sorted(CITIES)))
def test_a_place_in_a_known_town(data: st.DataObject, code: str) -> None:
    """Wherever in a capital or another well-known town somebody stands, it is that department."""
    lat, lon = data.draw(st.sampled_from(CITIES[code]))
    step = st.floats(-0.006, 0.006)  # some six hundred metres
    assert department(lat + data.draw(step), lon + data.draw(step)) == code


@given(st.data(), st.sampled_from(sorted(ABROAD)))
def test_a_place_abroad(data: st.DataObject, box: str) -> None:
    """Is in no department."""
    south, north, west, east = ABROAD[box]
    assert department(data.draw(st.floats(south, north)), data.draw(st.floats(west, east))) == ""


@given(st.floats(), st.floats())
def test_any_two_numbers(lat: float, lon: float) -> None:
    """A department or nothing, never an error."""
    assert department(lat, lon) in {name for _, _, name in towns()} | {""}


def test_every_department_has_words() -> None:
    """Twenty-five of them, each with its name for the console."""
    codes = {name for _, _, name in towns()} - {"outside"}
    assert len(codes) == 25
    assert codes == CITIES.keys()
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
