"""The phones in the browser: the same contract as the real channels, for this machine only."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from connectors import simulator as module
from connectors import telegram, whatsapp
from connectors.base import Choice, Event, Inbound, Outbound, Refused, Request, SendError
from connectors.simulator import KINDS, Simulator, routes
from tests.peers.opus import silence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = "http://127.0.0.1:8000"
API = "/simulator/api/whatsapp/ana/messages"
YES_NO = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"))
VOICE = silence(0.2, "P1")
ASK = Outbound("¿Sí o no?", YES_NO, "buttons")


class Shelf:
    """One recorded question."""

    def __init__(self, content: bytes) -> None:
        self.there: dict[str, bytes] = {"es/ask.P1": content}

    def content(self, name: str) -> bytes | None:
        return self.there.get(name)

    def url(self, name: str) -> str:
        raise AssertionError(f"nobody fetches {name} from outside")


class Desk:
    """Both phones behind an application, with somebody to deliver to."""

    def __init__(self, client: tuple[str, int] = ("127.0.0.1", 5000)) -> None:
        self.shelf = Shelf(VOICE)
        self.whatsapp = Simulator("whatsapp", run="run1", clock=lambda: NOW, recordings=self.shelf)
        self.telegram = Simulator("telegram", run="run1", clock=lambda: NOW, recordings=self.shelf)
        self.stored: list[Inbound] = []
        self.down = False
        app = Starlette(routes=routes([self.whatsapp, self.telegram], self.deliver))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=client), base_url=HERE)

    async def deliver(self, events: Sequence[Event]) -> None:
        if self.down:
            raise RuntimeError("store is down")
        self.stored += [event for event in events if isinstance(event, Inbound)]

    async def say(self, what: Any, path: str = API) -> httpx.Response:
        return await self.http.post(path, json=what)

    async def shown(self, path: str = API, after: int = 0) -> list[dict[str, Any]]:
        answer = await self.http.get(path, params={"after": after})
        assert answer.status_code == 200
        return list(answer.json())


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_typed_message(desk: Desk) -> None:
    """A message is shown, delivered like any other channel's, and answered with 202 and its number."""
    answer = await desk.say({"text": "hola, ¿qué tal?"})
    assert (answer.status_code, answer.json()) == (202, {"id": 1})
    (event,) = desk.stored
    assert event == Inbound(
        "sim-whatsapp", "run1-ana-1", "ana", "text", NOW, "hola, ¿qué tal?", message_ref="1"
    )
    (shown,) = await desk.shown()
    assert {key: shown[key] for key in ("id", "from", "text", "choices", "at")} == {
        "id": 1,
        "from": "me",
        "text": "hola, ¿qué tal?",
        "choices": [],
        "at": NOW.isoformat(),
    }


async def test_a_question_and_a_tap(desk: Desk) -> None:
    """What the bot sends is shown with its choices; a tap delivers the choice and what it answers."""
    sent = await desk.whatsapp.send("ana", ASK)
    (shown,) = await desk.shown()
    assert (shown["from"], shown["choices"]) == (
        "bot",
        [{"id": "Q07.yes", "title": "Sí"}, {"id": "Q07.no", "title": "No"}],
    )
    assert (await desk.say({"choice": "Q07.no"})).json() == {"id": 2}
    (event,) = desk.stored
    assert (event.kind, event.choice_id, event.text) == ("choice", "Q07.no", "No")
    assert event.answers_id == sent.provider_id == "run1-ana-1"


async def test_a_stale_tap_answers_the_message_it_belongs_to(desk: Desk) -> None:
    """With ``message`` an older button is tapped, without it the newest that offers the choice."""
    for _ in range(2):
        await desk.whatsapp.send("ana", ASK)
    await desk.say({"choice": "Q07.yes"})
    await desk.say({"choice": "Q07.yes", "message": 1})
    assert [event.answers_id for event in desk.stored] == ["run1-ana-2", "run1-ana-1"]


