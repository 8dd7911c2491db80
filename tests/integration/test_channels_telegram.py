"""What goes out over Telegram and how it is fetched, judged by a reading of the Bot API."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Choice, Event, Inbound, Outbound, Request, SendError
from connectors.telegram import ALLOWED_UPDATES, Telegram
from tests.peers.sign import tap_update, telegram_headers, text_update
from tests.peers.telegram import TOKEN, TelegramPeer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECRET = "abc-DEF_123"
YES_NO = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"), Choice("Q07.skip", "No sé"))


@pytest.fixture
async def peer() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer() as peer:
        yield peer


@pytest.fixture
async def channel(peer: TelegramPeer) -> AsyncIterator[Telegram]:
    channel = Telegram(TOKEN, SECRET, peer.url, "https://faro.example.org/")
    yield channel
    await channel.close()


async def test_words(peer: TelegramPeer, channel: Telegram) -> None:
    """Words go out as they are: no markup, no preview, protected, and loud unless asked otherwise."""
    words = "¡Hola! <b>*no*</b> https://example.org\n\n👍"
    sent = await channel.send("7001", Outbound(words))
    await channel.send("7001", Outbound("x", silent=True))
    first, second = peer.called("sendMessage")
    assert first.data == {
        "chat_id": 7001,
        "text": words,
        "protect_content": True,
        "disable_notification": False,
        "link_preview_options": {"is_disabled": True},
    }
    assert second.data["disable_notification"] is True
    assert sent.message_ref == str(peer.messages[0]["id"])


ROWS = [
    (("Sí", "No"), [2]),
    (("Sí", "No", "No sé"), [2, 1]),
    (("Sí", "Prefiero no contestar"), [1, 1]),
    (tuple(f"Lugar {number}" for number in range(25)), [2] * 12 + [1]),
    (tuple(f"Departamento {number:03}" for number in range(100)), [1] * 100),
]


@pytest.mark.parametrize(("titles", "rows"), ROWS)
@pytest.mark.parametrize("layout", ["buttons", "list"])
async def test_keyboards(
    peer: TelegramPeer, channel: Telegram, titles: tuple[str, ...], rows: list[int], layout: Any
) -> None:
    """Choices become buttons under the message, two in a row where all are short."""
    choices = tuple(Choice(f"c.{number}", title) for number, title in enumerate(titles))
    await channel.send("7001", Outbound("?", choices, layout))
    keyboard = peer.messages[0]["raw"]["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in keyboard] == rows
    assert [choice["title"] for choice in peer.messages[0]["choices"]] == list(titles)


async def test_a_plain_layout_has_no_keyboard(peer: TelegramPeer, channel: Telegram) -> None:
    """With layout "plain" the words already name the choices."""
    await channel.send("7001", Outbound("1. Sí", YES_NO, "plain"))
    assert peer.messages[0]["choices"] == []


async def test_the_longest_id_fits(peer: TelegramPeer, channel: Telegram) -> None:
    """A choice id of 40 characters, the most the contract allows, is within Telegram's 64 bytes."""
    await channel.send("7001", Outbound("x" * 4096, (Choice("a" * 40, "Sí"),), "buttons"))
    assert peer.messages[0]["choices"][0]["id"] == "a" * 40


REFUSALS = [
    (429, {"parameters": {"retry_after": 7}}, ("429", True, False, 7.0)),
    (403, {"description": "Forbidden: bot was blocked by the user"}, ("403", False, True, None)),
    (403, {"description": "Forbidden: user is deactivated"}, ("403", False, True, None)),
    (400, {"description": "Bad Request: chat not found"}, ("400", False, False, None)),
    (401, {"description": "Unauthorized"}, ("401", True, False, 300.0)),
    (404, {"description": "Not Found"}, ("401", True, False, 300.0)),
    (409, {"description": "Conflict"}, ("409", True, False, None)),
    (500, {"description": "Internal Server Error"}, ("network", True, False, None)),
    (502, "<html>canario</html>", ("network", True, False, None)),
    (200, "<html>canario</html>", ("network", True, False, None)),
    (200, "[]", ("network", True, False, None)),
    (200, {"ok": True, "result": {"odd": 1}}, ("answer", False, False, None)),
    (0, None, ("network", True, False, None)),
]


