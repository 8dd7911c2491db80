"""Every page of the console with 10,000 open cases and 1,000,000 messages in the database: how large, how fast.

Pages are read from the table of rules, so that a new one is measured too; each is asked for many times by whoever may
open it. FARO_BENCH_DATABASE_URL names an empty PostgreSQL database instead of a SQLite file of its own.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import select

from bot.console import access
from bot.storage.database import Database, upgrade
from bot.storage.staff import Staff
from bot.storage.tables import cases
from bot.vault import KeyRing, Vault
from tests.bench._crowd import Crowd
from tests.bench.path import centile
from tests.browser.house import drilled
from tests.browser.pages import addresses, may
from tests.integration.console_support import World

OPEN, CLOSED, MESSAGES = 10_000, 10_000, 1_000_000
TIMES = 40
LARGEST, SLOWEST = 100_000, 0.150
MORE = {  # the same page, asked for differently
    "/console": ("?view=closed", "?auto=1", "?urgency=U3&department=lima"),
    "/console/cases/{case}/thread": ("?original=1",),
    "/console/texts": ("?q=persona", "?place=adults"),
}
HALF = frozenset({"/console/login/code"})  # needs half a session


def paths(case: str, drill: str) -> list[tuple[str, str]]:
    """Rule and address of every page."""
    known = {"case": case, "locale": "es", "key": "ask.Q07", "drill": drill}
    return [
        (rule, address + more)
        for rule, template, address in addresses(known, HALF)
        for more in ("", *MORE.get(template, ()))
    ]


async def measure(browser: httpx.AsyncClient, path: str) -> tuple[int, int, list[float], list[float]]:
    """Status, size, and of each of many requests of one page the seconds by the clock and of the processor."""
    took, worked, answer = [], [], await browser.get(path)
    for _ in range(TIMES):
        begun, busy = time.perf_counter(), time.process_time()
        answer = await browser.get(path)
        took.append(time.perf_counter() - begun)
        worked.append(time.process_time() - busy)
    return answer.status_code, len(answer.content), took, worked


async def filled(folder: Path, members: list[str]) -> tuple[World, list[Staff]]:
    """A console whose database is full."""
    url = os.environ.get("FARO_BENCH_DATABASE_URL") or f"sqlite:///{folder / 'faro.db'}"
    await upgrade(url)
    world = World(Database(url), Vault(KeyRing.create(folder / "keys.json")))
    people = [await world.account(name, role) for name, role in zip(members, access.ROLES, strict=True)]
    begun = time.perf_counter()
    crowd = Crowd(world.db, world.vault, people[:2], world.clock.now)
    await crowd.fill(OPEN, CLOSED, MESSAGES)
    print(f"{OPEN} open cases and {MESSAGES} messages in {time.perf_counter() - begun:.0f} s", flush=True)
    return world, people


async def main() -> None:
    """Print a row for each page; exit 1 when one is too large or too slow."""
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        world, people = await filled(Path(folder), list(access.ROLES))
        async with world.db.read() as conn:
            held = {
                one.role: await conn.scalar(select(cases.c.id).where(cases.c.claimed_by == one.id).limit(1))
                for one in people
            }
        gc.collect()
        gc.freeze()  # as the service does once it is up
        print(f"{'role':<11}{'page':<48}{'kB':>6}{'p50 ms':>8}{'p95 ms':>8}{'busy p95':>10}", flush=True)
        for member in people:
            browser = await world.inside(member)
            for rule, path in paths(held[member.role] or "0" * 32, await drilled(world, member)):
                if not may(member.role, rule):
                    continue
                status, size, took, worked = await measure(browser, path)
                if status in (303, 304):
                    continue
                middle, high = centile(took, 0.5), centile(took, 0.95)
                wrong = status >= 400 or size > LARGEST or high > SLOWEST
                bad = bad or wrong
                shown = re.sub(r"[0-9a-f]{32}", "…", path)
                mark = "  ← " + ("failed" if status >= 400 else "too much") if wrong else ""
                print(
                    f"{member.role:<11}{shown:<48}{size / 1000:6.1f}{middle * 1e3:8.1f}{high * 1e3:8.1f}"
                    f"{centile(worked, 0.95) * 1e3:10.1f}{mark}",
                    flush=True,
                )
        await world.db.close()
    sys.exit(1 if bad else 0)
