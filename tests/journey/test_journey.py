"""From a signed webhook to a case, to the console in a real browser, to the call that the platform receives.

Everything is real but the platforms, whose places are taken by peers that refuse what the platforms would refuse:
``faro serve`` in its own process with its own Rasa, the database on disk, Chromium at the console.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.phrasing import Catalogues
from tests.conftest import CHROMIUM, ROOT
from tests.journey.service import BOT_TOKEN, TOKEN, Service, faro, telegram_settings, until, whatsapp_settings
from tests.peers.opus import silence
from tests.peers.sign import (
    message_form,
    status_form,
    tap_form,
    tap_update,
    text_update,
    voice_form,
    voice_update,
)
from tests.peers.telegram import TelegramPeer
from tests.peers.twilio import TwilioPeer

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

SAY = Catalogues(ROOT / "locales").text
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--accept-lang=es-PE"]  # fmt: skip
NUMBER = "+15005550006"
CHAT = 7001
REPLY = "Hola, le leo con calma. ¿Está en un lugar seguro?"
SPOKEN = silence(1.0, "canario-voz")
CANARY = "quiero hablar con una persona que me ayude zafiro"


class WhatsAppPhone:
    """A person on WhatsApp, seen from the platform's side."""

    def __init__(self, service: Service, peer: TwilioPeer) -> None:
        self.service, self.peer = service, peer

    async def write(self, text: str) -> None:
        assert (await self.service.whatsapp(message_form(text))).status_code == 200

    async def tap(self, choice: str) -> None:
        shown = next(m for m in reversed(self.peer.messages) if any(c["id"] == choice for c in m["choices"]))
        title = next(c["title"] for c in shown["choices"] if c["id"] == choice)
        assert (await self.service.whatsapp(tap_form(choice, title, shown["sid"]))).status_code == 200

    async def speak(self) -> None:
        sid = "MM" + "a" * 32
        form = voice_form(sid, self.peer.record(sid, SPOKEN))
        assert (await self.service.whatsapp(form)).status_code == 200

    async def delivered(self, text: str) -> None:
        sid = next(m["sid"] for m in self.peer.messages if m["text"] == text)
        assert (await self.service.whatsapp(status_form(sid, "delivered"))).is_success

    def texts(self) -> list[str]:
        return [m["text"] for m in self.peer.messages]


class TelegramPhone:
    """A person on Telegram, seen from the platform's side."""

    def __init__(self, service: Service, peer: TelegramPeer) -> None:
        self.service, self.peer = service, peer

    async def write(self, text: str) -> None:
        assert (await self.service.telegram(text_update(text, CHAT))).status_code == 200

    async def tap(self, choice: str) -> None:
        shown = next(m for m in reversed(self.peer.messages) if any(c["id"] == choice for c in m["choices"]))
        assert (await self.service.telegram(tap_update(choice, shown["id"], CHAT))).status_code == 200

    async def speak(self) -> None:
        self.peer.files["AwAC"] = SPOKEN
        assert (await self.service.telegram(voice_update("AwAC", CHAT))).status_code == 200

    async def delivered(self, text: str) -> None:
        """Telegram says nothing of delivery."""

    def texts(self) -> list[str]:
        return [m["text"] for m in self.peer.messages]


Phone = WhatsAppPhone | TelegramPhone


