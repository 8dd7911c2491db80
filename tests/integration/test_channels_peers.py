"""The two stand-ins refuse what the platforms refuse; a peer that takes everything would prove nothing."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import httpx
import pytest

from tests.peers.sign import ACCOUNT, PERSON, SENDER, text_update
from tests.peers.telegram import BOT, TOKEN, TelegramPeer, faults_of
from tests.peers.twilio import TwilioPeer, limit

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
CALLBACK = "https://faro.example.org/webhooks/whatsapp/status"
GOOD = {"To": PERSON, "From": SENDER, "StatusCallback": CALLBACK, "Body": "x" * 1600}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


BROKEN_MESSAGES = [
    ("a content sid that is none", {**without("Body"), "ContentSid": "HX1"}),
    ("no recipient", without("To")),
    ("no sender", without("From")),
    ("no words, content or medium", without("Body")),
    ("empty words", {**GOOD, "Body": ""}),
    ("words of 1601", {**GOOD, "Body": "x" * 1601}),
    ("a misspelt field", {**GOOD, "Boddy": "x"}),
    ("a recipient without channel", {**GOOD, "To": "+15005550006"}),
    ("a sender without channel", {**GOOD, "From": "+14155238886"}),
    ("a callback that is no address", {**GOOD, "StatusCallback": "not a url"}),
    ("a bad value", {**GOOD, "ContentRetention": "burn"}),
]


def quick(**body: Any) -> dict[str, Any]:
    actions = [{"type": "QUICK_REPLY", "id": "a", "title": "Sí"}]
    return {"language": "es", "types": {"twilio/quick-reply": {"body": "?", "actions": actions, **body}}}


def actions(count: int, title: str = "t", **more: Any) -> list[dict[str, Any]]:
    return [
        {"type": "QUICK_REPLY", "id": f"a{number}", "title": f"{title}{number}", **more}
        for number in range(count)
    ]


def picker(**body: Any) -> dict[str, Any]:
    items = [{"id": "a", "item": "Lima"}]
    shown = {"body": "?", "button": "Ver", "items": items, **body}
    return {"language": "es", "types": {"twilio/list-picker": shown}}


def items(count: int, item: str = "i", **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"a{number}", "item": f"{item}{number}", **more} for number in range(count)]


BROKEN_CONTENTS = [
    ("no language", {"types": quick()["types"]}),
    ("no types", {"language": "es"}),
    ("no type in types", {"language": "es", "types": {}}),
    (
        "a misspelt type",
        {"language": "es", "types": {"twilio/quickreply": {"body": "?", "actions": actions(1)}}},
    ),
    (
        "buttons instead of actions",
        {"language": "es", "types": {"twilio/quick-reply": {"body": "?", "buttons": []}}},
    ),
    ("a typo in an action", quick(actions=[{"type": "QUICK_REPLY", "titel": "x"}])),
    ("a wrong type of action", quick(actions=[{"type": "BUTTON", "id": "a", "title": "x"}])),
    ("four buttons", quick(actions=actions(4))),
    ("eleven buttons", quick(actions=actions(11))),
    ("a title of 21", quick(actions=actions(1, "x" * 20))),
    ("a title of 60", quick(actions=actions(1, "x" * 59))),
    ("an empty title", quick(actions=[{"type": "QUICK_REPLY", "id": "a", "title": ""}])),
    ("two equal titles", quick(actions=[*actions(1), {"type": "QUICK_REPLY", "id": "b", "title": "t0"}])),
    ("an id of 201", quick(actions=[{"type": "QUICK_REPLY", "id": "x" * 201, "title": "Sí"}])),
    ("no buttons", quick(actions=[])),
    ("a body of 1025", quick(body="x" * 1025)),
    (
        "a list without its button",
        {"language": "es", "types": {"twilio/list-picker": {"body": "?", "items": items(1)}}},
    ),
    ("a list label of 21", picker(button="x" * 21)),
    ("eleven items", picker(items=items(11))),
    ("no items", picker(items=[])),
    ("an item of 25", picker(items=items(1, "x" * 24))),
    ("an item of 40", picker(items=items(1, "x" * 39))),
    ("a description of 73", picker(items=items(1, description="x" * 73))),
    ("a list body of 1025", picker(body="x" * 1025)),
]
GOOD_CONTENTS = [
    quick(),
    quick(body="x" * 1024, actions=actions(3, "x" * 19)),
    picker(),
    picker(body="x" * 1024, button="x" * 20, items=items(10, "x" * 23, description="x" * 72)),
]


async def posted(peer: TwilioPeer, path: str, **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=peer.url, auth=(ACCOUNT, "12345")) as client:
        return await client.post(path, **how)


@pytest.mark.parametrize(("name", "form"), BROKEN_MESSAGES)
async def test_twilio_refuses_broken_messages(name: str, form: dict[str, str]) -> None:
    """Each broken message is refused with 400 and remembered."""
    async with TwilioPeer(strict=False) as peer:
        assert (await posted(peer, MESSAGES, data=form)).status_code == 400
        assert len(peer.violations) == 1
        assert not peer.messages


@pytest.mark.parametrize(("name", "content"), BROKEN_CONTENTS)
async def test_twilio_refuses_broken_contents(name: str, content: dict[str, Any]) -> None:
    """Each broken Content resource is refused with 400 and remembered."""
    async with TwilioPeer(strict=False) as peer:
        assert (await posted(peer, "/v1/Content", json=content)).status_code == 400
        assert len(peer.violations) == 1


async def test_twilio_takes_what_just_fits() -> None:
    """The same calls with every length and count at its limit are taken."""
    async with TwilioPeer() as peer:
        assert (await posted(peer, MESSAGES, data=GOOD)).status_code == 201
        for content in GOOD_CONTENTS:
            answer = await posted(peer, "/v1/Content", json=content)
            assert answer.status_code == 201
            form = {**without("Body"), "ContentSid": answer.json()["sid"]}
            assert (await posted(peer, MESSAGES, data=form)).status_code == 201
        unknown = {**without("Body"), "ContentSid": "HX" + "0" * 32}
        assert (await posted(peer, MESSAGES, data=unknown)).json()["code"] == 21655


async def test_twilio_refuses_wrong_addresses_and_strangers() -> None:
    """A wrong path, a sid that is none and missing credentials are refused."""
    async with TwilioPeer(strict=False) as peer:
        for path in ("/v1/Contents", MESSAGES.replace("Messages", "Message"), "/v3/Messages"):
            assert (await posted(peer, path, data=GOOD)).status_code == 400
        assert (await posted(peer, MESSAGES.replace(ACCOUNT, "AC1"), data=GOOD)).status_code == 400
        async with httpx.AsyncClient(base_url=peer.url) as client:
            assert (await client.post(MESSAGES, data=GOOD)).status_code == 401
        assert not peer.messages


async def test_a_strict_peer_fails_the_test() -> None:
    """What the platform would refuse does not go unnoticed, whatever the channel made of the 400."""
    with pytest.raises(AssertionError, match="would have refused"):
        async with TwilioPeer() as peer:
            await posted(peer, MESSAGES, data=without("To"))


def test_the_limits_are_those_of_the_file() -> None:
    """The overlay's figures come from the data file, not from the code beside it."""
    assert (limit("Body of a free text"), limit("list-picker items"), limit("reply button title")) == (
        1600,
        10,
        20,
    )


