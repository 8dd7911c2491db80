"""A voice note in the console: for whoever holds the case, recorded at each hearing, honest about what is not there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from playwright.async_api import async_playwright
from sqlalchemy import select, update
from starlette.applications import Starlette

from bot.console.app import build
from bot.storage import voice_notes as store
from bot.storage.tables import voice_notes
from tests.conftest import CHROMIUM
from tests.integration.console_support import Page, World, both, world
from tests.integration.test_console_browser import FLAGS
from tests.peers.opus import silence

__all__ = ["both", "world"]

RECORDING = silence(2.0, "canario-de-la-voz")
MEDIA = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


async def spoken(world: World, login: str = "ana") -> tuple[httpx.AsyncClient, str, str]:
    """A case that ``login`` holds, in which somebody sent a voice note: browser, address of the case, id of the note."""
    member = await world.account(login)
    case = await world.case(text="hola")
    assert await world.deps.desk.claim(case, member, world.clock.now)
    world.clock.now += 1
    await world.writes("", kind="voice", media=MEDIA)
    async with world.db.read() as conn:
        note = await conn.scalar(select(voice_notes.c.id))
    return await world.inside(member), f"/console/cases/{case}", str(note)


async def kept(world: World, note: str) -> None:
    async with world.db.write() as conn:
        assert await store.keep(conn, world.vault, note, RECORDING, "audio/ogg")


async def test_a_voice_note_is_heard_and_the_hearing_recorded(both: World) -> None:
    """The bytes as they came, under the safe headers, and a line in the audit log for each hearing."""
    browser, case, note = await spoken(both)
    waiting = await browser.get(f"{case}/thread")
    assert both.deps.text("console.thread.voice.waiting") in waiting.text
    assert "voice" not in Page(waiting.text).ids
    assert (await browser.get(f"{case}/voice/{note}")).status_code == 404, "it is not here yet"
    assert await both.acts("thread.hear") == []

    await kept(both, note)
    page = await browser.get(f"{case}/thread")
    assert {"voice", "voice-words"} <= set(Page(page.text).ids)
    assert Page(page.text).active == []
    assert f'src="{case}/voice/{note}"' in page.text
    assert 'preload="none"' in page.text, "nobody has heard it by opening the page"
    assert await both.acts("thread.hear") == []

    heard = await browser.get(f"{case}/voice/{note}?auto=1")
    assert (heard.status_code, heard.content) == (200, RECORDING)
    assert heard.headers["content-type"] == "audio/ogg"
    assert heard.headers["cache-control"] == "no-store"
    assert heard.headers["x-content-type-options"] == "nosniff"
    assert "media-src 'self'" in heard.headers["content-security-policy"]
    await browser.get(f"{case}/voice/{note}?auto=1")
    ana = await both.member("ana")
    assert await both.acts("thread.hear") == [(ana.id, "thread.hear", case.rpartition("/")[2])] * 2


async def test_a_page_that_refreshes_itself_learns_that_it_has_come(world: World) -> None:
    """The version changes with the recording, so that the waiting words go."""
    browser, case, note = await spoken(world)
    before = (await browser.get(f"{case}/thread")).text
    version = before.partition("v=")[2].partition('"')[0]
    assert (await browser.get(f"{case}/thread?auto=1&v={version}")).status_code == 204
    await kept(world, note)
    assert (await browser.get(f"{case}/thread?auto=1&v={version}")).status_code == 200


async def test_nobody_else_hears_it(both: World) -> None:
    """Neither a colleague, nor a supervisor, nor an editor, nor whoever held the case before, nor a guessed id."""
    browser, case, note = await spoken(both)
    await kept(both, note)
    where = f"{case}/voice/{note}"
    for role in ("responder", "supervisor", "editor", "admin"):
        other = await both.inside(await both.account(f"otra-{role}", role))
        assert (await other.get(where)).status_code == 404, role
    supervisor = await both.inside(await both.member("otra-supervisor"))
    seen = (await supervisor.get(f"{case}/thread")).text
    assert both.deps.text("console.thread.voice.theirs") in seen
    assert note not in seen
    assert (await both.browser().get(where)).status_code == 303
    for bad in ("0" * 32, "x"):
        assert (await browser.get(f"{case}/voice/{bad}")).status_code == 404
    mine = await both.case(address="+51900000001", text="otra")
    assert await both.deps.desk.claim(mine, await both.member("ana"), both.clock.now)
    assert (await browser.get(f"/console/cases/{mine}/voice/{note}")).status_code == 404, "of another case"
    assert await both.deps.desk.close(
        case.rpartition("/")[2], await both.member("ana"), "oriented", "", both.clock.now
    )
    assert (await browser.get(where)).status_code == 404
    assert await both.acts("thread.hear") == []


async def test_what_never_came_is_said(world: World) -> None:
    """With its code, and what to ask for."""
    browser, case, note = await spoken(world)
    async with world.db.write() as conn:
        assert await store.lose(conn, note, "no_such_media")
    page = (await browser.get(f"{case}/thread")).text
    assert world.deps.text("console.thread.voice.lost", code="no_such_media") in page
    assert (await browser.get(f"{case}/voice/{note}")).status_code == 404


async def test_a_damaged_recording_takes_nothing_with_it(world: World) -> None:
    """The conversation is read as before, the recording is answered with "not there", and no hearing is recorded."""
    browser, case, note = await spoken(world)
    await kept(world, note)
    async with world.db.write() as conn:
        await conn.execute(update(voice_notes).values(content_sealed=b"x" * 64))
    assert (await browser.get(f"{case}/voice/{note}")).status_code == 404
    assert await world.acts("thread.hear") == []
    assert "hola" in (await browser.get(f"{case}/thread")).text
    async with world.db.write() as conn:  # as a restore leaves it
        await store.give_up(conn, note, "damaged")
    page = (await browser.get(f"{case}/thread")).text
    assert world.deps.text("console.thread.voice.lost", code="damaged") in page
    assert "hola" in page


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """The console on a port of this machine."""
    door = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=build(world.deps))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[door]))
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.mark.browser
async def test_a_real_browser_plays_it(world: World, address: str) -> None:
    """Under the console's own content policy, on a phone's width, without a word of complaint."""
    browser, case, note = await spoken(world)
    await kept(world, note)
    async with async_playwright() as play:
        chromium = await play.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        )
        context = await chromium.new_context(base_url=address, viewport={"width": 360, "height": 740})
        await context.add_cookies([{"name": "faro", "value": browser.cookies["faro"], "url": address}])
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        await page.goto(f"{case}/thread")
        assert await world.acts("thread.hear") == [], "looking is not hearing"
        length = await page.get_by_test_id("voice").evaluate(
            "async (a) => { await a.play(); await new Promise(r => a.onended = r); return a.currentTime; }"
        )
        assert 1.5 < length < 2.5
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert len(await world.acts("thread.hear")) >= 1
        await chromium.close()
    assert complaints == []


async def test_a_place_is_shown_as_its_department(world: World) -> None:
    """Roughly, and it says so."""
    browser, case, _ = await spoken(world)
    await world.writes("", kind="location", department="madre_de_dios")
    page = (await browser.get(f"{case}/thread")).text
    assert world.deps.text("console.thread.place", place="Madre de Dios") in page
