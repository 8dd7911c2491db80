"""Training in the console: a queue of its own, for one's own eyes, and in no figure."""

from __future__ import annotations

import re
from typing import Any

import httpx
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from bot import retention
from bot.handoff import rota
from bot.storage import figures, tables
from bot.storage.queue import Filters, open_counts
from tests.integration.console_support import World, both, post, world

__all__ = ["both", "world"]
SAFE = "Hola, soy Salvia. ¿Puedes escribir con seguridad?"


async def drill(browser: httpx.AsyncClient, persona: str = "waitress") -> str:
    """Begin one; its address."""
    answer = await post(browser, "/console/training", persona=persona)
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_drill_from_beginning_to_end(both: World) -> None:
    """Start, answer, be answered, end, read what was missed; it stands in one's list."""
    browser = await both.inside(await both.account("ana"))
    home = (await browser.get("/console/training")).text
    assert re.findall(r'data-persona="(\w+)"', home)[0] == "danger", "the most urgent first"
    here = await drill(browser)
    both.clock.now += 120
    assert (await post(browser, f"{here}/reply", text=SAFE)).status_code == 303
    text = (await browser.get(here)).text
    assert "tengo como media hora" in text
    assert 'data-testid="feedback"' not in text
    assert (await post(browser, f"{here}/reply", text="Te prometo que te sacamos de ahí")).status_code == 303
    await post(browser, f"{here}/end")
    text = (await browser.get(here)).text
    assert "Respondiste en 2 min" in text
    assert text.count('data-testid="missed"') == 4
    assert 'data-testid="forbidden"' in text
    assert 'data-testid="drill-form"' not in text
    before = text.count('data-testid="line"')
    await post(browser, f"{here}/reply", text="¿sigues?")
    assert (await browser.get(here)).text.count('data-testid="line"') == before, "over is over"
    assert here in (await browser.get("/console/training")).text


async def test_a_drill_is_for_whoever_trains(world: World) -> None:
    """A colleague and a supervisor get the unknown page; nobody unknown is trained with."""
    browser = await world.inside(await world.account("ana"))
    here = await drill(browser)
    sofia = await world.inside(await world.account("sofia", "supervisor"))
    for path in (here, f"{here}/reply", f"{here}/end"):
        answer = await (sofia.get(path) if path == here else post(sofia, path, text="hola"))
        assert answer.status_code == 404, path
    assert (await post(browser, "/console/training", persona="nobody")).status_code == 422


async def counted(world: World) -> dict[str, Any]:
    """Every figure that there is: pages, exports, metrics, queue and waiting time."""
    now = world.clock.now
    async with world.db.read() as conn:
        rows = {
            table.name: await conn.scalar(select(func.count()).select_from(table))
            for table in tables.metadata.sorted_tables
            if table.name not in ("drills", "sessions", "audit", "login_attempts")
        }
        found = {
            "facts": await figures.facts_between(conn, 0, now + 1),
            "standard": await figures.standard_between(conn, world.vault, 0, now + 1),
            "reached": await figures.reached_between(conn, 0, now + 1),
            "given": await figures.given_between(conn, 0, now + 1),
            "counts": await figures.counts(conn, (0, now + 1), ("urgency", "answer")),
            "open": await open_counts(conn, Filters()),
            "wait": await rota.wait_estimate(conn, now),
        }
    metrics = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith("faro_")
    }
    return {**found, "rows": rows, "metrics": metrics}


async def test_training_is_left_out_of_every_figure(both: World) -> None:
    """A whole drill changes no table but its own, no figure, no metric, not the waiting time; nothing is sent."""
    ana = await both.account("ana")
    case = await both.case()
    assert await both.deps.desk.claim(case, ana, both.clock.now + 100)
    browser = await both.inside(ana)
    before = await counted(both)
    assert before["counts"][0].total() == 1, "what is compared is not empty"
    here = await drill(browser, "danger")
    for text in (SAFE, "¿Estás en peligro ahora?", "Hay varias opciones: la línea 100."):
        await post(browser, f"{here}/reply", text=text)
    await post(browser, f"{here}/end")
    assert await counted(both) == before
    async with both.db.read() as conn:
        kept = (await conn.execute(select(tables.drills))).all()
    assert len(kept) == 1
    assert b"peligro" not in kept[0].talk_sealed


async def test_a_drill_goes_after_a_month_and_its_key_turns(both: World) -> None:
    """Old ones are purged; what is kept is sealed anew with the rest."""
    browser = await both.inside(await both.account("ana"))
    await drill(browser)
    held = await retention.count_keys(both.db, both.vault)
    assert sum(held.values()) >= 2
    await retention.purge(both.db, both.clock.now + 29 * retention.DAY)
    async with both.db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(tables.drills)) == 1
    await retention.purge(both.db, both.clock.now + 31 * retention.DAY)
    async with both.db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(tables.drills)) == 0