@pytest.mark.parametrize(("status", "body", "meaning"), REFUSALS)
async def test_what_each_refusal_means(
    peer: TelegramPeer,
    channel: Telegram,
    status: int,
    body: Any,
    meaning: tuple[str, bool, bool, float | None],
) -> None:
    """Each refusal means what its row says, is tried exactly once, and tells nothing but its code."""
    said = {"ok": False, "error_code": status, **body} if isinstance(body, dict) else body
    peer.fault("sendMessage", status, said)
    with pytest.raises(SendError) as raised:
        await channel.send("7001", Outbound("canario"))
    error = raised.value
    assert (error.code, error.retryable, error.blocked, error.retry_after) == meaning
    assert len(peer.called("sendMessage")) == 1
    assert "7001" not in str(error)


async def test_a_timeout(peer: TelegramPeer) -> None:
    """A provider that hangs is given up and may be tried again."""
    channel = Telegram(TOKEN, SECRET, peer.url, "https://faro.example.org", timeout=0.2)
    peer.fault("sendMessage", 200, delay=2)
    with pytest.raises(SendError) as raised:
        await channel.send("7001", Outbound("hola"))
    assert (raised.value.code, raised.value.retryable) == ("timeout", True)
    await channel.close()


async def test_an_address_that_is_none(channel: Telegram) -> None:
    """An address that no Telegram chat can have is a ``SendError``, not an exception of another kind."""
    with pytest.raises(SendError) as raised:
        await channel.send("whatsapp:+1", Outbound("hola"))
    assert not raised.value.retryable


async def tapped(channel: Telegram, update: dict[str, Any]) -> Inbound:
    request = Request("/webhooks/telegram", "", telegram_headers(SECRET), json.dumps(update).encode())
    (event,) = channel.receive(request, NOW)
    assert isinstance(event, Inbound)
    return event


async def test_a_tap_is_answered(peer: TelegramPeer, channel: Telegram) -> None:
    """After a tap the button stops waiting and the keyboard goes; a second tap harms nothing."""
    sent = await channel.send("7001", Outbound("?", YES_NO, "buttons"))
    event = await tapped(channel, tap_update("Q07.yes", int(sent.message_ref)))
    assert event.answers_id == sent.provider_id
    await channel.acknowledge(event)
    await channel.acknowledge(event)
    assert len(peer.answered) == 2
    assert peer.messages[0]["choices"] == []


@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageReplyMarkup"])
@pytest.mark.parametrize("status", [400, 429, 502, 0])
async def test_a_tap_that_cannot_be_answered(
    peer: TelegramPeer, channel: Telegram, method: str, status: int
) -> None:
    """Whatever Telegram says to it, acknowledging never raises."""
    sent = await channel.send("7001", Outbound("?", YES_NO, "buttons"))
    peer.fault(method, status, {"ok": False, "error_code": status, "description": "x"})
    await channel.acknowledge(await tapped(channel, tap_update("Q07.yes", int(sent.message_ref))))
    assert peer.called(method)


async def test_typed_words_are_not_acknowledged(peer: TelegramPeer, channel: Telegram) -> None:
    """Only taps wait for an answer."""
    await channel.acknowledge(await tapped(channel, text_update("hola")))
    assert not peer.calls


async def test_erasing_both_sides(peer: TelegramPeer, channel: Telegram) -> None:
    """Messages of both sides go, a hundred in a call; taps have nothing to delete."""
    refs = [(await channel.send("7001", Outbound(str(number)))).message_ref for number in range(3)]
    theirs = [str(500_000 + number) for number in range(200)]
    assert await channel.erase("7001", [*refs, "tap:9", refs[0], *theirs]) == 0
    assert peer.chats[7001] == []
    assert [len(call.data["message_ids"]) for call in peer.called("deleteMessages")] == [100, 100, 3]


