"""An editor takes a phrase off the list, in a real browser; the simulator's phone understands it seconds later."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.statistics import FEWEST
from bot.storage import phrases
from bot.storage.database import Database
from bot.storage.phrases import Heard
from bot.vault import KeyRing, Vault
from tests.conftest import ROOT
from tests.journey.service import Service, faro
from tests.journey.test_texts_browser import LIVE_MS, log_in, page

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.rasa]

SAID = "todo zarandunga"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Faro with lists of its own and the simulator's phones, to which enough people wrote one phrase."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    settings = {
        "FARO_LOCALES": str(tmp_path / "locales"),
        "FARO_SIMULATOR": "1",
        "FARO_COLLECT_PHRASES": "1",
    }
    async with faro(tmp_path, settings, start=False) as running:
        db = Database(f"sqlite:///{tmp_path / 'faro.db'}")
        vault = Vault(KeyRing.load(tmp_path / "keys.json"))
        async with db.write() as conn:
            for n in range(FEWEST):
                heard = [Heard("es", "P0", "out_of_scope", SAID)]
                await phrases.share(conn, vault, f"{n:032x}", heard, time.time())
        await db.close()
        await running.start()
        yield running


async def writes(page: Page) -> Locator:
    """A new telephone says hello, then the phrase; what Faro said."""
    await page.goto(f"/simulator?whatsapp=p{secrets.token_hex(4)}")
    phone = page.get_by_test_id("phone-whatsapp")
    said = phone.locator(".them .text")
    for text, least in (("hola", 2), (SAID, 3)):
        box = phone.get_by_label("Mensaje")
        await box.fill(text)
        await box.press("Enter")
        await expect(said.nth(least - 1)).to_be_visible(timeout=15_000)
    return said


async def test_a_phrase_of_the_list_becomes_an_answer(service: Service, page: Page) -> None:
    """Not understood before; off the list with two choices; understood within five seconds, and the file says so."""
    consent = "Te haré preguntas cortas"
    before = await writes(page)
    assert consent not in "".join(await before.all_inner_texts())
    await log_in(service, page)
    await page.get_by_role("link", name="Frases", exact=True).click()
    await page.get_by_test_id("phrase").get_by_role("link", name=SAID).click()
    await page.select_option("#where", "answers:P0.yes")
    await page.get_by_test_id("look").click()
    await expect(page.get_by_test_id("fine")).to_be_visible()
    await page.get_by_test_id("add").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "phrase_added")
    await expect(page.get_by_test_id("phrase")).to_have_count(0)
    assert SAID in (service.folder / "locales/es/answers.yml").read_text()
    await page.wait_for_timeout(LIVE_MS)
    after = await writes(page)
    await expect(after.filter(has_text=consent).first).to_be_visible(timeout=15_000)
