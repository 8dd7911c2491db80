"""A console with people and cases in every state, served on a port, for browsers to look at."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import pyotp
import uvicorn
from playwright.async_api import Page
from sqlalchemy import insert
from starlette.applications import Starlette

from bot.console import accounts, sessions
from bot.console.app import build
from bot.console.pages import LIMA
from bot.statistics import ATTRIBUTES
from bot.storage import changes, drills, phrases, rehearsals, staff, texts, trials
from bot.storage.phrases import Heard
from bot.storage.staff import Staff
from bot.storage.tables import cases, conversations
from bot.storage.trials import NEW, OLD, Tally
from bot.texts.trial import DAY, Rule, day_of
from bot.training import play
from bot.training.persona import personas
from tests.integration.console_support import World

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
CAST = {"ana": "responder", "sofia": "supervisor", "eva": "editor", "olga": "admin"}
TRIED = ("ask.P5", "ask.Q02", "ask.P4")
REPORT = {
    "lines": 860,
    "right_before": 787,
    "right_after": 789,
    "answers_before": 181,
    "answers_after": 183,
    "answers": 200,
    "swaps_before": 0,
    "swaps_after": 0,
    "p": 0.69,
    "better_count": 4,
    "worse_count": 2,
    "rows": [
        {"intent": "affirm", "lines": 50, "before": 45, "after": 46},
        {"intent": "greet", "lines": 20, "before": 20, "after": 19},
    ],
    "better": [{"text": "sisas parce", "intent": "affirm", "before": "out_of_scope", "after": "affirm"}],
    "worse": [{"text": "quiubo", "intent": "greet", "before": "greet", "after": "affirm"}],
    "worse_in": [],
}
MINOR = {"instrument": "minor", "answers": {"M4": "yes", "M7": "yes"}, "context": {}}
MILD = {"instrument": "adult", "answers": {"Q06": "yes", "Q02": "yes"}, "context": {"phase": "now"}}


@dataclasses.dataclass(frozen=True, slots=True)
class House:
    """What there is: the cast by login, and a case in each state."""

    world: World
    cast: Mapping[str, Staff]
    waiting: str
    held: str
    closed: str
    drill: str

    async def cookie(self, login: str, address: str) -> dict[str, Any]:
        """A session of one of the cast, as a browser keeps it."""
        browser = await self.world.inside(self.cast[login])
        return {"name": "faro", "value": browser.cookies["faro"], "url": address}


async def furnish(world: World) -> House:
    """Fill an empty console. What is drawn by lot is drawn with the same seed every time."""
    chance = random.Random(3)
    cast = {login: await world.account(login, role) for login, role in CAST.items()}
    desk, now = world.deps.desk, world.clock.now
    waiting = await world.case("+51900000001", text="tengo miedo de volver", urgency=3, department="lima")
    held = await world.case("+51900000002", text="hola, soy Ana, me deben tres meses", department="piura")
    await desk.claim(held, cast["ana"], now)
    await desk.reply(held, cast["ana"], "Hola, estoy aquí. ¿Puedes escribir ahora?", "1", now + 30)
    await desk.note(held, cast["ana"], "Prefiere escribir por la tarde.", now + 60)
    await world.writes("sí, estoy sola un rato", "+51900000002")
    closed = await world.case("+51900000003", payload=MILD, urgency=1)
    await desk.claim(closed, cast["ana"], now)
    await desk.close(closed, cast["ana"], "oriented", "Ya tiene los números.", now + 90)
    for n, payload in enumerate((MINOR, MILD, MILD)):
        world.clock.now = now - 4000 * (n + 1)
        await world.case(f"@{n}", "telegram", payload)
    world.clock.now = now + 120
    other = await world.case("+51900000009", payload=MILD, urgency=2)
    await desk.claim(other, cast["sofia"], world.clock.now)
    await _past(world, chance)
    await tried(world, cast["eva"])
    await _phrases(world, cast["eva"])
    return House(world, cast, waiting, held, closed, await drilled(world, cast["ana"]))


async def drilled(world: World, member: Staff) -> str:
    """A drill that is over, with something to learn."""
    persona, now = personas()["waitress"], world.clock.now
    talk = play.opening(persona, now - 300)
    for text in ("Hola, soy del equipo. ¿Puedes escribir con seguridad?", "Te prometo que te sacamos de ahí"):
        talk += play.answer(persona, talk, text, now - 120)
    async with world.db.write() as conn:
        drill = await drills.start(conn, world.vault, member.id, persona.id, talk, now - 300)
        await drills.end(conn, drill, now)
    return drill


async def tried(world: World, member: Staff) -> None:
    """Each text of ``TRIED`` in its state: a draft that can be tried, a trial that runs, one that is over."""
    now, catalogues = world.clock.now, world.deps.phrasing.catalogues
    async with world.db.write() as conn:
        for n, key in enumerate(TRIED):
            old = catalogues.text(key, "es")
            words = ("es", key, f"Otra cosa. {old}", old, member.id)
            await texts.write(conn, *words, "draft", now)
            if n:
                await trials.begin(conn, *words, Rule(2000, now + 40 * DAY), now - 16 * DAY)
        over = await trials.latest(conn, "es", TRIED[-1])
        assert over is not None
        day = day_of(now - 9 * DAY)
        await trials.count(conn, [Tally(over.id, OLD, day, 412, 321), Tally(over.id, NEW, day, 398, 352)])
        await trials.end(conn, over.id, "better", now)


async def _past(world: World, chance: random.Random) -> None:
    """A year of closed cases, so that there are figures."""
    rows, talks = [], []
    for _ in range(2400):
        at = datetime(2026, chance.randint(1, 12), chance.randint(1, 28), tzinfo=LIMA).timestamp()
        row = {"codename": "", "channel": "whatsapp", "locale": "es", "state": "closed", "origin": "person"}
        rows.append(
            {
                **row,
                "id": secrets.token_hex(16),
                "urgency": chance.choices(range(4), (15, 50, 25, 10))[0],
                "department": chance.choices(ATTRIBUTES["department"], (3, 9, 4, 40, 5, 6, 7, 8, 2, 6, 9))[0],
                "result": chance.choice(("T1", "T2", "T3", "T4", "T5", "T6", "T0-L")),
                "opened_at": at,
                "waiting_since": at,
                "closed_at": at + 90_000,
                "outcome": chance.choice(("oriented", "oriented", "referred", "no_answer", "declined")),
                "answered_after": chance.choice((120, 240, 600, 2400, 9000, 40_000)),
            }
        )
        reached = chance.choices(
            ("P0", "P1", "P2", "Q01", "Q05", "Q12", "end", "person"), (9, 14, 5, 6, 4, 3, 40, 12)
        )
        person = {"channel": "whatsapp", "codename": "", "phase": "bot", "locale": "es", "created_at": at}
        talks.append({**person, "id": secrets.token_hex(16), "reached": reached[0]})
    async with world.db.write() as conn:
        await conn.execute(insert(cases), rows)
        await conn.execute(insert(conversations), talks)


@contextlib.asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The console on a port of this machine; it speaks the language that the browser asks for."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=build(world.deps)), log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def half_inside(world: World, login: str, address: str, step: str = "password") -> dict[str, Any]:
    """Half a session: the password was right, the code is due; or, with ``enrol``, a first login."""
    async with world.db.write() as conn:
        member = await staff.by_login(conn, world.vault, login)
        assert member is not None
        token = await sessions.start(conn, member, step, None, world.clock.now)
    return {"name": "faro", "value": token, "url": address}


PHRASE = "la quinua hierve a las seis"


async def first_login(
    world: World, address: str, page: Page, each: Callable[[str], Awaitable[None]], login: str = "nora"
) -> None:
    """A newcomer's first login, from form to form; ``each`` is called with the name of every page."""
    async with world.db.write() as conn:
        await accounts.create_staff(conn, world.vault, login, "responder", world.clock.now, first_login=True)
    await page.context.add_cookies([await half_inside(world, login, address, "enrol")])
    await page.goto("/console/login/first")
    await each("first")
    await page.locator("#fresh").fill(PHRASE)
    await page.locator("#again").fill(PHRASE)
    await page.get_by_test_id("first-button").click()
    await page.get_by_test_id("by-hand").locator("summary").click()
    await each("authenticator")
    async with world.db.read() as conn:
        member = await staff.by_login(conn, world.vault, login)
    assert member is not None
    code = pyotp.TOTP(member.totp_secret).at(int(world.clock.now))
    await page.locator("#code").fill(code)
    await page.get_by_test_id("authenticator-button").click()
    await page.get_by_test_id("go-in").wait_for()
    await each("recovery")


async def _phrases(world: World, eva: Staff) -> None:
    """What was not understood, a word that waits, one that was added, and a rehearsal that can be decided on."""
    now = world.clock.now
    said = {"Q07": ("ni un sol partido", 34), "Q10": ("me lo tiene la doña", 21), "Q12": ("ya fue causa", 12)}
    async with world.db.write() as conn:
        for question, (text, people) in said.items():
            for n in range(people):
                one = Heard("es", question, "out_of_scope", text)
                await phrases.share(conn, world.vault, f"{n:032x}", [one], now)
        await changes.write(
            conn, "safety", "es", "danger.ask", "me tienen sin celular", "waiting", eva.id, now
        )
        await changes.write(conn, "answers", "es", "Q07.yes", "ni agua", "published", eva.id, now)
        ids = [
            await changes.write(conn, "example", "es", intent, text, "waiting", eva.id, now)
            for intent, text in (("affirm", "de una mi llave"), ("unsure", "ni idea causa"))
        ]
        rehearsal = await rehearsals.begin(conn, "x", "", ids, eva.id, now)
        await rehearsals.move(conn, rehearsal or "", "queued", "ready", now, report=REPORT)
