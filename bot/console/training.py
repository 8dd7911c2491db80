"""Training: made-up people in a queue of their own. Nothing written here leaves, and nothing of it is counted."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import pages, summary
from bot.console.access import Visit
from bot.console.queue import URGENCIES
from bot.handoff import order
from bot.handoff import summary as made
from bot.screening import htcds
from bot.screening.assess import assess
from bot.screening.model import load
from bot.storage import drills
from bot.storage.drills import Drill
from bot.training import play
from bot.training.persona import Persona, personas

LONGEST = 4000
TWICE = 10.0  # the same again within so many seconds is a double click


async def home(visit: Visit) -> Response:
    """The queue of made-up people, and what one has done."""
    return await _home(visit)


async def _home(visit: Visit, *, status: int = 200, **extra: Any) -> Response:
    async with visit.deps.db.read() as conn:
        mine = await drills.of(conn, visit.deps.vault, visit.staff.id)
    return await visit.page(
        "training.html",
        "training",
        status=status,
        waiting=[_row(visit, one) for one in personas().values()],
        mine=[_done(visit, one) for one in mine if one.persona in personas()],
        **extra,
    )


def _row(visit: Visit, persona: Persona) -> dict[str, Any]:
    target = pages.duration(visit.deps, order.TARGETS[persona.urgency])
    return {
        "id": persona.id,
        "name": visit.deps.label("console.training.persona", persona.id),
        "urgency": URGENCIES[persona.urgency],
        "target": visit.deps.text("console.training.target", time=target),
        "minor": persona.assessed["instrument"] == "minor",
    }


def _done(visit: Visit, drill: Drill) -> dict[str, Any]:
    persona = personas()[drill.persona]
    asked, _ = play.covered(persona, drill.talk)
    return {
        "href": f"/console/training/{drill.id}",
        "name": visit.deps.label("console.training.persona", persona.id),
        "at": pages.clock(visit.deps, drill.started_at, visit.now),
        "over": drill.ended_at is not None,
        "asked": f"{len(asked)}/{len(persona.wanted)}",
    }


async def start(visit: Visit) -> Response:
    """A drill begins: its clock runs from here, as from the opening of a case."""
    persona = personas().get(await visit.field("persona", 32))
    if persona is None:
        return await _home(visit, status=422, flash=pages.flash("form"))
    talk = play.opening(persona, visit.now)
    async with visit.deps.db.write() as conn:
        drill = await drills.start(conn, visit.deps.vault, visit.staff.id, persona.id, talk, visit.now, TWICE)
    return RedirectResponse(f"/console/training/{drill}", 303)


async def page(visit: Visit) -> Response:
    """One drill: the summary, the talk, the reply; once it is over, what there is to learn."""
    async with visit.deps.db.read() as conn:
        drill = await drills.get(conn, visit.deps.vault, visit.id("drill"), visit.staff.id)
    if drill is None or drill.persona not in personas():
        raise HTTPException(404)
    persona = personas()[drill.persona]
    over = drill.ended_at is not None
    return await visit.page(
        "drill.html",
        "training",
        drill=drill,
        href=f"/console/training/{drill.id}",
        row=_row(visit, persona),
        reading=summary.read(_summary(persona), visit.deps.label),
        lines=[{**line, "at": pages.clock(visit.deps, line["at"], visit.now)} for line in drill.talk],
        gone=play.gone(persona, drill.talk),
        over=over,
        learned=await anyio.to_thread.run_sync(_learned, visit, persona, drill) if over else None,
        longest=LONGEST,
    )


def _summary(persona: Persona) -> dict[str, Any]:
    """The summary that a real case with these answers would have."""
    instruments, payload = load(), persona.assessed
    result = assess(payload)
    codes = instruments.of(payload["instrument"]).codes
    return made.build(payload, result, {}, codes, {}, htcds.derive(instruments, payload, result))


def _learned(visit: Visit, persona: Persona, drill: Drill) -> dict[str, Any]:
    deps = visit.deps
    found = play.feedback(persona, drill.talk, visit.staff.alias)
    target = pages.duration(deps, order.TARGETS[persona.urgency])
    if found.first is None:
        first = deps.text("console.training.first.none")
    else:
        took = pages.duration(deps, found.first)
        first = deps.text("console.training.first", time=took, target=target)
    return {
        "first": first,
        "late": found.late,
        "asked": [deps.label("console.training.topic", one) for one in found.asked],
        "missed": [
            (deps.label("console.training.topic", one), deps.label("console.training.why", one))
            for one in found.missed
        ],
        "forbidden": [deps.text(f"console.outgoing.{kind}", words=words) for kind, words in found.forbidden],
        "after": deps.text("console.training.after_leaving", n=found.after_leaving)
        if found.after_leaving
        else "",
    }


async def reply(visit: Visit) -> Response:
    """The responder writes, the made-up person answers."""
    text = await visit.field("text", LONGEST)
    async with visit.deps.db.write() as conn:
        drill = await drills.get(conn, visit.deps.vault, visit.id("drill"), visit.staff.id)
        if drill is None or drill.persona not in personas():
            raise HTTPException(404)
        if text and drill.ended_at is None and not _twice(drill, text, visit.now):
            more = play.answer(personas()[drill.persona], drill.talk, text, visit.now)
            await drills.grow(conn, visit.deps.vault, drill, more)
    return RedirectResponse(f"/console/training/{drill.id}#end", 303)


def _twice(drill: Drill, text: str, now: float) -> bool:
    said = [line for line in drill.talk if line["from"] == play.STAFF]
    return bool(said) and said[-1]["text"] == text and now - said[-1]["at"] < TWICE


async def end(visit: Visit) -> Response:
    """Over: now the feedback shows."""
    async with visit.deps.db.write() as conn:
        drill = await drills.get(conn, visit.deps.vault, visit.id("drill"), visit.staff.id)
        if drill is None:
            raise HTTPException(404)
        await drills.end(conn, drill.id, visit.now)
    return RedirectResponse(f"/console/training/{drill.id}", 303)
