"""Web Push in a real browser: turned on by a click, shown by the service worker, and a click opens the queue.

No push service of the open internet can be reached from a test, so the browser's one call to it
(``PushManager.subscribe``) answers with a browser of our own service; that it was asked as the standard wants is
checked. What the service worker gets afterwards comes through Chromium itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Worker, expect

from bot.handoff.escalation import Escalation, code
from connectors.alerts import Alerts
from tests.integration.console_support import World, world
from tests.integration.test_console_browser import PHONE, address, chromium, log_in, visit
from tests.peers.push import PushService

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser

SUBSCRIBE = """(made) => {
  PushManager.prototype.subscribe = async function (how) {
    const key = btoa(String.fromCharCode(...new Uint8Array(how.applicationServerKey)));
    window.name = JSON.stringify([how.userVisibleOnly, key]);
    return { toJSON: () => ({ endpoint: made.endpoint, keys: made }) };
  };
}"""
SHOWN = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/console/static/");
  const shown = (await found.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
  return shown.length ? shown : null;
}"""
CLICKED = """async (tag) => {
  const opened = [];
  self.clients.openWindow = async (where) => { opened.push(where); };
  self.WindowClient.prototype.focus = async function () { opened.push("focused " + new URL(this.url).pathname); };
  const [notification] = await self.registration.getNotifications({ tag });
  const waits = [];
  const event = new NotificationEvent("notificationclick", { notification });
  event.waitUntil = (work) => waits.push(work);
  self.dispatchEvent(event);
  await Promise.all(waits);
  return [opened, (await self.registration.getNotifications({ tag })).length];
}"""


@pytest.fixture
async def service(world: World) -> AsyncIterator[PushService]:
    async with PushService(world.deps.push.public, world.clock.now) as made:
        yield made


async def turned_on(world: World, service: PushService, chromium: Browser, address: str) -> Page:
    """Ana clicks, and is told that this browser will tell her."""
    await world.account("ana")
    page, complaints = await visit(chromium, address, permissions=["notifications"])
    await page.add_init_script(f"({SUBSCRIBE})({json.dumps(service.subscribe('ana'))})")
    await log_in(world, page, "ana")
    await page.goto("/console/me")
    await expect(page.get_by_test_id("push-none")).to_be_hidden()
    await page.get_by_test_id("push-button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "push_on")
    await expect(page.get_by_test_id("push-device")).to_have_count(1)
    visible, key = json.loads(await page.evaluate("window.name"))
    assert visible is True
    assert key.replace("+", "-").replace("/", "_").rstrip("=") == service.public
    assert complaints == []
    return page


async def delivers(page: Page, address: str, words: dict[str, Any]) -> Worker:
    """Chromium hands a message to the service worker, as it does with one that a push service brought."""
    devtools = await page.context.new_cdp_session(page)
    registered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def found(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not registered.done():
                registered.set_result(one["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", found)
    await devtools.send("ServiceWorker.enable")
    async with asyncio.timeout(10):
        registration = await registered
    await devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": address, "registrationId": registration, "data": json.dumps(words)},
    )
    return page.context.service_workers[0]


async def test_turned_on_told_shown_and_opened(
    world: World, service: PushService, address: str, chromium: Browser
) -> None:
    """From the click to the queue: what the ladder sent is what the browser shows."""
    page = await turned_on(world, service, chromium, address)
    case = await world.case(urgency=3)
    say = world.deps.phrasing.catalogues.text
    await Escalation(world.db, world.vault, Alerts(), world.clock, say, "es", (), world.deps.push).step()
    assert service.wrong == []
    (words,) = service.browsers["ana"].got
    worker = await delivers(page, address, words)
    shown = await page.wait_for_function(SHOWN, timeout=10_000)
    assert await shown.json_value() == [
        {"title": "Faro", "body": f"Caso {code(case)}: urgencia U3", "tag": code(case)}
    ]
    assert await worker.evaluate(CLICKED, code(case)) == [["/console"], 0]
    # where the queue is open already, it comes to the front
    await page.goto("/console")
    await delivers(page, address, words)
    await page.wait_for_function(SHOWN, timeout=10_000)
    assert await worker.evaluate(CLICKED, code(case)) == [["focused /console"], 0]


async def test_a_refusal_is_said_and_nothing_is_sent(world: World, address: str, chromium: Browser) -> None:
    """Who says no to the browser's question finds where to change it; the page keeps working."""
    await world.account("ana")
    page, _ = await visit(chromium, address, permissions=[])
    await page.add_init_script("Notification.requestPermission = async () => 'denied'")
    await log_in(world, page, "ana")
    await page.goto("/console/me")
    await page.get_by_test_id("push-button").click()
    await expect(page.get_by_test_id("push-denied")).to_be_visible()
    await expect(page.get_by_test_id("push-device")).to_have_count(0)


async def test_a_service_that_does_not_answer_is_said(world: World, address: str, chromium: Browser) -> None:
    """Chromium without a push service to reach: its own refusal, in words."""
    await world.account("ana")
    page, _ = await visit(chromium, address, permissions=["notifications"])
    await log_in(world, page, "ana")
    await page.goto("/console/me")
    await page.get_by_test_id("push-button").click()
    await expect(page.get_by_test_id("push-failed")).to_be_visible(timeout=20000)


@pytest.mark.parametrize("how", ["without script", "without support"])
async def test_where_it_cannot_work_there_is_no_button(
    world: World, address: str, chromium: Browser, how: str
) -> None:
    await world.account("ana")
    script = how == "without support"
    page, complaints = await visit(
        chromium, address, viewport={**PHONE, "width": 360}, java_script_enabled=script
    )
    if script:
        await page.add_init_script("delete window.PushManager")
    await log_in(world, page, "ana")
    await page.goto("/console/me")
    await expect(page.get_by_test_id("push-none")).to_be_visible()
    await expect(page.get_by_test_id("push-button")).to_be_hidden()
    assert complaints == []