async def _browse(service: Service, walk: Callable[[Page], Awaitable[None]]) -> None:
    """``walk`` in a new browser; errors on a page fail the test, and the page is kept as a picture."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(base_url=service.base, viewport={"width": 1280, "height": 860})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            await walk(page)
        finally:
            await page.screenshot(path=str(service.folder / "console.png"), full_page=True)
            await browser.close()
        assert errors == []


async def _log_in(page: Page, account: dict[str, Any]) -> None:
    await page.goto("/console")
    await page.fill("#login", account["login"])
    await page.fill("#password", account["password"])
    await page.click("[data-testid=login-form] button")
    await page.fill("#code", pyotp.TOTP(account["totp_secret"]).now())
    await page.click("[data-testid=code-form] button")
    await expect(page.get_by_test_id("queue")).to_be_visible()


async def _journey(service: Service, phone: Phone) -> None:
    account = service.staff()
    await phone.write("hola")
    await until("the greeting", lambda: SAY("start.hello", "es") in phone.texts())
    await until("the first question", lambda: SAY("ask.P0", "es") in phone.texts())
    await phone.tap("P0.yes")
    await until("the consent", lambda: SAY("ask.P1", "es") in phone.texts(), 40)
    await phone.tap("P1.yes")
    await until("the next question", lambda: SAY("ask.P2", "es") in phone.texts(), 40)
    await phone.write(CANARY)
    await until("what happens next", lambda: SAY("handoff.waiting_off_duty", "es") in phone.texts(), 40)

    async def answer(page: Page) -> None:
        await _log_in(page, account)
        row = page.get_by_test_id("case-row").first
        await expect(row).to_have_attribute("data-state", "waiting")
        await row.get_by_role("link").first.click()
        await expect(page.get_by_test_id("summary").first).to_be_visible()
        assert CANARY not in await page.content()
        await page.get_by_test_id("claim-button").click()
        await expect(page.get_by_test_id("state-claimed")).to_be_visible()
        joined = re.compile(
            re.escape(SAY("human.joined", "es")).replace(r"\{alias\}", ".+").replace(r"\{role\}", ".+")
        )
        await until("who is here", lambda: any(joined.fullmatch(t) for t in phone.texts()), 40)
        await page.get_by_test_id("thread-link").click()
        await expect(page.get_by_test_id("thread")).to_contain_text("zafiro")
        for secret in (NUMBER, NUMBER[1:], str(CHAT), "Test Person"):
            assert secret not in await page.content()
        await page.fill("#text", REPLY)
        await page.get_by_test_id("send-button").click()
        await until("the reply", lambda: REPLY in phone.texts(), 40)
        await phone.delivered(REPLY)
        before = len(phone.texts())
        await phone.write("sí, estoy en mi cuarto")
        await asyncio.sleep(2)
        assert len(phone.texts()) == before, "the bot is silent while a person speaks"
        await page.reload()
        await expect(page.get_by_test_id("thread")).to_contain_text("estoy en mi cuarto")
        await phone.speak()
        await expect(page.get_by_test_id("voice")).to_be_visible(timeout=40_000)
        heard = "a => fetch(a.src).then(r => r.arrayBuffer()).then(b => b.byteLength)"
        assert await page.get_by_test_id("voice").evaluate(heard) == len(SPOKEN)
        await page.get_by_test_id("close-open").click()
        form = page.get_by_test_id("close-form")
        await form.locator("[name=outcome]").first.select_option("oriented")
        await form.get_by_role("button").click()
        await expect(page.get_by_test_id("state-closed")).to_be_visible()

    await _browse(service, answer)
    await until("the farewell", lambda: SAY("human.closed.oriented", "es") in phone.texts(), 40)
    before = len(phone.texts())
    await asyncio.sleep(1)
    assert len(phone.texts()) == before, "after closing, nothing unasked"
    await phone.write("hola otra vez")
    await until("the bot's return", lambda: len(phone.texts()) > before, 40)
    _nothing_leaked(service)


def _nothing_leaked(service: Service) -> None:
    """No word, number, name or token of this journey in the log (debugging was on) or, readable, in the files."""
    log = service.log.read_text()
    for secret in (
        CANARY,
        "zafiro",
        NUMBER[1:],
        "Test Person",
        TOKEN,
        BOT_TOKEN.partition(":")[2],
        REPLY[:12],
        "mi cuarto",
        "AwAC",
        "MM" + "a" * 32,
    ):
        assert secret not in log
    for file in service.folder.glob("faro.db*"):
        content = file.read_bytes()
        for secret in ("zafiro", NUMBER[1:], "Test Person", REPLY[:12], "mi cuarto", "canario-voz"):
            assert secret.encode() not in content
    assert (service.folder / "keys.json").stat().st_mode & 0o077 == 0


async def test_whatsapp_from_webhook_to_reply(tmp_path: Path) -> None:
    """A signed form, a case, a reply typed in Chromium, and the message that Twilio would send."""
    async with TwilioPeer(token=TOKEN) as peer, faro(tmp_path, whatsapp_settings(peer.url)) as service:
        await _journey(service, WhatsAppPhone(service, peer))


async def test_telegram_from_webhook_to_reply(tmp_path: Path) -> None:
    """The same on Telegram, judged by the Bot API's own description."""
    async with TelegramPeer(token=BOT_TOKEN) as peer, faro(tmp_path, telegram_settings(peer.url)) as service:
        await _journey(service, TelegramPhone(service, peer))
