"""A supervisor's and a responder's day in a real browser: the rota, breaks, what must not wait."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.integration.console_support import World, world
from tests.integration.test_console_browser import FAINT, PHONE, address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser


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
async def test_the_rota_fits_a_phone(world: World, address: str, chromium: Browser, scheme: str) -> None:
    """Not wider than a phone, every text strong enough, with an alert on top."""
    await world.account("sofia", "supervisor")
    await world.case(urgency=3)
    page, _ = await visit(chromium, address, viewport={**PHONE, "width": 360}, color_scheme=scheme)
    await log_in(world, page, "sofia")
    await page.goto("/console/rota")
    await page.get_by_test_id("shift-open").click()
    await expect(page.get_by_test_id("alert")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(FAINT) == []
