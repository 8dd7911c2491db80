"""What goes out over WhatsApp, judged by Twilio's own description."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import twilio_api
from connectors.base import Choice, Inbound, Outbound, SendError
from connectors.whatsapp import WhatsApp
from tests.peers.contents import Contents
from tests.peers.opus import silence
from tests.peers.sign import ACCOUNT, PERSON, SENDER
from tests.peers.twilio import TwilioPeer

YES_NO = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"), Choice("Q07.skip", "Prefiero no decir"))
PLACES = tuple(Choice(f"P2.u{number}", f"Departamento {number}", "Perú") for number in range(10))
BUTTONS = Outbound("¿Te deben dinero?", YES_NO, "buttons")
LIST = Outbound("¿Dónde estás?", PLACES, "list", list_label="Ver lugares")
NUMBERED = "¿Te deben dinero?\n\n1. Sí\n2. No\n3. Prefiero no decir"


@pytest.fixture
async def peer() -> AsyncIterator[TwilioPeer]:
    async with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def contents() -> Contents:
    return Contents()


@pytest.fixture
async def channel(peer: TwilioPeer, contents: Contents) -> AsyncIterator[WhatsApp]:
    channel = WhatsApp(ACCOUNT, "12345", SENDER, "https://faro.example.org/", peer.url, contents, timeout=0.4)
    await channel.start()
    yield channel
    await channel.close()


async def test_plain_words(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Words go out as they are, from our sender, with the address for statuses; the sid comes back."""
    sent = await channel.send(PERSON, Outbound("  ¡Hola! ñ 👍\n\nSegunda línea  "))
    (call,) = peer.calls
    assert call.data == {
        "To": PERSON,
        "From": SENDER,
        "StatusCallback": "https://faro.example.org/webhooks/whatsapp/status",
        "Body": "  ¡Hola! ñ 👍\n\nSegunda línea  ",
    }
    assert peer.messages[0]["sid"] == sent.provider_id == sent.message_ref


async def test_an_opaque_address_is_used_as_it_is(peer: TwilioPeer, channel: WhatsApp) -> None:
    """A business-scoped id is answered like a number."""
    await channel.send("whatsapp:ES.13491208655302741918", Outbound("hola"))
    assert peer.messages[0]["to"] == "whatsapp:ES.13491208655302741918"