@pytest.mark.parametrize("kind", KINDS)
async def test_other_kinds(desk: Desk, kind: str) -> None:
    """Voice notes, pictures and the like arrive as their kind, with a caption where there is one."""
    assert (await desk.say({"kind": kind, "text": "mira"})).status_code == 202
    assert (desk.stored[0].kind, desk.stored[0].text) == (kind, "mira")
    assert (await desk.shown())[0]["kind"] == kind


async def test_numbers_rise_per_phone_and_after_cuts(desk: Desk) -> None:
    """Numbers rise on each phone by itself; ``after`` gives only what is newer; phones do not mix."""
    for text in ("a", "b"):
        await desk.say({"text": text})
    await desk.say({"text": "c"}, "/simulator/api/whatsapp/eva/messages")
    await desk.say({"text": "d"}, "/simulator/api/telegram/ana/messages")
    assert [one["id"] for one in await desk.shown()] == [1, 2]
    assert [one["text"] for one in await desk.shown(after=1)] == ["b"]
    assert await desk.shown(after=2) == []
    assert [event.provider_id for event in desk.stored][2:] == ["run1-eva-1", "run1-ana-1"]
    assert [event.channel for event in desk.stored] == ["sim-whatsapp"] * 3 + ["sim-telegram"]


async def test_who_speaks(desk: Desk) -> None:
    """A message by staff is told from one by the bot; a plain layout shows no buttons, a list its label."""
    await desk.whatsapp.send("ana", Outbound("hola", author="staff"))
    await desk.whatsapp.send("ana", Outbound("1. Sí", YES_NO, "plain"))
    await desk.whatsapp.send("ana", Outbound("?", YES_NO, "list", list_label="Ver"))
    staff, plain, listed = await desk.shown()
    assert (staff["from"], plain["choices"], listed["label"]) == ("staff", [], "Ver")


async def test_the_channels_own_name_works_too(desk: Desk) -> None:
    """``sim-whatsapp`` names the same phone as ``whatsapp``."""
    await desk.say({"text": "x"}, "/simulator/api/sim-whatsapp/ana/messages")
    assert len(await desk.shown()) == 1


BAD = [
    (b"", "bad_json"),
    (b"{", "bad_json"),
    (b"\xff", "bad_json"),
    (b"[" * 100_000, "bad_json"),
    (b"[]", "not_an_object"),
    (b'"hola"', "not_an_object"),
    (b"{}", "empty"),
    (b'{"text": ""}', "empty"),
    (b'{"text": null}', "empty"),
    (b'{"text": 7}', "wrong_type"),
    (b'{"choice": ["a"]}', "wrong_type"),
    (b'{"choice": "a", "message": "1"}', "wrong_type"),
    (b'{"kind": "video"}', "unknown_kind"),
    (b'{"choice": "Q99.never"}', "unknown_choice"),
]


@pytest.mark.parametrize(("body", "error"), BAD)
async def test_bad_messages(desk: Desk, body: bytes, error: str) -> None:
    """What cannot be read is answered with 400 and neither shown nor delivered."""
    answer = await desk.http.post(API, content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert not desk.stored
    assert await desk.shown() == []


async def test_too_large(desk: Desk) -> None:
    """256 KiB are taken, one byte more is refused with 413."""
    body = json.dumps({"text": "x"}).encode()
    fill = b" " * (256 * 1024 - len(body))
    assert (await desk.http.post(API, content=body + fill)).status_code == 202
    assert (await desk.http.post(API, content=body + fill + b" ")).status_code == 413


async def test_text_is_made_storable(desk: Desk) -> None:
    """Half a pair of surrogates and NUL do not reach the store."""
    await desk.http.post(API, content=b'{"text": "a\\u0000b\\ud83dc"}')
    assert desk.stored[0].text == "ab?c"


@pytest.mark.parametrize("name", ["", "a b", "ñ", "x" * 33, "..", "a.b", "a%2Fb"])
async def test_names_of_phones(desk: Desk, name: str) -> None:
    """A phone is named with at most 32 plain letters, digits, dashes and underscores."""
    assert (await desk.http.get(f"/simulator/api/whatsapp/{name}/messages")).status_code == 404
    assert (await desk.say({"text": "x"}, "/simulator/api/signal/ana/messages")).status_code == 404
    with pytest.raises(SendError):
        await desk.whatsapp.send("a b", Outbound("x"))


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "٣", ""])
async def test_a_bad_after(desk: Desk, after: str) -> None:
    """``after`` is a number or the answer is 400."""
    assert (await desk.http.get(API, params={"after": after})).status_code == 400


