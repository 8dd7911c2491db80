"""The console in a real browser: its own headers, its content policy, its script."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect
from starlette.applications import Starlette

from bot.console.app import build
from tests.conftest import CHROMIUM
from tests.integration.console_support import World, world

__all__ = ["world"]
pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--accept-lang=es-PE",
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """The console on a port of this machine."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=build(world.deps)), log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve(sockets=[door]))
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium without a window."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def visit(chromium: Browser, address: str, **how: Any) -> tuple[Page, list[str]]:
    """A new window, and everything that it complains about."""
    page = await (await chromium.new_context(base_url=address, **how)).new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


async def log_in(world: World, page: Page, login: str) -> None:
    """Through the forms, as a person does."""
    await page.goto("/console")
    await page.get_by_label("Usuario").fill(login)
    await page.get_by_label("Contraseña").fill(world.secrets[login]["password"])
    await page.get_by_role("button").click()
    await page.get_by_label("Código").fill(world.code(login))
    await page.get_by_role("button", name="Entrar").click()
    await expect(page.get_by_test_id("queue")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_a_shift(world: World, address: str, chromium: Browser, script: bool) -> None:
    """Log in, claim, read, answer, close and log out; the browser refuses nothing and complains of nothing."""
    await world.account("ana")
    await world.case(text="tengo miedo")
    page, complaints = await visit(chromium, address, java_script_enabled=script)
    await log_in(world, page, "ana")
    await page.get_by_test_id("case-row").get_by_role("link").click()
    await page.get_by_test_id("claim-button").click()
    await expect(page.get_by_test_id("state-claimed")).to_be_visible()
    await page.get_by_test_id("thread-link").click()
    await expect(page.get_by_test_id("thread")).to_contain_text("tengo miedo")
    await page.get_by_label("Tu mensaje").fill("Estoy aquí")
    await page.get_by_test_id("send-button").click()
    await expect(page.get_by_test_id("flash")).to_be_visible()
    await expect(page.get_by_test_id("thread")).to_contain_text("Estoy aquí")
    await page.get_by_test_id("close-open").click()
    await page.get_by_label("Cómo termina").select_option("no_answer")
    await page.get_by_test_id("close-form").get_by_role("button").click()
    await expect(page.get_by_test_id("state-closed")).to_be_visible()
    await page.get_by_test_id("logout").click()
    await expect(page.get_by_test_id("login-form")).to_be_visible()
    assert complaints == []


async def test_the_queue_stays_fresh_under_the_hand(world: World, address: str, chromium: Browser) -> None:
    """A new case appears by itself, the keyboard's place stays, the age is told; the title counts."""
    await world.account("ana")
    await world.case("+51900000001", urgency=1)
    await world.case("+51900000002", urgency=1)
    page, complaints = await visit(chromium, address)
    await log_in(world, page, "ana")
    await expect(page.get_by_test_id("queue-age")).to_contain_text(
        "Actualizado hace"
    )  # the script is at work
    rows = page.locator("[data-row]")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(rows.nth(1)).to_be_focused()
    await page.keyboard.press("k")
    await expect(rows.nth(0)).to_be_focused()
    name = await rows.nth(0).text_content()
    await world.case("+51900000003", urgency=3)
    await expect(page.get_by_test_id("case-row")).to_have_count(3, timeout=9000)
    await expect(page.get_by_test_id("case-row").first).to_have_attribute("data-urgency", "U3")
    assert await page.evaluate("document.activeElement.textContent") == name
    await expect(page).to_have_title("(3) Casos · Faro")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("summary").first).to_be_visible()
    assert complaints == []


async def test_an_open_conversation_grows_while_somebody_types(
    world: World, address: str, chromium: Browser
) -> None:
    """A new message appears; what is being typed stays."""
    ana = await world.account("ana")
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, address)
    await log_in(world, page, "ana")
    await page.goto(f"/console/cases/{case}/thread")
    await page.get_by_label("Tu mensaje").fill("Te lee")
    await world.writes("¿sigues ahí?")
    await expect(page.get_by_test_id("thread")).to_contain_text("¿sigues ahí?", timeout=9000)
    await expect(page.get_by_label("Tu mensaje")).to_have_value("Te lee")
    assert complaints == []


async def test_a_session_that_ended_leaves_the_page(world: World, address: str, chromium: Browser) -> None:
    """An open queue whose session is over goes to the login form by itself: nothing stays on the screen."""
    await world.account("ana")
    await world.case()
    page, _ = await visit(chromium, address)
    await log_in(world, page, "ana")
    world.clock.now += 16 * 60
    await expect(page.get_by_test_id("login-notice")).to_be_visible(timeout=9000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_fit_a_phone(world: World, address: str, chromium: Browser, scheme: Any) -> None:
    """No page is wider than a phone, and every text stands out from its ground by 4.5 to 1 or more."""
    sofia = await world.account("sofia", "supervisor")
    case = await world.case(
        payload={"instrument": "minor", "answers": {"M2": "boss", "M8": "yes"}, "context": {}}
    )
    await world.case("+51900000009", urgency=1)
    await world.deps.desk.claim(case, sofia, world.clock.now)
    page, _ = await visit(chromium, address, viewport=PHONE, color_scheme=scheme)
    await log_in(world, page, "sofia")
    for path in ("", "?view=closed", "/stats", "/staff", f"/cases/{case}", f"/cases/{case}/thread"):
        await page.goto(f"/console{path}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await page.evaluate(FAINT) == [], path


# Every element with text of its own against the first opaque ground behind it (WCAG 2 relative luminance).
FAINT = """() => {
  const rgb = (value) => value.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
      return [e.textContent.trim().slice(0, 30), (a + 0.05) / (b + 0.05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
}"""
