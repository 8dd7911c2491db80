"""A supervisor's and a responder's day in a real browser: the rota, breaks, what must not wait."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.integration.console_support import World, world
from tests.integration.test_console_browser import FAINT, PHONE, address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser

# How far what is on the page has moved since it was first drawn, without anybody's doing.
SHIFTED = """() => new Promise((done) => {
    new PerformanceObserver((seen) => done(seen.getEntries().reduce((sum, one) => sum + one.value, 0)))
        .observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(0), 500);
})"""


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_shifts_and_a_break(world: World, address: str, chromium: Browser, script: bool) -> None:
    """A supervisor writes a shift and hands on what she holds before a break; her colleague finds both."""
    luis = await world.account("luis")
    sofia = await world.account("sofia", "supervisor")
    case = await world.case(urgency=1)
    await world.deps.desk.claim(case, sofia, world.clock.now)
    page, complaints = await visit(chromium, address, java_script_enabled=script)
    await log_in(world, page, "sofia")
    await page.get_by_role("link", name="Turnos").click()
    await page.get_by_test_id("shift-open").click()
    await page.get_by_label("Quién", exact=True).select_option(label=luis.alias)
    await page.get_by_label("Viernes").check()
    await page.get_by_label("Desde").fill("22:00")
    await page.get_by_label("Hasta").fill("06:00")
    await page.get_by_role("button", name="Añadir", exact=True).click()
    await expect(page.get_by_test_id("shift")).to_contain_text("22:00–06:00")
    await page.get_by_label("A quién").select_option(label=luis.alias)
    await page.get_by_label("Nota para quien siga").fill("Prefiere escribir de noche")
    await page.get_by_test_id("pause-button").click()
    await expect(page.get_by_test_id("on-break")).to_be_visible()
    await expect(page.get_by_test_id("pause-mark")).to_be_visible()
    other, _ = await visit(chromium, address, java_script_enabled=script)
    world.clock.now += 30
    await log_in(world, other, "luis")
    await other.get_by_test_id("case-row").get_by_role("link").click()
    await expect(other.get_by_test_id("notes")).to_contain_text("Prefiere escribir de noche")
    await other.goto("/console/rota")
    await expect(other.get_by_test_id("my-shifts")).to_contain_text("22:00–06:00")
    await page.get_by_test_id("back-button").click()
    await expect(page.get_by_test_id("pause-mark")).to_have_count(0)
    assert complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_what_weighs_is_read_when_wanted(
    world: World, address: str, chromium: Browser, script: bool
) -> None:
    """Folded at first, open by a click, and still open when the conversation has grown."""
    ana = await world.account("ana")
    case = await world.case(text="Ayer me pegó con un cable")
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, address, java_script_enabled=script)
    await log_in(world, page, "ana")
    await page.goto(f"/console/cases/{case}/thread")
    words = page.get_by_text("Ayer me pegó con un cable")
    await expect(words).to_be_hidden()
    await page.get_by_test_id("hard").locator("summary").click()
    await expect(words).to_be_visible()
    if script:
        await world.writes("¿sigues ahí?")
        await expect(page.get_by_text("¿sigues ahí?")).to_be_visible(timeout=9000)
        await expect(words).to_be_visible()
        await page.get_by_test_id("hard").locator("summary").click()
        await expect(words).to_be_hidden()
    assert complaints == []


async def test_a_number_is_seen_by_two(world: World, address: str, chromium: Browser) -> None:
    """Ana asks, Sofía sees it on top of her page and grants, Ana sees the number once."""
    ana = await world.account("ana")
    await world.account("sofia", "supervisor")
    case = await world.case("+51987654321", urgency=1)
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, address)
    other, more = await visit(chromium, address)
    await log_in(world, page, "ana")
    await log_in(world, other, "sofia")
    await page.goto(f"/console/cases/{case}")
    await page.get_by_test_id("reveal-link").click()
    await page.get_by_label("Pidió que la llamen").check()
    await page.get_by_label("Explícalo").fill("Quiere que la llamemos a las cinco.")
    await page.get_by_test_id("ask-button").click()
    await expect(page.get_by_test_id("reveal-asked")).to_be_visible()
    await other.reload()
    await other.get_by_test_id("alerts-reveals").get_by_role("link").click()
    world.clock.now += 30
    await other.get_by_label("Código").fill(world.code("sofia"))
    await other.get_by_test_id("grant-button").click()
    await expect(other.get_by_test_id("no-reveals")).to_be_visible()
    await page.goto(f"/console/cases/{case}/reveal")
    await page.get_by_label("Código").fill(world.code("ana"))
    await page.get_by_test_id("show-button").click()
    await expect(page.get_by_test_id("number")).to_have_text("+51987654321")
    await page.goto(f"/console/cases/{case}/reveal")
    await expect(page.get_by_test_id("number")).to_have_count(0)
    await expect(page.get_by_test_id("reveal-shown")).to_be_visible()
    assert complaints + more == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_an_administrators_day(world: World, address: str, chromium: Browser, script: bool) -> None:
    """Log in with a code, give a role and departments, renew the own recovery codes and password, log in anew."""
    ana = await world.account("ana")
    await world.account("root", "admin")
    page, complaints = await visit(chromium, address, java_script_enabled=script)
    await page.goto("/console")
    await page.get_by_label("Usuario").fill("root")
    await page.get_by_label("Contraseña").fill(world.secrets["root"]["password"])
    await page.get_by_role("button").click()
    await page.get_by_label("Código").fill(world.code("root"))
    await page.get_by_role("button", name="Entrar").click()
    await page.get_by_test_id("edit-ana").locator("summary").click()
    form = page.get_by_test_id("edit-ana")
    await form.get_by_label("Función").select_option("supervisor")
    await form.get_by_label("Tacna").check()
    world.clock.now += 30
    await form.get_by_label("Código").fill(world.code("root"))
    await form.get_by_role("button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "staff_kept")
    changed = await world.member("ana")
    assert (ana.role, changed.role, changed.departments) == ("responder", "supervisor", "tacna")
    await page.get_by_test_id("me-link").click()
    world.clock.now += 30
    await page.get_by_test_id("codes-form").get_by_label("Código").fill(world.code("root"))
    await page.get_by_test_id("codes-button").click()
    await expect(page.get_by_test_id("recovery-code")).to_have_count(8)
    code = await page.get_by_test_id("recovery-code").first.text_content()
    world.clock.now += 30
    phrase = "la quinua hierve a las seis"
    await page.get_by_label("La de ahora").fill(world.secrets["root"]["password"])
    await page.get_by_label("La nueva", exact=True).fill(phrase)
    await page.get_by_label("La nueva, otra vez").fill(phrase)
    await page.get_by_test_id("password-form").get_by_label("Código").fill(world.code("root"))
    await page.get_by_test_id("password-button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "password_kept")
    await page.get_by_test_id("logout").click()
    await page.get_by_label("Usuario").fill("root")
    await page.get_by_label("Contraseña").fill(phrase)
    await page.get_by_role("button").click()
    await page.get_by_label("Código").fill(code or "")
    await page.get_by_role("button", name="Entrar").click()
    await expect(page.get_by_test_id("staff")).to_be_visible()
    assert complaints == []


async def test_what_must_not_wait_is_seen_and_heard(world: World, address: str, chromium: Browser) -> None:
    """On any page, by itself; heard once; gone with the claim."""
    ana = await world.account("ana")
    page, complaints = await visit(chromium, address)
    await log_in(world, page, "ana")
    await page.goto("/console/rota")
    case = await world.case(urgency=3)
    alert = page.get_by_test_id("alert")
    await expect(alert).to_contain_text((await world.standing(case)).codename, timeout=14000)
    await expect(page.locator("#alerts")).to_have_attribute("data-sounded", "1")
    await world.deps.desk.claim(case, ana, world.clock.now)
    await expect(alert).to_have_count(0, timeout=14000)
    assert [line for line in complaints if "AudioContext" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_the_team_fit_a_phone(
    world: World, address: str, chromium: Browser, scheme: Any
) -> None:
    """Not wider than a phone, every text strong enough, with an alert on top."""
    sofia = await world.account("sofia", "supervisor")
    ana = await world.account("ana")
    case, hers = await world.case("+51900000001", urgency=3), await world.case("+51900000002", urgency=1)
    await world.deps.desk.claim(case, sofia, world.clock.now)
    await world.deps.desk.claim(hers, ana, world.clock.now)
    await world.deps.reveals.ask(hers, ana, "call", "Quiere que la llamemos.", world.clock.now)
    await world.case("+51900000003", urgency=3)
    page, _ = await visit(chromium, address, viewport={**PHONE, "width": 360}, color_scheme=scheme)
    await log_in(world, page, "sofia")
    for path in ("/rota", f"/cases/{case}/reveal", "/reveals", "/me", "/staff"):
        await page.goto(f"/console{path}")
        for folded in await page.locator("main details > summary").all():
            await folded.click()
        await expect(page.get_by_test_id("alert")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await page.evaluate(FAINT) == [], path


async def test_it_is_heard_as_soon_as_the_page_is_open(world: World, address: str, chromium: Browser) -> None:
    """Not only when the page asks again; and what is there stays where it is."""
    await world.account("ana")
    await world.case(urgency=3)
    page, _ = await visit(chromium, address)
    await log_in(world, page, "ana")
    await expect(page.locator("#alerts")).to_have_attribute("data-sounded", "1")
    assert await page.evaluate(SHIFTED) == 0