def button(**fields: Any) -> dict[str, Any]:
    return {"text": "Sí", "callback_data": "c", **fields}


def keyboard(*rows: Any) -> str:
    return json.dumps({"inline_keyboard": list(rows)})


SECRET_URL = {"url": "https://faro.example.org/webhooks/telegram"}
BROKEN_CALLS = [
    ("text of 4097", "sendMessage", {"chat_id": "7", "text": "x" * 4097}),
    ("empty text", "sendMessage", {"chat_id": "7", "text": ""}),
    ("no text", "sendMessage", {"chat_id": "7"}),
    ("no chat", "sendMessage", {"text": "x"}),
    ("a misspelt parameter", "sendMessage", {"chat_id": "7", "text": "x", "protect": "true"}),
    ("a wrong type", "sendMessage", {"chat_id": "7", "text": "x", "protect_content": "yes"}),
    ("66 bytes of data", "sendMessage", {"reply_markup": keyboard([button(callback_data="ñ" * 33)])}),
    ("a button without text", "sendMessage", {"reply_markup": keyboard([{"callback_data": "c"}])}),
    ("a button without action", "sendMessage", {"reply_markup": keyboard([{"text": "Sí"}])}),
    ("two actions", "sendMessage", {"reply_markup": keyboard([button(url="https://x.example.org")])}),
    ("a flat keyboard", "sendMessage", {"reply_markup": keyboard(button())}),
    ("an empty row", "sendMessage", {"reply_markup": keyboard([])}),
    ("nine in a row", "sendMessage", {"reply_markup": keyboard([button()] * 9)}),
    ("101 buttons", "sendMessage", {"reply_markup": keyboard(*[[button()]] * 101)}),
    ("a keyboard that is no JSON", "sendMessage", {"reply_markup": "{"}),
    ("a callback answer of 201", "answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}),
    ("a callback answer to nothing", "answerCallbackQuery", {}),
    ("a secret of 257", "setWebhook", {**SECRET_URL, "secret_token": "x" * 257}),
    ("an empty secret", "setWebhook", {**SECRET_URL, "secret_token": ""}),
    ("a secret with a dot", "setWebhook", {**SECRET_URL, "secret_token": "a.b"}),
    ("a webhook without TLS", "setWebhook", {"url": "http://faro.example.org/"}),
    ("a webhook on an odd port", "setWebhook", {"url": "https://faro.example.org:8000/"}),
    ("an unknown chat action", "sendChatAction", {"chat_id": "7", "action": "thinking"}),
    ("nothing to delete", "deleteMessages", {"chat_id": "7", "message_ids": "[]"}),
    ("101 to delete", "deleteMessages", {"chat_id": "7", "message_ids": json.dumps(list(range(101)))}),
    ("more updates than allowed", "getUpdates", {"limit": "101"}),
]


async def called(peer: TelegramPeer, method: str, form: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=peer.url) as client:
        return await client.post(f"/bot{TOKEN}/{method}", data=form)


@pytest.mark.parametrize(("name", "method", "form"), BROKEN_CALLS)
async def test_telegram_refuses_broken_calls(name: str, method: str, form: dict[str, str]) -> None:
    """Each broken call is refused with 400 and remembered."""
    if "reply_markup" in form:
        form = {"chat_id": "7", "text": "x", **form}
    async with TelegramPeer(strict=False) as peer:
        answer = await called(peer, method, form)
        assert (answer.status_code, answer.json()["ok"]) == (400, False)
        assert len(peer.violations) == 1


async def test_telegram_takes_what_just_fits() -> None:
    """The same calls at their limits are taken."""
    async with TelegramPeer() as peer:
        rows = keyboard(*[[button(callback_data="x" * 64)] * 8] * 12, [button()] * 4)
        for method, form in [
            ("sendMessage", {"chat_id": "7", "text": "ñ" * 4096, "reply_markup": rows}),
            ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 200}),
            ("setWebhook", {**SECRET_URL, "secret_token": "aA0_-" * 51}),
            ("deleteWebhook", {}),
            ("sendChatAction", {"chat_id": "7", "action": "typing"}),
            ("deleteMessages", {"chat_id": "7", "message_ids": json.dumps(list(range(100)))}),
            ("getMe", {}),
        ]:
            answer = await called(peer, method, form)
            assert (answer.status_code, answer.json()["ok"]) == (200, True), answer.text


