"""A responder's day in a real browser: two people at once, by keyboard, with and without script; nothing is lost."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.conftest import CHROMIUM
from tests.integration.console_support import World, world
from tests.integration.test_console_browser import FLAGS, PHONE, address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser

TOLD = "soy María Quispe, mi numero es 987 654 321"


async def open_thread(world: World, page: Page, login: str, case: str) -> None:
    """Log in and open the conversation of a case that is theirs."""
    await log_in(world, page, login)
    await page.goto(f"/console/cases/{case}/thread")
    await expect(page.get_by_test_id("reply-form")).to_be_visible()


async def test_two_people_want_the_same_case(world: World, address: str, chromium: Browser) -> None:
    """Both see it come by itself; one has it, the other reads that, and the list of both says so within seconds."""
    await world.account("ana")
    await world.account("eva")
    first, complaints = await visit(chromium, address)
    second, _ = await visit(chromium, address)
    await log_in(world, first, "ana")
    world.clock.now += 30
    await log_in(world, second, "eva")
    case = await world.case(urgency=3)
    for page in (first, second):
        await expect(page.get_by_test_id("case-row")).to_have_count(1, timeout=8000)
    await second.goto(f"/console/cases/{case}")
    await first.get_by_test_id("case-row").get_by_role("link").click()
    await first.get_by_test_id("claim-button").click()
    await expect(first.get_by_test_id("state-claimed")).to_be_visible()
    await second.get_by_test_id("claim-button").click()
    await expect(second.get_by_test_id("flash")).to_have_attribute("data-flash", "taken")
    await expect(second.get_by_test_id("group-others")).to_be_visible()
    await first.get_by_test_id("release-button").click()
    await expect(second.get_by_test_id("group-waiting")).to_be_visible(timeout=8000)
    assert [row["key"] for row in await world.sent()] == ["human.joined"]
    assert complaints == []


async def test_a_reply_by_keyboard(world: World, address: str, chromium: Browser) -> None:
    """Ready words by their key, the look of the phone while typing, a warning, and the second click."""
    ana = await world.account("ana")
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, address)
    await open_thread(world, page, "ana", case)
    text = page.get_by_label("Tu mensaje")
    await page.keyboard.press("r")
    await expect(text).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    words = world.deps.phrasing.catalogues.text(world.deps.phrasing.catalogues.family("canned.")[1], "es")
    await expect(text).to_have_value(words)
    await expect(text).to_be_focused()
    await expect(page.locator("#writing .bubble")).to_have_text(words)
    await page.keyboard.type(" y/o algo. Te prometo que sale bien")
    await expect(page.get_by_test_id("warnings")).to_contain_text("Suena a promesa")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Enviar igual")).to_be_visible()
    assert [row["author"] for row in await world.sent()] == ["bot"]
    await page.get_by_test_id("send-button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "sent")
    assert [row["author"] for row in await world.sent()] == ["bot", "staff"]
    await expect(text).to_have_value("")
    assert [c for c in complaints if "422" not in c] == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_a_line_is_given_and_the_case_closed(
    world: World, address: str, chromium: Browser, script: bool
) -> None:
    """Searched, put in, sent over its warning, ticked at the close with a day to look again."""
    ana = await world.account("ana")
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, _ = await visit(chromium, address, java_script_enabled=script)
    await open_thread(world, page, "ana", case)
    await page.get_by_label("Tu mensaje").fill("Hay esto:")
    await page.get_by_label("Buscar por nombre").fill("defensa publica")
    await page.get_by_label("Buscar por nombre").press("Enter")
    await expect(page.get_by_test_id("line")).to_have_count(1)
    await page.get_by_test_id("insert-line").click()
    await expect(page.get_by_label("Tu mensaje")).to_have_value(re.compile(r"^Hay esto:\n📞 1884"))
    await page.get_by_test_id("send-button").click()
    await page.get_by_role("button", name="Enviar igual").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "sent")
    await expect(page.get_by_test_id("referred")).to_be_visible()
    await page.get_by_test_id("close-open").click()
    await page.get_by_label("Cómo termina").select_option("referred")
    await page.get_by_test_id("close-form").get_by_role("button", name="Cerrar el caso").click()
    await expect(page.get_by_test_id("state-closed")).to_be_visible()
    assert (await world.standing(case)).outcome == "referred"


async def test_words_survive_the_end_of_a_session(world: World, address: str, chromium: Browser) -> None:
    """Typed, left alone for a quarter of an hour, logged in again: the words are in the box."""
    ana = await world.account("ana")
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, _ = await visit(chromium, address)
    await open_thread(world, page, "ana", case)
    await page.get_by_label("Tu mensaje").fill("Lo que escribí")
    await expect(page.locator("#writing .bubble")).to_have_text("Lo que escribí")
    world.clock.now += 16 * 60
    await expect(page.get_by_test_id("login-notice")).to_be_visible(timeout=9000)
    await log_in(world, page, "ana")
    await expect(page.get_by_test_id("draft")).to_be_visible()
    await page.goto(f"/console/cases/{case}")
    await expect(page.get_by_label("Tu mensaje")).to_have_value("Lo que escribí")


@pytest.mark.parametrize("remembers", [False, True], ids=["reads pages anew", "keeps pages in memory"])
async def test_the_way_back_after_the_close_shows_what_is(
    world: World, address: str, remembers: bool
) -> None:
    """Back in the browser's history: page after page as it stands now, with nothing to click that cannot be."""
    await world.account("ana")
    case = await world.case()
    async with async_playwright() as play:
        leave_out = ["--disable-back-forward-cache"] if remembers else []
        browser = await play.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=leave_out
        )
        page, _ = await visit(browser, address)
        await log_in(world, page, "ana")
        await page.goto(f"/console/cases/{case}")
        await page.get_by_test_id("claim-button").click()
        await page.get_by_test_id("thread-link").click()
        await page.get_by_test_id("close-open").click()
        await page.get_by_label("Cómo termina").select_option("no_answer")
        await page.get_by_test_id("close-form").get_by_role("button", name="Cerrar el caso").click()
        await expect(page.get_by_test_id("state-closed")).to_be_visible()
        for _ in range(3):
            await page.go_back()
            for gone in ("close-form", "reply-form", "claim-button", "release-button"):
                await expect(page.get_by_test_id(gone)).to_have_count(0)
        await browser.close()