async def test_buttons_are_made_once(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Up to three choices become a quick-reply; the same words and buttons use one Content resource."""
    for _ in range(3):
        await channel.send(PERSON, BUTTONS)
    await channel.send(PERSON, dataclasses.replace(BUTTONS, locale="en"))
    assert len(peer.contents) == 2
    assert [len(message["choices"]) for message in peer.messages] == [3, 3, 3, 3]
    assert peer.messages[0]["choices"][0] == {"id": "Q07.yes", "title": "Sí"}
    assert next(iter(peer.contents.values()))["language"] == "es"


async def test_many_at_once_make_one_resource(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Ten people who are asked the same question at the same time do not make ten resources."""
    await asyncio.gather(*(channel.send(PERSON, BUTTONS) for _ in range(10)))
    assert (len(peer.contents), len(peer.messages)) == (1, 10)


async def test_a_list(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Four to ten choices become a list-picker with its label and descriptions."""
    await channel.send(PERSON, LIST)
    (content,) = peer.contents.values()
    picker = content["types"]["twilio/list-picker"]
    assert (picker["button"], len(picker["items"])) == ("Ver lugares", 10)
    assert picker["items"][0] == {"id": "P2.u0", "item": "Departamento 0", "description": "Perú"}


async def test_a_description_is_cut_to_what_fits(peer: TwilioPeer, channel: WhatsApp) -> None:
    """A description that is too long or empty never costs the list."""
    places = (Choice("a", "A", "x" * 200), Choice("b", "B"))
    await channel.send(PERSON, Outbound("?", places, "list", list_label="Ver"))
    items = peer.messages[0]["choices"]
    assert [item["id"] for item in items] == ["a", "b"]


UNSHOWABLE = [
    ("four buttons", Outbound("?", PLACES[:4], "buttons")),
    ("a title of 21", Outbound("?", (Choice("a", "x" * 21),), "buttons")),
    ("an empty title", Outbound("?", (Choice("a", ""),), "buttons")),
    ("two equal titles", Outbound("?", (Choice("a", "Sí"), Choice("b", "Sí")), "buttons")),
    ("1025 characters", Outbound("x" * 1025, YES_NO, "buttons")),
    ("eleven items", Outbound("?", (*PLACES, Choice("p", "x")), "list", list_label="Ver")),
    ("an item of 25", Outbound("?", (Choice("a", "x" * 25),), "list", list_label="Ver")),
    ("no list label", Outbound("?", PLACES, "list")),
    ("a list label of 21", Outbound("?", PLACES, "list", list_label="x" * 21)),
    ("braces in the text", Outbound("{{1}}", YES_NO, "buttons")),
    ("braces in a title", Outbound("?", (Choice("a", "{{1}}"),), "buttons")),
]


@pytest.mark.parametrize(("name", "message"), UNSHOWABLE)
async def test_what_whatsapp_cannot_show_goes_out_numbered(
    peer: TwilioPeer, channel: WhatsApp, name: str, message: Outbound
) -> None:
    """Choices that do not fit become numbered lines; no refused resource is even tried."""
    await channel.send(PERSON, message)
    (shown,) = peer.messages
    assert not peer.contents
    assert shown["text"].endswith(f"{len(message.choices)}. {message.choices[-1].title}")


async def test_a_plain_layout_is_left_alone(peer: TwilioPeer, channel: WhatsApp) -> None:
    """With layout "plain" the renderer has numbered the choices already."""
    await channel.send(PERSON, Outbound("1) Sí 2) No", YES_NO, "plain"))
    assert peer.messages[0]["text"] == "1) Sí 2) No"


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, {"code": 20001}), (429, {"code": 20429}), (500, "<html>"), (503, {}), (200, "<html>"), (0, None)],
)
async def test_buttons_that_cannot_be_made_do_not_cost_the_words(
    peer: TwilioPeer, channel: WhatsApp, status: int, body: Any
) -> None:
    """Whatever happens to the Content call, the words go out numbered, now."""
    peer.fault("/v1/Content", status, body)
    await channel.send(PERSON, BUTTONS)
    assert [message["text"] for message in peer.messages] == [NUMBERED]


@pytest.mark.parametrize("code", [21655, 21656, 63005, 63021])
async def test_refused_content_is_forgotten(
    peer: TwilioPeer, channel: WhatsApp, contents: Contents, code: int
) -> None:
    """A resource that is refused in a message goes out numbered and is made anew the next time."""
    peer.fault("/Messages.json", 400, {"code": code, "message": "x", "status": 400})
    await channel.send(PERSON, BUTTONS)
    assert set(contents.known.values()) == {""}
    await channel.send(PERSON, BUTTONS)
    assert [message["text"] for message in peer.messages] == [NUMBERED, BUTTONS.text]
    assert len(peer.contents) == 2


async def test_a_resource_deleted_at_twilio(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Somebody cleans up Twilio's list of contents: the next message still arrives."""
    await channel.send(PERSON, BUTTONS)
    peer.contents.clear()
    await channel.send(PERSON, BUTTONS)
    assert peer.messages[1]["text"] == NUMBERED


class Broken(Contents):
    async def get(self, key: str) -> str | None:
        raise RuntimeError("store is down")

    async def put(self, key: str, sid: str) -> None:
        raise RuntimeError("store is down")


async def test_a_cache_that_fails_does_not_keep_a_message_back(peer: TwilioPeer) -> None:
    """With the cache's store down the buttons are made anew and the message goes out."""
    channel = WhatsApp(ACCOUNT, "12345", SENDER, "https://faro.example.org", peer.url, Broken())
    await channel.send(PERSON, BUTTONS)
    await channel.close()
    assert len(peer.messages) == 1


# code of Twilio, HTTP status: retryable, blocked, window, alarm
ALARM = (True, False, False, True)
MEANINGS = {
    (63016, 400): (False, False, True, False),
    (63018, 429): (True, False, False, False),
    (63024, 400): (False, False, False, False),
    (63003, 400): (False, False, False, False),
    (63015, 400): (False, False, False, False),
    (63014, 400): (False, True, False, False),
    (63033, 400): (False, True, False, False),
    (63032, 400): (False, False, False, False),
    (63013, 400): (False, False, False, False),
    (63005, 400): (False, False, False, False),
    (63021, 400): (False, False, False, False),
    (21610, 400): (False, True, False, False),
    (21617, 400): (False, False, False, False),
    (21655, 400): (False, False, False, False),
    (21656, 400): (False, False, False, False),
    (20429, 429): (True, False, False, False),
    (21611, 400): (True, False, False, False),
    (30001, 400): (True, False, False, False),
    (20009, 400): (True, False, False, False),
    (20003, 401): ALARM,
    (20005, 403): ALARM,
    (21212, 400): ALARM,
    (21606, 400): ALARM,
    (30002, 400): ALARM,
    (21408, 400): ALARM,
    (30003, 400): (False, False, False, False),
    (30004, 400): (False, True, False, False),
    (30005, 400): (False, False, False, False),
    (30006, 400): (False, False, False, False),
    (30007, 400): (False, False, False, False),
    (63007, 400): ALARM,
    (21608, 400): (False, False, False, False),
    (21211, 400): (False, False, False, False),
    (21614, 400): (False, False, False, False),
    (99999, 400): (False, False, False, False),
    (99999, 503): (True, False, False, False),
    (0, 400): (False, False, False, False),
    (0, 404): (False, False, False, False),
    (0, 429): (True, False, False, False),
    (0, 500): (True, False, False, False),
    (0, 502): (True, False, False, False),
}


@pytest.mark.parametrize(("code", "status"), MEANINGS)
async def test_what_each_refusal_means(peer: TwilioPeer, channel: WhatsApp, code: int, status: int) -> None:
    """Each code means what its row says, carries its code, and is tried exactly once."""
    body = {"code": code, "message": f"To {PERSON}", "status": status} if code else "<html>"
    peer.fault("/Messages.json", status, body)
    with pytest.raises(SendError) as raised:
        await channel.send(PERSON, Outbound("canario"))
    error = raised.value
    assert (error.retryable, error.blocked, error.window, error.alarm) == MEANINGS[code, status]
    assert error.code == str(code or status)
    assert len(peer.calls) == 1
    assert error.__cause__ is None
    assert PERSON not in str(error)


def test_every_code_of_the_data_file_is_in_the_table() -> None:
    """A code cannot be added to the file without saying here what it must mean."""
    assert twilio_api.ERRORS.keys() <= {code for code, _ in MEANINGS}
    assert {row["then"] for row in twilio_api.ERRORS.values()} == {
        "retry",
        "never",
        "window",
        "blocked",
        "alarm",
        "content",
    }


def test_every_code_of_the_study_is_mapped() -> None:
    """What `shared/channels.md` names for sending and deleting has a row; nothing is left to the HTTP status."""
    named = {63016, 63018, 63024, 63003, 63015, 63014, 63033, 63032, 63013, 63021, 63005, 21610, 21617}
    assert named | {21655, 21656, 20429, 21611, 30001, 20009} <= twilio_api.ERRORS.keys()


async def test_a_timeout_is_kept(peer: TwilioPeer, channel: WhatsApp) -> None:
    """A provider that hangs costs the set time, not more, and the message may be tried again."""
    peer.fault("/Messages.json", 200, delay=5)
    before = asyncio.get_running_loop().time()
    with pytest.raises(SendError) as raised:
        await channel.send(PERSON, Outbound("hola"))
    assert (raised.value.code, raised.value.retryable) == ("timeout", True)
    assert asyncio.get_running_loop().time() - before < 2


@pytest.mark.parametrize(
    ("status", "body", "code"), [(0, None, "network"), (201, "<html>", "answer"), (201, {}, "answer")]
)
async def test_a_broken_line_or_answer(
    peer: TwilioPeer, channel: WhatsApp, status: int, body: Any, code: str
) -> None:
    """A cut line or an answer nobody can read may be tried again."""
    peer.fault("/Messages.json", status, body)
    with pytest.raises(SendError) as raised:
        await channel.send(PERSON, Outbound("hola"))
    assert (raised.value.code, raised.value.retryable) == (code, True)


async def test_nobody_listens(contents: Contents) -> None:
    """A provider that cannot be reached at all is a ``SendError`` like any other."""
    channel = WhatsApp(ACCOUNT, "12345", SENDER, "https://x.example.org", "http://127.0.0.1:9", contents)
    with pytest.raises(SendError) as raised:
        await channel.send(PERSON, Outbound("hola"))
    assert raised.value.retryable
    await channel.close()


async def test_only_twilios_hosts_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region in the machine's environment cannot redirect us, and an unknown host is refused."""
    http = twilio_api.Http(None, 1)
    for url in (
        "https://api.example.org/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com.example.org/x",
    ):
        with pytest.raises(ValueError, match="not_a_twilio_host"):
            await http.request("GET", url)
    assert http._address("https://api.twilio.com/2010/x?a=1") == "https://api.twilio.com/2010/x?a=1"
    await http.close()


async def test_a_region_of_the_machine_changes_nothing(
    peer: TwilioPeer, channel: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TWILIO_REGION and TWILIO_EDGE belong to other programs."""
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    await channel.send(PERSON, Outbound("hola"))
    assert len(peer.messages) == 1


async def test_nothing_of_a_message_is_kept_or_logged(
    peer: TwilioPeer, channel: WhatsApp, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger open neither words, number nor token are written, and the library keeps nothing."""
    caplog.set_level(logging.DEBUG)
    peer.fault("/Messages.json", 400, {"code": 63016, "message": f"{PERSON} canario", "status": 400})
    with pytest.raises(SendError):
        await channel.send(PERSON, Outbound("canario"))
    await channel.send(PERSON, Outbound("canario"))
    await channel.missed(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    for secret in ("canario", "15005550006", "12345\n"):
        assert secret not in caplog.text
    assert channel._http is not None
    assert channel._http._test_only_last_request is None


async def test_erasing(peer: TwilioPeer, channel: WhatsApp) -> None:
    """Records are deleted; those on their way, unreachable ones and odd references count as left."""
    gone, there, busy = "SM" + "1" * 32, "MM" + "2" * 32, "SM" + "3" * 32
    peer.deleted.append(gone)
    peer.unfinished.add(busy)
    assert await channel.erase(PERSON, [gone, there, busy, "../Accounts", ""]) == 3
    assert peer.deleted == [gone, there]
    peer.fault("/Messages/", 500, {}, times=2)
    assert await channel.erase(PERSON, ["SM" + "4" * 32, "SM" + "5" * 32]) == 2


async def test_reading_and_typing_are_shown_where_the_bot_answers(
    peer: TwilioPeer, channel: WhatsApp
) -> None:
    """By the message's sid, and only when asked: elsewhere "typing" would show on a watched phone, for nothing."""
    event = Inbound(
        "whatsapp",
        "SM" + "1" * 32,
        PERSON,
        "text",
        datetime(2026, 1, 1, tzinfo=UTC),
        message_ref="SM" + "1" * 32,
    )
    await channel.acknowledge(event)
    assert not peer.calls
    await channel.acknowledge(event, answering=True)
    assert peer.typing == ["SM" + "1" * 32]
    await channel.acknowledge(dataclasses.replace(event, message_ref="../x"), answering=True)
    assert len(peer.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 429, 503, 0])
async def test_typing_that_cannot_be_shown_harms_nothing(
    peer: TwilioPeer, channel: WhatsApp, status: int
) -> None:
    """Whatever Twilio says to it, acknowledging never raises and is not repeated."""
    peer.fault("/v2/Indicators", status, {"code": 20404})
    event = Inbound(
        "whatsapp",
        "SM" + "1" * 32,
        PERSON,
        "text",
        datetime(2026, 1, 1, tzinfo=UTC),
        message_ref="SM" + "1" * 32,
    )
    await channel.acknowledge(event, answering=True)
    assert len(peer.calls) == 1


async def test_missed_messages_are_found(peer: TwilioPeer, channel: WhatsApp) -> None:
    """The sweep gives what came in since the time named, oldest first, and leaves our own out."""

    def listed(number: int, when: str, **more: Any) -> dict[str, Any]:
        sid = f"SM{number:032x}"
        return {
            "sid": sid,
            "from": PERSON,
            "to": SENDER,
            "direction": "inbound",
            "date_sent": when,
            "num_media": "0",
            "account_sid": ACCOUNT,
            "body": f"m{number}",
            **more,
        }

    voice = peer.record(f"SM{4:032x}", silence()).removeprefix("https://api.twilio.com")
    peer.inbox = [
        listed(4, "Mon, 23 Nov 2026 12:04:00 +0000", num_media="1", body=""),
        listed(3, "Mon, 23 Nov 2026 12:03:00 +0000", num_media="1", body=""),
        listed(2, "Mon, 23 Nov 2026 12:02:00 +0000"),
        listed(9, "Mon, 23 Nov 2026 12:02:00 +0000", direction="outbound-api"),
        listed(8, "Mon, 23 Nov 2026 12:02:00 +0000", **{"from": "+15005550006"}),
        listed(1, "Mon, 23 Nov 2026 11:00:00 +0000"),
    ]
    found = await channel.missed(datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [(one.text, one.kind, one.address, one.media) for one in found] == [
        ("m2", "text", PERSON, ""),
        ("", "unsupported", PERSON, ""),
        ("", "voice", PERSON, voice),
    ]
    peer.fault("/Messages.json", 503, {})
    with pytest.raises(SendError):
        await channel.missed(datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


async def test_closing_twice_and_opening_again(peer: TwilioPeer, channel: WhatsApp) -> None:
    """A closed channel can be closed again and used again."""
    await channel.close()
    await channel.close()
    await channel.send(PERSON, Outbound("hola"))
    assert len(peer.messages) == 1


async def test_fetching_a_recording_tells_no_log(
    peer: TwilioPeer, channel: WhatsApp, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither where it lies nor the account's token, taken or refused; and the token goes to Twilio alone."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=name)
    path = peer.record("MM" + "1" * 32, silence()).removeprefix("https://api.twilio.com")
    assert await channel.fetch(path, 10_000) == silence()
    peer.fault("/Media/", 500, {"canario": 1})
    for limit in (10_000, 5):
        with pytest.raises(SendError):
            await channel.fetch(path, limit)
    for secret in ("12345", path, "canario", ACCOUNT):
        assert secret not in caplog.text
