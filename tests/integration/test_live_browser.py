"""Pages that change by themselves, while the stream is broken, the server is gone, or many cases wait at once."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette

from bot.console.app import build
from tests.integration.console_support import World, world
from tests.integration.test_console_browser import chromium, log_in, visit

__all__ = ["chromium", "world"]
pytestmark = pytest.mark.browser

SMALL = {"width": 360, "height": 400}  # a telephone with its keyboard open
REFRESH = "**/console?auto=1**"
STREAM = "**/console/live**"


@dataclasses.dataclass(slots=True)
class Server:
    """The console on a port of this machine, which goes and comes back on the same one."""

    world: World
    port: int = 0
    stop: contextlib.AsyncExitStack = dataclasses.field(default_factory=contextlib.AsyncExitStack)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        door = socket.create_server(("127.0.0.1", self.port))
        self.port = door.getsockname()[1]
        config = uvicorn.Config(
            Starlette(routes=build(self.world.deps)),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[door]))

        async def end() -> None:
            server.should_exit = True
            await task
            door.close()

        self.stop.push_async_callback(end)


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    found = Server(world)
    await found.start()
    yield found
    await found.stop.aclose()


async def opened(world: World, server: Server, chromium: Browser) -> Page:
    """Ana's queue with a clock of its own."""
    page, _ = await visit(chromium, server.address)
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    return page


async def test_without_the_stream_the_queue_asks_by_itself(
    world: World, server: Server, chromium: Browser
) -> None:
    """The stream never opens: a new case is there with the next refresh, and the age stays small."""
    await world.account("ana")
    page, _ = await visit(chromium, server.address)
    refused: list[str] = []

    async def refuse(route: object) -> None:
        refused.append(route.request.url)  # type: ignore[attr-defined]
        await route.abort()  # type: ignore[attr-defined]

    await page.route(STREAM, refuse)
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    await expect(page.get_by_test_id("queue-empty")).to_be_visible()
    await asyncio.sleep(1)
    assert refused
    await world.case(urgency=3)
    await page.clock.fast_forward(16_000)
    await expect(page.get_by_test_id("case-row")).to_have_count(1)
    await page.clock.fast_forward(1000)
    await expect(page.get_by_test_id("queue-age")).not_to_have_class("stale")


async def test_a_stream_that_was_refused_is_tried_again(
    world: World, server: Server, chromium: Browser
) -> None:
    """A gateway that says 502 for a moment does not leave the page with the slow refresh for the whole shift."""
    await world.account("ana")
    object.__setattr__(world.deps, "stream", 25.0)
    page, _ = await visit(chromium, server.address)
    await page.route(STREAM, lambda route: route.fulfill(status=502, body="Bad gateway"))
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    await expect(page.get_by_test_id("queue-empty")).to_be_visible()
    await page.unroute(STREAM)
    await page.route(REFRESH, lambda route: route.fulfill(status=204))  # what the refresh alone would bring
    async with page.expect_request(STREAM):
        await page.clock.fast_forward(11_000)
    await page.unroute(REFRESH)
    await world.case(urgency=3)
    await expect(page.get_by_test_id("case-row")).to_have_count(1, timeout=8000)  # no clock was moved


async def test_a_server_that_is_gone_is_told_and_comes_back(
    world: World, server: Server, chromium: Browser
) -> None:
    """Stale is said as such, in colour and words; once the server answers, the list is right without a hand."""
    await world.account("ana")
    page = await opened(world, server, chromium)
    age = page.get_by_test_id("queue-age")
    await expect(age).to_contain_text("Actualizado hace")
    await server.stop.aclose()
    await page.clock.fast_forward(16_000)
    await expect(age).not_to_have_class("stale")
    await page.clock.fast_forward(30_000)
    await expect(age).to_contain_text("Sin conexión desde hace")
    await expect(age).to_contain_class("stale")
    await world.case(urgency=3)
    await server.start()
    await page.clock.fast_forward(16_000)
    await expect(page.get_by_test_id("case-row")).to_have_count(1)
    await page.clock.fast_forward(1000)
    await expect(age).to_contain_text("Actualizado hace")
    await expect(age).not_to_contain_class("stale")


