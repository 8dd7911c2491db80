"""An editor changes a phrase in the console, in a real browser, and reads it on the simulator's phone."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.texts import files, po
from tests.conftest import CHROMIUM, ROOT
from tests.journey.service import Service, faro
from tests.journey.test_journey import FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

CONSOLE = "Hola 👋 Soy Faro. Escribe con calma, aquí te leo."
BY_HAND = "Hola 👋 Soy Faro. Escribe cuando quieras, aquí te leo."
TRIED = "¿Te dijeron algo que no era cierto sobre el trabajo?"
LIVE_MS = 5000


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Faro with catalogues of its own and the simulator's phones."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    settings = {"FARO_LOCALES": str(tmp_path / "locales"), "FARO_SIMULATOR": "1"}
    async with faro(tmp_path, settings) as running:
        yield running


@pytest.fixture
async def page(service: Service) -> AsyncIterator[Page]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(base_url=service.base, viewport={"width": 1280, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
        assert complaints == []


async def log_in(service: Service, page: Page) -> None:
    account = service.staff("eva", "editor")
    await page.goto("/console")
    await page.fill("#login", account["login"])
    await page.fill("#password", account["password"])
    await page.click("[data-testid=login-form] button")
    await page.fill("#code", pyotp.TOTP(account["totp_secret"]).now())
    await page.click("[data-testid=code-form] button")
    await expect(page.get_by_test_id("texts")).to_be_visible()


async def reads(page: Page, text: str) -> None:
    """A telephone that never wrote before says hello and reads ``text``."""
    await page.goto(f"/simulator?whatsapp=p{secrets.token_hex(4)}")
    phone = page.get_by_test_id("phone-whatsapp")
    box = phone.get_by_label("Mensaje")
    await box.fill("hola")
    await box.press("Enter")
    await expect(phone.locator(".them .text").first).to_have_text(text, timeout=15_000)


async def test_a_phrase_changed_in_the_console_is_on_the_phone(service: Service, page: Page) -> None:
    """Found by its words, judged while typing, published, read; then the same by hand in the PO file."""
    await log_in(service, page)
    await page.get_by_role("searchbox").fill("soy faro. doy")
    await page.get_by_role("button", name="Buscar").click()
    await page.get_by_test_id("text-row").filter(has_text="Doy información").get_by_role("link").click()
    await page.wait_for_url("**/start.hello")
    await page.wait_for_load_state("load")
    await page.fill("#text", "Hola, te prometo papeles.")
    await expect(page.get_by_test_id("finding-error").first).to_contain_text("te prometo")
    await page.fill("#text", CONSOLE)
    await expect(page.get_by_test_id("fine")).to_be_visible()
    await expect(page.get_by_test_id("look").locator(".whatsapp .bubble").first).to_have_text(CONSOLE)
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "text_published")
    await expect(page.get_by_test_id("published")).to_contain_text(CONSOLE)
    await reads(page, CONSOLE)

    path = files.catalogue(service.folder / "locales", "es")
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), "start.hello", BY_HAND), encoding="utf-8")
    await page.wait_for_timeout(LIVE_MS)
    await reads(page, BY_HAND)


async def test_a_draft_is_tried_on_the_phone_and_read_again_once_it_is_published(
    service: Service, page: Page
) -> None:
    """Both telephones stand at the question in the draft's words; an answer goes on from there."""
    await log_in(service, page)
    await page.goto("/console/texts/es/ask.Q01")
    await page.fill("#text", TRIED)
    await page.get_by_test_id("draft").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "text_drafted")
    async with page.expect_popup() as opened:
        await page.get_by_test_id("try").click()
    phones = await opened.value
    for look in ("whatsapp", "telegram"):
        phone = phones.get_by_test_id(f"phone-{look}")
        await expect(phone.locator(".them .text").last).to_contain_text(TRIED, timeout=15_000)
    phone = phones.get_by_test_id("phone-whatsapp")
    await phone.get_by_role("button", name="No", exact=True).last.click()
    await expect(phone.locator(".them .text").last).not_to_contain_text(TRIED, timeout=15_000)
    await phones.close()

    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "text_published")
    async with page.expect_popup() as opened:
        await page.get_by_test_id("try").click()
    phones = await opened.value
    phone = phones.get_by_test_id("phone-telegram")
    await expect(phone.locator(".them .text").last).to_contain_text(TRIED, timeout=15_000)