async def test_a_store_that_is_down(desk: Desk) -> None:
    """A message that was not stored is answered with 503 and is not shown."""
    desk.down = True
    before = (await desk.http.get(API)).headers["x-phone"]
    assert (await desk.say({"text": "hola"})).status_code == 503
    answer = await desk.http.get(API)
    assert answer.json() == []
    assert answer.headers["x-phone"] != before
    desk.down = False
    assert (await desk.say({"text": "hola"})).json() == {"id": 2}


async def test_erasing_is_as_real_as_on_the_real_ones(desk: Desk) -> None:
    """Telegram's chat empties on both sides, WhatsApp's phone keeps what it shows."""
    for phone in (desk.telegram, desk.whatsapp):
        path = f"/simulator/api/{phone.look}/ana/messages"
        await desk.say({"text": "secreto"}, path)
        sent = await phone.send("ana", Outbound("respuesta"))
        tag = (await desk.http.get(path)).headers["x-phone"]
        assert await phone.erase("ana", ["1", sent.message_ref, "odd"]) == 0
        left = [one["text"] for one in await desk.shown(path)]
        assert left == ([] if phone is desk.telegram else ["secreto", "respuesta"])
        changed = (await desk.http.get(path)).headers["x-phone"] != tag
        assert changed == (phone is desk.telegram)


async def test_memory_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that is flooded keeps its newest messages only."""
    monkeypatch.setattr(module, "SHOWN_AT_MOST", 3)
    for number in range(5):
        await desk.whatsapp.send("ana", Outbound(str(number)))
    assert [one["text"] for one in await desk.shown()] == ["2", "3", "4"]


FOREIGN = [
    {"x-forwarded-for": "203.0.113.9"},
    {"x-forwarded-host": "faro.example.org"},
    {"x-forwarded-proto": "https"},
    {"forwarded": "for=203.0.113.9"},
    {"via": "1.1 proxy"},
    {"x-real-ip": "203.0.113.9"},
    {"host": "faro.example.org"},
    {"host": "127.0.0.1.example.org"},
    {"host": "localhost.example.org:8000"},
    {"host": "0.0.0.0:8000"},
    {"host": ""},
    {"host": "[2001:db8::1]:8000"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]
PATHS = ["/simulator", "/simulator/static/phones.js", API]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", PATHS)
async def test_only_this_machine_is_answered(desk: Desk, path: str, headers: dict[str, str]) -> None:
    """A forwarding header, a foreign Host or another site's page: 404, and nothing happens."""
    assert (await desk.http.get(path, headers=headers)).status_code == 404
    assert (await desk.http.post(API, json={"text": "x"}, headers=headers)).status_code == 404
    assert not desk.stored


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]:8000"])
async def test_this_machine_is_answered(desk: Desk, host: str) -> None:
    """Every spelling of the loopback address works."""
    headers = {"host": host, "sec-fetch-site": "same-origin"}
    assert (await desk.http.get("/simulator", headers=headers)).status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "192.168.1.4", "::ffff:203.0.113.9", "unknown"])
async def test_a_caller_from_elsewhere_is_not_answered(address: str) -> None:
    """Whoever connects from another machine gets 404, whatever the request claims."""
    for path in PATHS:
        assert (await Desk((address, 1)).http.get(path)).status_code == 404


