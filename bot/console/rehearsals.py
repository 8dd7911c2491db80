"""Examples for the language model: what was proposed, what a model that learnt them does better and worse."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from bot.console import pages
from bot.console.access import Visit
from bot.storage import changes, rehearsals
from bot.storage.rehearsals import BUSY, Rehearsal

HERE = "/console/phrases/model"


async def page(visit: Visit) -> Response:
    """The proposals, and the newest rehearsal."""
    async with visit.deps.db.read() as conn:
        proposed = [one for one in await changes.waiting(conn) if one.kind == "example"]
        rehearsal = await rehearsals.latest(conn)
        published = await rehearsals.latest(conn, "published")
    deps = visit.deps
    return await visit.page(
        "model.html",
        "phrases",
        proposed=[
            {
                "id": one.id,
                "text": one.text,
                "locale": one.locale,
                "intent": deps.label("console.intent", one.place),
                "alias": one.alias,
            }
            for one in proposed
        ],
        rehearsal=_rehearsal(visit, rehearsal) if rehearsal else None,
        new=[
            one
            for one in proposed
            if rehearsal is None or one.id not in rehearsal.changes or rehearsal.state == "failed"
        ],
        undoable=published.id if published and rehearsal and rehearsal.id == published.id else "",
        tries=deps.bench is not None,
        may_edit=visit.may("phrases.edit"),
    )


def _rehearsal(visit: Visit, rehearsal: Rehearsal) -> dict[str, Any]:
    deps, report = visit.deps, rehearsal.report
    found: dict[str, Any] = {
        "id": rehearsal.id,
        "state": rehearsal.state,
        "busy": rehearsal.state in BUSY,
        "reason": rehearsal.reason,
        "alias": rehearsal.alias,
        "at": pages.clock(deps, rehearsal.at, visit.now),
        "n": len(rehearsal.changes),
        "report": report,
    }
    if not report:
        return found
    found["rows"] = [{**row, "label": deps.label("console.intent", row["intent"])} for row in report["rows"]]
    for side in ("better", "worse"):
        found[side] = [
            {
                "text": line["text"],
                "intent": deps.label("console.intent", line["intent"]),
                "other": deps.label("console.intent", line["before" if side == "better" else "after"]),
                "guarded": line["intent"] in report["worse_in"],
            }
            for line in report[side]
        ]
    found["worse_in"] = [
        deps.text("console.model.swaps") if name == "swaps" else deps.label("console.intent", name)
        for name in report["worse_in"]
    ]
    found["chance"] = report["p"] >= 0.05  # as everywhere in the evaluation
    return found


async def begin(visit: Visit) -> Response:
    """Train and compare, in the background."""
    bench = visit.deps.bench
    return _back(await bench.begin(visit.staff, visit.now) if bench else "elsewhere")


async def publish(visit: Visit) -> Response:
    """Let the model of the rehearsal answer from now on."""
    bench, rehearsal = visit.deps.bench, visit.id("rehearsal")
    return _back(await bench.publish(rehearsal, visit.staff, visit.now) if bench else "elsewhere")


async def undo(visit: Visit) -> Response:
    """Back to the model before."""
    bench, rehearsal = visit.deps.bench, visit.id("rehearsal")
    return _back(await bench.undo(rehearsal, visit.staff, visit.now) if bench else "elsewhere")


def _back(said: str) -> Response:
    return RedirectResponse(f"{HERE}?said=rehearsal_{said}", 303)