async def test_words_are_not_sent_into_nothing(world: World, server: Server, chromium: Browser) -> None:
    """While nothing answers, the page keeps what was typed and says so; later the same button sends it, once."""
    ana, case = await world.account("ana"), await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page = await opened(world, server, chromium)
    await page.goto(f"/console/cases/{case}/thread")
    await server.stop.aclose()
    await page.get_by_label("Tu mensaje").fill("Estoy aquí, tranquila")
    await page.clock.fast_forward(11_000)
    await page.get_by_test_id("send-button").click()
    await expect(page.get_by_test_id("offline")).to_be_visible()
    await expect(page.get_by_label("Tu mensaje")).to_have_value("Estoy aquí, tranquila")
    await server.start()
    await page.clock.fast_forward(11_000)
    await expect(page.get_by_test_id("offline")).to_have_count(0)
    await page.get_by_test_id("send-button").click()
    await expect(page.get_by_test_id("flash")).to_be_visible()
    assert [one["text"] for one in await world.sent() if one["author"] == "staff"] == [
        "Estoy aquí, tranquila"
    ]


async def test_a_conversation_that_went_to_somebody_else_leaves_the_page(
    world: World, server: Server, chromium: Browser
) -> None:
    """Its words go, what happened is said, and what was being typed stays in its box."""
    ana, luis = await world.account("ana"), await world.account("luis")
    case = await world.case(text="tengo miedo")
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, complaints = await visit(chromium, server.address)
    await log_in(world, page, "ana")
    await page.goto(f"/console/cases/{case}/thread")
    await page.get_by_label("Tu mensaje").fill("Te lee")
    await world.deps.desk.transfer(case, ana, luis.id, "", world.clock.now)
    await expect(page.get_by_test_id("thread-moved")).to_be_visible(timeout=9000)
    await expect(page.locator("body")).not_to_contain_text("tengo miedo")
    await expect(page.get_by_label("Tu mensaje")).to_have_value("Te lee")
    assert complaints == []


async def test_a_note_that_was_never_sent_outlives_the_session(
    world: World, server: Server, chromium: Browser
) -> None:
    """The page leaves by itself when the session is over; the half note is beside the case afterwards."""
    ana, case = await world.account("ana"), await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, _ = await visit(chromium, server.address)
    await log_in(world, page, "ana")
    await page.goto(f"/console/cases/{case}")
    async with page.expect_response("**/note/keep"):
        await page.locator("#note").press_sequentially("Prefiere la tarde")
    await asyncio.sleep(0.2)
    world.clock.now += 16 * 60
    await page.wait_for_url("**/console/login**", timeout=20_000)
    await log_in(world, page, "ana")
    await page.goto(f"/console/cases/{case}")
    await expect(page.locator("#note")).to_have_value("Prefiere la tarde")


@pytest.mark.parametrize("locale", ["es", "en"])
async def test_many_cases_leave_room_on_a_telephone(
    world: World, server: Server, chromium: Browser, locale: str
) -> None:
    """What waits too long takes two lines at most, and what somebody types stays where it is while cases come."""
    ana, case = await world.account("ana"), await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    page, _ = await visit(chromium, server.address, viewport=SMALL, locale=locale)
    inside = await world.inside(ana)
    await page.context.add_cookies([{"name": "faro", "value": inside.cookies["faro"], "url": server.address}])
    for path in (f"/console/cases/{case}/thread", f"/console/cases/{case}"):
        await page.goto(path)
        box = page.locator("#text")
        await box.fill("")
        await box.press_sequentially("Te leo")
        before = await box.bounding_box()
        for n in range(12):
            await world.case(f"+5190000{n:04}{len(path):02}", urgency=3)
        await expect(page.get_by_test_id("alerts-rest")).to_be_attached(timeout=15_000)
        after = await box.bounding_box()
        assert before
        assert after
        assert abs(before["y"] - after["y"]) < 2
        assert 0 <= after["y"] <= SMALL["height"] - 40
        await expect(box).to_be_focused()
        await expect(box).to_have_value("Te leo")
        strip = await page.locator("#alerts").bounding_box()
        assert strip
        assert strip["height"] <= 80
        assert await page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    assert await page.get_by_test_id("alert").first.locator("a").is_visible()