@pytest.mark.parametrize("look", ["whatsapp", "telegram"])
async def test_a_recorded_question(desk: Desk, look: str) -> None:
    """The phone shows where it is heard, a link that works by itself; nobody else's browser gets it."""
    phone = desk.whatsapp if look == "whatsapp" else desk.telegram
    assert phone.limits.voice
    await phone.send("ana", Outbound("", recording="es/ask.P1"))
    (message,) = await desk.shown(f"/simulator/api/{look}/ana/messages")
    heard = await desk.http.get(message["audio"])
    assert (heard.status_code, heard.content) == (200, VOICE)
    assert heard.headers["content-type"] == "audio/ogg"
    assert "media-src 'self'" in heard.headers["content-security-policy"]
    assert (await desk.http.get(message["audio"], headers={"host": "faro.example.org"})).status_code == 404
    for name in ("es/ask.P2", "../es/ask.P1", "es%2f..%2fes%2fask.P1", ""):
        assert (await desk.http.get(f"/simulator/recordings/{name}")).status_code == 404, name


async def test_a_recording_that_is_gone(desk: Desk) -> None:
    """Is not sent, as on the real channels; a phone without recordings says that it brings none."""
    desk.shelf.there.clear()
    for phone in (desk.whatsapp, Simulator("whatsapp")):
        with pytest.raises(SendError, match="no_recording"):
            await phone.send("ana", Outbound("", recording="es/ask.P1"))
    assert await desk.shown() == []
    assert not Simulator("whatsapp").limits.voice


async def test_the_page_and_its_files(desk: Desk) -> None:
    """Page and files are served with headers that allow nothing from elsewhere and nothing inline."""
    page = await desk.http.get("/simulator")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'"/simulator/static/([\w.]+)', page.text)
    styles = await desk.http.get("/simulator/static/phones.css")
    for name in {*named, *re.findall(r'url\("([\w.]+)"\)', styles.text)}:
        answer = await desk.http.get(f"/simulator/static/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (
        (await desk.http.get("/simulator/static/phones.js"))
        .headers["content-type"]
        .startswith("text/javascript")
    )


@pytest.mark.parametrize("name", ["..%2f..%2fpyproject.toml", "simulator.py", "nothing.css"])
async def test_no_other_file_is_served(desk: Desk, name: str) -> None:
    """Only what lies in the page's own folder is served."""
    assert (await desk.http.get(f"/simulator/static/{name}")).status_code == 404


def test_the_page_holds_nothing_inline_and_nothing_foreign() -> None:
    """No style, no script and no handler inside the page; no address of another machine in any file."""
    page = (module.PAGE / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page)
    for file in module.PAGE.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text, file.name
        assert "innerHTML" not in text


def test_the_contract_of_a_channel() -> None:
    """Names and limits are those of the real channels but for the pace; a raw request is read as theirs is."""
    for look, limits in (("whatsapp", whatsapp.LIMITS), ("telegram", telegram.LIMITS)):
        phone = Simulator(look)  # type: ignore[arg-type]
        pace = {"per_person_burst": 20, "per_person_seconds": 0.05}
        assert (phone.name, phone.limits) == (
            f"sim-{look}",
            dataclasses.replace(limits, copies=False, voice=False, **pace),
        )
    (event,) = phone.receive(Request(API, "", {}, b'{"text": "hola"}'), NOW)
    assert isinstance(event, Inbound)
    assert event.address == "ana"
    for path in ("/", "messages", "/simulator/api/whatsapp/a b/messages"):
        with pytest.raises(Refused):
            phone.receive(Request(path, "", {}, b'{"text": "hola"}'), NOW)
    with pytest.raises(Refused):
        phone.receive_status(Request(API, "", {}, b""), NOW)


def test_two_starts_never_share_a_provider_id() -> None:
    """The database remembers messages of an earlier start; new ones must not be taken for those."""
    bodies = [
        phone.take("ana", b'{"text": "x"}', NOW).provider_id
        for phone in (Simulator("whatsapp"), Simulator("whatsapp"))
    ]
    assert len(set(bodies)) == 2