async def test_erasing_what_is_too_old(peer: TelegramPeer, channel: Telegram) -> None:
    """One message of more than two days is left and counted; the others still go."""
    refs = [(await channel.send("7001", Outbound(str(number)))).message_ref for number in range(3)]
    peer.chats[7001][1]["date"] -= 49 * 3600
    assert await channel.erase("7001", [*refs, "424242"]) == 1
    assert [message["text"] for message in peer.messages] == ["1"]


@pytest.mark.parametrize("status", [429, 502, 0])
async def test_erasing_while_telegram_is_away(peer: TelegramPeer, channel: Telegram, status: int) -> None:
    """What could not even be asked for counts as left."""
    refs = [(await channel.send("7001", Outbound("x"))).message_ref for _ in range(2)]
    peer.fault("deleteMessages", status, {"ok": False, "parameters": {"retry_after": 1}})
    assert await channel.erase("7001", refs) == 2
    peer.fault("deleteMessages", 400, {"ok": False, "description": "x"})
    peer.fault("deleteMessage", 502, {})
    assert await channel.erase("7001", refs) == 1


async def until(met: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - the peer's state is looked at from outside
            await asyncio.sleep(0.01)


async def test_the_webhook_is_set(peer: TelegramPeer, channel: Telegram) -> None:
    """With a public address Telegram is told where, with which secret and what to send."""
    await channel.start()
    await channel.start()
    await until(lambda: peer.webhook)
    assert peer.webhook == {
        "url": "https://faro.example.org/webhooks/telegram",
        "secret_token": SECRET,
        "allowed_updates": list(ALLOWED_UPDATES),
    }
    assert not peer.called("getUpdates")


async def test_the_webhook_is_set_in_the_end(peer: TelegramPeer) -> None:
    """A network that is away at the start does not leave us deaf."""
    channel = Telegram(TOKEN, SECRET, peer.url, "https://faro.example.org", first_wait=0.01)
    peer.fault("setWebhook", 502, {}, times=2)
    peer.fault("setWebhook", 0, times=1)
    await channel.start()
    await until(lambda: peer.webhook)
    assert len(peer.called("setWebhook")) == 4
    await channel.close()


class Store:
    """Somebody to deliver to, who can fail and who looks at what Telegram thinks was confirmed."""

    def __init__(self, peer: TelegramPeer) -> None:
        self.peer = peer
        self.events: list[Event] = []
        self.confirmed: list[int] = []
        self.failures = 0

    async def __call__(self, events: Sequence[Event]) -> None:
        self.confirmed.append(self.peer.confirmed)
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("store is down")
        self.events += events

    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Inbound)]


@pytest.fixture
def store(peer: TelegramPeer) -> Store:
    return Store(peer)


@pytest.fixture
async def polling(peer: TelegramPeer, store: Store) -> AsyncIterator[Telegram]:
    channel = Telegram(TOKEN, "", peer.url, None, store, clock=lambda: NOW, poll_seconds=1, first_wait=0.01)
    yield channel
    await channel.close()


async def test_polling(peer: TelegramPeer, polling: Telegram, store: Store) -> None:
    """Without a public address the webhook is taken away and updates are fetched in order."""
    peer.webhook = {"url": "https://old.example.org"}
    peer.push(text_update("uno", update_id=5), text_update("dos", update_id=6))
    await polling.start()
    await until(lambda: len(store.events) == 2)
    peer.push(text_update("tres", update_id=9))
    await until(lambda: peer.confirmed == 10)
    assert store.texts() == ["uno", "dos", "tres"]
    assert [event.received_at for event in store.events if isinstance(event, Inbound)] == [NOW] * 3
    assert not peer.called("setWebhook")
    assert peer.called("getUpdates")[0].data["allowed_updates"] == list(ALLOWED_UPDATES)


async def test_an_address_without_tls_means_polling(peer: TelegramPeer, store: Store) -> None:
    """Telegram calls HTTPS addresses only, so a plain one is never offered to it."""
    channel = Telegram(TOKEN, "", peer.url, "http://127.0.0.1:8000", store, poll_seconds=1)
    await channel.start()
    await until(lambda: peer.called("getUpdates"))
    assert not peer.called("setWebhook")
    await channel.close()