async def test_one_thing_is_uncovered_at_a_time(world: World, address: str, chromium: Browser) -> None:
    """A click on what is covered shows it; a refresh of the page keeps it shown and records nothing new."""
    ana = await world.account("ana")
    case = await world.case(text=TOLD)
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, address)
    await open_thread(world, page, "ana", case)
    await expect(page.get_by_test_id("thread")).not_to_contain_text("987")
    await page.get_by_test_id("mask").last.click()
    await expect(page.get_by_test_id("shown")).to_have_text("987 654 321")
    await expect(page.get_by_test_id("thread")).not_to_contain_text("Quispe")
    await world.writes("sigo aquí")
    await expect(page.get_by_test_id("thread")).to_contain_text("sigo aquí", timeout=9000)
    await expect(page.get_by_test_id("shown")).to_have_text("987 654 321")
    assert len(await world.acts("thread.unmask")) == 1
    assert complaints == []


async def test_the_desk_fits_a_small_phone(world: World, address: str, chromium: Browser) -> None:
    """At 360 pixels nothing runs over the edge, warnings, preview, filters and closing form open."""
    sofia = await world.account("sofia", "supervisor")
    case = await world.case(text=TOLD, department="madre_de_dios")
    await world.case("+51900000009", urgency=3)
    await world.deps.desk.claim(case, sofia, world.clock.now)
    page, _ = await visit(chromium, address, viewport={**PHONE, "width": 360})
    await log_in(world, page, "sofia")
    for path in ("?urgency=3", "?many=1", f"/cases/{case}", f"/cases/{case}/thread"):
        await page.goto(f"/console{path}")
        if "cases" in path:
            await page.get_by_label("Tu mensaje").fill("Te prometo " + "palabralarguísima" * 12)
            await expect(page.get_by_test_id("warnings")).to_be_visible()
        await page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
