"""The simulator's page in a real browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright
from starlette.applications import Starlette

from connectors.base import Choice, Event, Inbound, Outbound
from connectors.simulator import Simulator, routes
from tests.peers.opus import silence
from tests.unit.test_simulator import Shelf

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLACES = tuple(Choice(f"P2.u{number}", f"Lugar {number}") for number in range(5))
VOICE = silence(1.0)
SCRIPT = "<img src=x onerror=\"document.title='roto'\">"


class Bot:
    """Answers each phone: words with buttons, a tap with a list (or more buttons), media with words."""

    def __init__(self) -> None:
        looks = ("whatsapp", "telegram")
        self.phones = {f"sim-{look}": Simulator(look, recordings=Shelf(VOICE)) for look in looks}
        self.events: list[Inbound] = []

    async def deliver(self, events: Sequence[Event]) -> None:
        for event in events:
            assert isinstance(event, Inbound)
            self.events.append(event)
            await self.phones[event.channel].send(event.address, self.answer(event))

    def answer(self, event: Inbound) -> Outbound:
        if event.text == "persona":
            return Outbound("Soy Lucía", author="staff")
        if event.text == "escuchar":
            return Outbound("", recording="es/ask.P1")
        if event.kind == "text":
            return Outbound(f"{SCRIPT}\nsegunda línea", (Choice("a", "Sí"), Choice("b", "No")), "buttons")
        if event.kind == "choice" and event.channel == "sim-whatsapp":
            return Outbound("¿Dónde?", PLACES, "list", list_label="Ver lugares")
        return Outbound("Gracias")


@pytest.fixture(scope="module")
def bot() -> Bot:
    return Bot()


@pytest.fixture(scope="module")
def address(bot: Bot) -> Iterator[str]:
    app = Starlette(routes=routes(list(bot.phones.values()), bot.deliver))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/simulator"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(5000)
        page.goto(address)
        yield page
        browser.close()


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(message: object) -> None:
        said.append(str(getattr(message, "text", message)))

    page.on("console", hear)
    page.on("pageerror", hear)
    yield said
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", hear)
    assert said == []


def say(page: Page, look: str, text: str) -> None:
    box = page.get_by_test_id(f"phone-{look}").get_by_label("Mensaje")
    box.fill(text)
    box.press("Enter")


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("look", ["whatsapp", "telegram"])
def test_a_talk(page: Page, bot: Bot, look: str) -> None:
    """Typing, tapping and attaching reach the bot; answers are shown as text, whatever stands in them."""
    phone = page.get_by_test_id(f"phone-{look}")
    say(page, look, "hola")
    expect(phone.locator(".them .text")).to_have_text(f"{SCRIPT}\nsegunda línea")
    expect(phone.locator(".lock-line")).to_have_text(SCRIPT)
    expect(page).to_have_title("Faro · simulador")
    assert phone.locator("img").count() == 0
    phone.get_by_role("button", name="Sí", exact=True).click()
    expect(phone.locator(".me .text").last).to_have_text("Sí")
    # Telegram's keyboard goes after a tap, WhatsApp's buttons stay.
    expect(phone.get_by_role("button", name="No", exact=True)).to_have_count(1 if look == "whatsapp" else 0)
    if look == "whatsapp":
        phone.get_by_test_id("open-list").click()
        phone.get_by_role("button", name="Lugar 3").click()
        expect(phone.locator(".sheet")).to_be_hidden()
        expect(phone.locator(".me .text").last).to_have_text("Lugar 3")
    phone.get_by_label("Adjuntar").click()
    phone.get_by_role("menuitem", name="Nota de voz").click()
    expect(phone.locator(".attachment.voice")).to_be_visible()
    expect(phone.locator(".them .text").last).to_have_text("Gracias")
    mine = [event.kind for event in bot.events if event.channel == f"sim-{look}"]
    assert mine == (
        ["text", "choice", "choice", "voice"] if look == "whatsapp" else ["text", "choice", "voice"]
    )


@pytest.mark.usefixtures("complaints")
def test_staff_and_erasing_and_another_person(page: Page, bot: Bot) -> None:
    """Staff are marked; what the bot erases leaves the screen; another person starts with an empty phone."""
    phone = page.get_by_test_id("phone-telegram")
    phone.get_by_role("button", name="Otra persona").click()
    expect(phone.locator(".messages li")).to_have_count(0)
    say(page, "telegram", "persona")
    expect(phone.locator("[data-from=staff] .text")).to_have_text("Soy Lucía")
    name = phone.locator("[name=phone]").input_value()
    bot.phones["sim-telegram"].phone(name).remove([1, 2])
    expect(phone.locator(".messages li")).to_have_count(0)


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("look", ["whatsapp", "telegram"])
def test_a_recorded_question_is_heard(page: Page, look: str) -> None:
    """When it is asked to play and not before, on a narrow screen too; the same address is a plain link."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/recordings/" in request.url else None)
    phone = page.get_by_test_id(f"phone-{look}")
    phone.get_by_role("button", name="Otra persona").click()
    say(page, look, "escuchar")
    player = phone.get_by_test_id("recording")
    expect(player).to_be_visible()
    expect(phone.locator(".lock-line")).to_have_text("Nota de voz")
    assert player.evaluate("a => [a.autoplay, a.preload, a.paused]") == [False, "none", True]
    page.wait_for_timeout(700)  # the page looks for messages twice in that time
    assert fetched == []
    box = player.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + box["height"] / 2)
    player.evaluate("a => a.ended || new Promise(done => a.onended = done)")
    assert 0.5 < player.evaluate("a => a.currentTime") < 1.5
    assert len(set(fetched)) == 1
    link = player.evaluate("a => a.querySelector('a').href")
    assert link == fetched[0]
    assert page.context.request.get(link).body() == VOICE
    width = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size(width or {"width": 1280, "height": 720})
