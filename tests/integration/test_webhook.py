"""The door over HTTP: stored before it is answered, refused without a trace, never a 5xx but for our own store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.storage.database import Database
from bot.storage.tables import inbound
from bot.vault import Vault
from bot.webhook import MAX_BODY, Door
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp
from tests.integration.conftest import NOW
from tests.peers.contents import Contents
from tests.peers.sign import (
    ACCOUNT,
    SENDER,
    message_form,
    sign_twilio,
    telegram_headers,
    telegram_samples,
    text_update,
    twilio_samples,
)

PUBLIC = "https://faro.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "s" * 64
Count = Callable[[], object]


@pytest.fixture
async def http(database: Database, vault: Vault) -> AsyncIterator[httpx.AsyncClient]:
    channels = {
        "whatsapp": WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, "http://127.0.0.1:9", Contents()),
        "telegram": Telegram("123456:" + "a" * 35, SECRET, "http://127.0.0.1:9", PUBLIC),
    }
    outbox = Outbox(database, vault, channels, lambda: NOW, lambda: 0.5)
    door = Door(channels, Inbox(database, vault, lambda: NOW), outbox, lambda: NOW)
    transport = httpx.ASGITransport(Starlette(routes=door.routes()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    await door.close()
    for channel in channels.values():
        await channel.close()


async def stored(database: Database) -> int:
    async with database.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(inbound)))


async def test_a_signed_message_is_stored_and_answered(http: httpx.AsyncClient, database: Database) -> None:
    """Answered with an empty TwiML once it is durable; the same call again changes nothing."""
    headers, body = sign_twilio(f"{PUBLIC}/webhooks/whatsapp", message_form("¡Hola!"), TOKEN)
    for _ in range(3):
        answer = await http.post("/webhooks/whatsapp", content=body, headers=headers)
        assert (answer.status_code, "<Response/>" in answer.text) == (200, True)
        assert await stored(database) == 1


async def test_every_sample_once_twice_unsigned_and_altered(
    http: httpx.AsyncClient, database: Database
) -> None:
    """2xx once, no second effect, 403, 403; never a 5xx."""
    for kind, path in (("inbound", "/webhooks/whatsapp"), ("status", "/webhooks/whatsapp/status")):
        for name, form in twilio_samples(kind):
            headers, body = sign_twilio(PUBLIC + path, form, TOKEN)
            before = await stored(database)
            assert (await http.post(path, content=body, headers=headers)).is_success, name
            after = await stored(database)
            assert after - before <= 1
            assert (await http.post(path, content=body, headers=headers)).is_success, name
            bare = {k: v for k, v in headers.items() if "signature" not in k}
            assert (await http.post(path, content=body, headers=bare)).status_code == 403, name
            assert (await http.post(path, content=body + b"&x=1", headers=headers)).status_code == 403, name
            assert await stored(database) == after, name


async def test_every_telegram_sample_with_and_without_the_secret(
    http: httpx.AsyncClient, database: Database
) -> None:
    """Genuine: 2xx and at most one message, once; forged: 403 and nothing."""
    for name, update in telegram_samples():
        before = await stored(database)
        for _ in range(2):
            answer = await http.post("/webhooks/telegram", json=update, headers=telegram_headers(SECRET))
            assert answer.is_success, name
        after = await stored(database)
        assert after - before <= 1, name
        for headers in ({}, telegram_headers("wrong"), telegram_headers(SECRET[:-1] + "x")):
            assert (await http.post("/webhooks/telegram", json=update, headers=headers)).status_code == 403, (
                name
            )
        assert await stored(database) == after


@pytest.mark.parametrize("path", ["/webhooks/whatsapp", "/webhooks/whatsapp/status", "/webhooks/telegram"])
async def test_oversized_and_odd_calls_are_refused(
    http: httpx.AsyncClient, database: Database, path: str
) -> None:
    """Too long is 413 before anything is read; GET and junk are 4xx."""
    secret = telegram_headers(SECRET)
    assert (await http.post(path, content=b"x" * (MAX_BODY + 1), headers=secret)).status_code == 413
    assert (await http.get(path)).status_code == 405
    for body in (b"", b"{", b"\xff\xfe\x00", b"a=b", b"[]", b"null", b'{"update_id":"x"}'):
        answer = await http.post(path, content=body, headers=secret)
        assert answer.status_code < 500
    assert await stored(database) == 0


async def test_when_our_store_is_down_the_provider_tries_again(
    http: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and no false 200; the same call is taken once the store is back."""

    def down(**_: object) -> object:
        raise OSError("no space left on device")

    update = text_update("hola")
    with monkeypatch.context() as patch:
        patch.setattr(database, "write", down)
        answer = await http.post("/webhooks/telegram", json=update, headers=telegram_headers(SECRET))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (
        await http.post("/webhooks/telegram", json=update, headers=telegram_headers(SECRET))
    ).status_code == 200
    assert await stored(database) == 1