async def test_an_update_is_confirmed_only_when_it_was_stored(
    peer: TelegramPeer, polling: Telegram, store: Store
) -> None:
    """While the store fails Telegram keeps the update; it comes again and is confirmed once stored."""
    store.failures = 3
    peer.push(text_update("uno", update_id=5), text_update("dos", update_id=6))
    await polling.start()
    await until(lambda: peer.confirmed == 7)
    assert store.texts() == ["uno", "dos"]
    assert store.confirmed[:4] == [0, 0, 0, 0]


async def test_what_was_stored_before_a_failure_is_not_fetched_again(
    peer: TelegramPeer, polling: Telegram, store: Store
) -> None:
    """A failure in the middle of a batch repeats from the one that failed."""
    peer.push(text_update("uno", update_id=5))
    await polling.start()
    await until(lambda: store.texts() == ["uno"])
    store.failures = 1
    peer.push(text_update("dos", update_id=6))
    await until(lambda: peer.confirmed == 7)
    assert store.texts() == ["uno", "dos"]


async def test_one_odd_update_does_not_stop_the_others(
    peer: TelegramPeer, polling: Telegram, store: Store
) -> None:
    """An update with an absurd date, or one without sense, is passed over; the rest of its batch is read."""
    odd = text_update("x", update_id=6)
    odd["message"]["date"] = 10**15
    peer.push(text_update("uno", update_id=5))
    peer.push(odd, {"update_id": 7, "message": 3}, checked=False)
    peer.push(text_update("dos", update_id=8))
    await polling.start()
    await until(lambda: peer.confirmed == 9)
    assert store.texts() == ["uno", "dos"]


async def test_polling_outlives_faults(peer: TelegramPeer, polling: Telegram, store: Store) -> None:
    """Errors, rubbish, a rate limit and a cut line delay fetching and never end it."""
    for status, body in [
        (502, {}),
        (500, "<html>"),
        (409, {"ok": False, "description": "Conflict"}),
        (429, {"ok": False, "parameters": {"retry_after": 0.01}}),
        (200, "rubbish"),
        (200, {"ok": True, "result": 7}),
        (200, {"ok": True}),
        (0, None),
    ]:
        peer.fault("getUpdates", status, body)
    peer.fault("deleteWebhook", 502, {})
    peer.push(text_update("uno", update_id=5))
    await polling.start()
    await until(lambda: peer.confirmed == 6)
    assert store.texts() == ["uno"]


async def test_polling_needs_somebody_to_deliver_to(peer: TelegramPeer) -> None:
    """Updates are never fetched into nothing."""
    channel = Telegram(TOKEN, "", peer.url, None)
    with pytest.raises(ValueError, match="deliver"):
        await channel.start()
    await channel.close()


async def test_the_token_is_never_logged(
    peer: TelegramPeer, polling: Telegram, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """With the loggers of the libraries at WARNING neither token nor words nor chat are written."""
    for name in ("httpx", "httpcore", "telegram"):
        caplog.set_level(logging.WARNING, logger=name)
    caplog.set_level(logging.DEBUG, logger="connectors")
    peer.fault("getUpdates", 200, '{"ok":true,"result":[{"message":"canario 7001')
    peer.fault("sendMessage", 200, '{"canario":')
    peer.push(text_update("canario", update_id=5))
    await polling.start()
    with pytest.raises(SendError):
        await polling.send("7001", Outbound("canario"))
    await until(lambda: peer.confirmed == 6)
    peer.files["canario"] = b"OggS canario"
    await polling.fetch("canario", 100)
    peer.fault("canario", 502, "canario")
    for limit in (100, 1):
        with pytest.raises(SendError) as refused:
            await polling.fetch("canario", limit)
        assert TOKEN not in str(refused.value)
    for secret in ("canario", TOKEN, "7001"):
        assert secret not in caplog.text


async def test_closing_ends_polling(peer: TelegramPeer, polling: Telegram) -> None:
    """Closing does not wait for the long poll to end."""
    await polling.start()
    await until(lambda: peer.called("getUpdates"))
    async with asyncio.timeout(0.5):
        await polling.close()