async def test_telegram_refuses_strangers_and_unknown_methods() -> None:
    """A wrong token gives 401, a misspelt method 404, polling beside a webhook 409."""
    async with TelegramPeer(strict=False) as peer:
        async with httpx.AsyncClient(base_url=peer.url) as client:
            assert (await client.post("/bot2:x/getMe")).status_code == 401
        assert (await called(peer, "sendMesage", {"chat_id": "7", "text": "x"})).status_code == 404
        await called(peer, "setWebhook", SECRET_URL)
        assert (await called(peer, "getUpdates", {})).status_code == 409


@pytest.mark.parametrize("kind", [TelegramPeer, TwilioPeer])
async def test_who_dies_in_the_middle_of_a_call_breaks_no_rule(kind: type[TelegramPeer | TwilioPeer]) -> None:
    """A killed sender leaves half a request; it counts neither as a call nor as something wrong."""
    async with kind() as peer:
        _, writer = await asyncio.open_connection("127.0.0.1", int(peer.url.rsplit(":", 1)[1]))
        head = f"POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: peer\r\nContent-Length: 100\r\n"
        writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nchat_id=7".encode())
        await writer.drain()
        await asyncio.sleep(0.05)  # the peer waits for the rest
        writer.transport.abort()
        await asyncio.sleep(0.05)
        assert not peer.calls


def test_updates_are_judged_too() -> None:
    """A misspelt field, a missing one and a wrong type in an update are found; so are the peer's own answers."""
    good = text_update("hola")
    assert not faults_of("Update", good)
    for change in (
        {"texto": "x"},
        {"message_id": "5"},
        {"chat": {"id": 1}},
        {"chat": {"id": 1, "type": "friends"}},
        {"from": {"id": 1, "first_name": "x"}},
    ):
        broken = copy.deepcopy(good)
        broken["message"].update(change)
        assert faults_of("Update", broken), change
    assert not faults_of("User", BOT)
    assert faults_of("Message", {"message_id": 1})
