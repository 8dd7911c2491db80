"""Waiting times and windows go on in the browser between two answers of the server, in the catalogue's words."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from bot.console import pages
from tests.integration.console_support import World, world
from tests.integration.test_console_browser import PHONE, address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser

HOUR = 3600
PLACES = """() => [...document.querySelectorAll('.rows > li, .rows .body, .rows a, .rows .chip')]
    .map((one) => one.getBoundingClientRect()).map((box) => [box.x, box.y, box.width, box.height])"""
HEARD = """() => [...document.querySelectorAll('[data-since], [data-until]')]
    .filter((one) => one.closest('[aria-live], [role=status], [role=alert], [role=log], [role=timer]')).length"""
# Rows of our own with any time, and what stands in them once the script has looked.
TOLD = """(all) => {
    const list = document.querySelector('[data-times]');
    for (const seconds of all) {
        const place = document.createElement('span');
        place.dataset.since = Number(list.dataset.now) - seconds;
        place.dataset.as = 'waiting';
        place.className = 'tried';
        list.append(place);
    }
}"""


@pytest.mark.parametrize("width", [1100, 360])
async def test_time_goes_on_and_nothing_moves(
    world: World, address: str, chromium: Browser, width: int
) -> None:
    """Without news from the server three minutes are told; the next answer is not counted twice."""
    await world.account("ana")
    await world.case("+51900000001", urgency=3)
    world.clock.now += 30
    page, complaints = await visit(chromium, address, viewport={**PHONE, "width": width})
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    await page.wait_for_load_state("domcontentloaded")  # from here on the script knows when it began to count
    await page.route("**/console?auto=1**", lambda route: route.fulfill(status=204))
    waiting, left = page.get_by_test_id("waiting").locator("span").first, page.get_by_test_id("window")
    await expect(waiting).to_have_text("Espera menos de 1 min")
    assert await page.evaluate(HEARD) == 0
    before = await page.evaluate(PLACES)
    await page.clock.fast_forward(180_000)
    await expect(waiting).to_have_text("Espera 3 min")
    await expect(left).to_have_text("Quedan 23 h 56 min para escribirle")
    assert await page.evaluate(PLACES) == before
    await page.unroute("**/console?auto=1**")
    world.clock.now += 180
    await page.clock.fast_forward(16_000)
    await expect(page.get_by_test_id("queue")).to_have_attribute("data-now", str(world.clock.now))
    await page.clock.fast_forward(2000)
    await expect(waiting).to_have_text("Espera 3 min")
    # A request that was under way when the clock jumped is given up: that is the jump, not the page.
    assert [one for one in complaints if "htmx:error: timeout" not in one] == []


async def test_a_window_closes_under_the_eye(world: World, address: str, chromium: Browser) -> None:
    """From plenty to short to over, with the words and the colour that the server would choose."""
    await world.account("ana")
    await world.case(urgency=1)
    world.clock.now += 19 * HOUR - 45  # the browser's own seconds go on, too
    page, _ = await visit(chromium, address)
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    await page.wait_for_load_state("domcontentloaded")  # from here on the script knows when it began to count
    await page.route("**/console?auto=1**", lambda route: route.fulfill(status=204))
    left = page.get_by_test_id("window")
    await expect(left).to_have_text("Quedan 5 h para escribirle")
    await expect(left).not_to_have_class("closing")
    await page.clock.fast_forward(HOUR * 1000 + 60_000)
    await expect(left).to_have_text("Quedan 3 h 59 min para escribirle")
    await expect(left).to_have_class("closing")
    await page.clock.fast_forward(4 * HOUR * 1000)
    await expect(left).to_have_text("Solo se le puede escribir si vuelve")


@pytest.mark.parametrize("locale", ["es", "en"])
async def test_both_write_a_time_alike(world: World, address: str, chromium: Browser, locale: Any) -> None:
    """The script and ``pages.duration`` at every edge between two forms."""
    edges = [0, 60, HOUR, HOUR + 60, 2 * HOUR, 24 * HOUR, 48 * HOUR, 49 * HOUR, 72 * HOUR, 1000 * HOUR]
    times = sorted({max(0, edge + step) for edge in edges for step in (-61, -59, -1, 1, 31)})
    ana = await world.account("ana")
    spoken = dataclasses.replace(world.deps, locale=locale)
    page, _ = await visit(chromium, address, locale=locale)
    inside = await world.inside(ana)
    await page.context.add_cookies([{"name": "faro", "value": inside.cookies["faro"], "url": address}])
    await page.goto("/console")
    await page.evaluate(TOLD, times)
    await expect(page.locator(".tried").first).not_to_be_empty()
    said = await page.locator(".tried").all_text_contents()
    # The browser's second is not ours to stop: what is told is a moment later.
    expected = [
        {spoken.text("console.queue.waited", time=pages.duration(spoken, t + late)) for late in range(6)}
        for t in times
    ]
    assert [words for words, fine in zip(said, expected, strict=True) if words not in fine] == []
    assert len(set(said)) > 12


async def test_without_script_the_server_says_it(world: World, address: str, chromium: Browser) -> None:
    await world.account("ana")
    await world.case(urgency=3)
    world.clock.now += 7 * 60
    page, _ = await visit(chromium, address, java_script_enabled=False)
    await log_in(world, page, "ana")
    await expect(page.get_by_test_id("waiting")).to_contain_text("Espera 7 min")
