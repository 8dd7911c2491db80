"""One case: the summary first, what to do next, the acts. The conversation itself is behind a recorded click."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import (
    casefile,
    failures,
    masking,
    nextstep,
    pages,
    queue,
    services,
    summary,
    writing,
)
from bot.console.access import ID, Visit
from bot.console.casefile import Opened
from bot.console.draft import Draft, Ending
from bot.console.language import named
from bot.handoff.desk import OUTCOMES, STATUSES
from bot.storage import cases, drafts
from bot.storage.cases import Case

FOLLOW_UP_DAYS = 80  # a closed case is deleted after ninety
LONGEST = 4000  # what Telegram takes at once, less a little; WhatsApp gets it in parts


async def page(visit: Visit) -> Response:
    """The case's page."""
    return await show(visit, await casefile.load(visit))


async def show(
    visit: Visit, opened: Opened, draft: Draft | None = None, *, status: int = 200, said: str = ""
) -> Response:
    """The case's page; with ``draft`` a reply that needs another look."""
    deps = visit.deps
    reading = summary.read(opened.case.summary, deps.label) if opened.case.summary else None
    extra = {"flash": pages.flash(said)} if said else {}
    return await visit.page(
        "case.html",
        "queue",
        status=status,
        case=view(visit, opened, draft or Draft()),
        reading=reading,
        notes=[_note(visit, opened, note) for note in reversed(opened.history)],
        **extra,
    )


def view(visit: Visit, opened: Opened, draft: Draft) -> dict[str, Any]:
    """What both pages of a case show of it, in words."""
    deps, case = visit.deps, opened.case
    mine = casefile.held(visit, opened)
    return {
        "id": case.id,
        "href": f"/console/cases/{case.id}",
        "codename": case.codename or deps.text("console.erased.name"),
        "urgency": queue.URGENCIES[case.urgency],
        "state": case.state,
        "minor": case.minor,
        "channel": deps.label("console.channel", case.channel),
        "language": named(deps, case.locale),
        "lang": case.locale.replace("_", "-"),
        "origin": deps.label("console.origin", case.origin),
        "department": deps.label("console.fact.department", case.department) if case.department else "",
        "when": queue.when(visit, case),
        "next": nextstep.lines(visit, opened, mine=mine),
        "can": {
            "claim": case.state == "waiting" and not case.erased,
            "read": casefile.may_read(visit, opened),
            "answer": mine and opened.conversation is not None,
            "move": mine,
            "reopen": case.state == "closed" and not case.erased and case.conversation_id is not None,
            "note": not case.erased,
        },
        "failed": [
            {
                "id": m.id,
                "at": pages.clock(visit.deps, m.at, visit.now),
                "state": failures.words(deps, m.state, m.code),
            }
            for m in opened.failed
        ],
        "colleagues": [{"id": one, "alias": alias} for one, alias in opened.colleagues],
        "outcomes": [
            {"id": name, "words": _outcome(visit, name, told=told)} for name, told in OUTCOMES.items()
        ],
        "statuses": [{"id": name, "words": deps.text(f"console.status.{name}")} for name in STATUSES],
        "today": pages.day(visit.now),
        "latest": pages.day(visit.now + FOLLOW_UP_DAYS * pages.DAY),
        "status": deps.text(f"console.status.{case.status}") if case.status else "",
        "follow_up": pages.clock(visit.deps, case.follow_up_at, visit.now) if case.follow_up_at else "",
        "referred": [_line(visit, one) for one in opened.referred],
        "longest": LONGEST,
        "once": secrets.token_hex(8),
        "seen": opened.standing.spoken,
        "draft": draft.text or (opened.drafts.get("reply", "") if mine else ""),
        "note": draft.note or opened.drafts.get("note", ""),
        "problem": draft.problem,
        "confirm": draft.confirm,
        "look": draft,
        "ending": {"open": draft.ending is not None, **dataclasses.asdict(draft.ending or Ending())},
        **_ready(visit, opened, draft.lines, mine=mine),
    }


def _ready(visit: Visit, opened: Opened, wanted: str, *, mine: bool) -> dict[str, Any]:
    """What can be put into the reply, and what was agreed with the person."""
    case, here = opened.case, opened.conversation
    found = services.beside(visit, case.minor, case.department, case.locale, wanted)
    writes = mine and here is not None
    return {
        "wishes": summary.wishes(case.summary, visit.deps.label) if case.summary else [],
        "canned": writing.canned(visit, case.locale) if writes else [],
        "question": writing.question(visit, here) if writes and here is not None else None,
        "lines": found,
        "lines_wanted": wanted,
    }


def _line(visit: Visit, id_: str) -> dict[str, str]:
    line = visit.deps.lines.get(id_)
    return {"id": id_, "name": line.name if line is not None else id_}


def _outcome(visit: Visit, name: str, *, told: bool) -> str:
    words = visit.deps.label("console.outcome", name)
    return visit.deps.text("console.close.says", outcome=words) if told else words


def _note(visit: Visit, opened: Opened, note: cases.Note) -> dict[str, str]:
    deps, body = visit.deps, note.body or {}
    detail = name = ""
    if note.kind == "transferred":
        detail = opened.aliases.get(body["to"], "")
    elif note.kind == "closed":
        detail = deps.label("console.outcome", body["outcome"])
    elif note.kind == "referred":
        name = _line(visit, body["line"])["name"]
    what = deps.label("console.history", note.kind)
    who = opened.aliases.get(note.staff_id or "", deps.text("console.history.system"))
    return {
        "at": pages.clock(visit.deps, note.at, visit.now),
        "what": f"{what}: {detail}" if detail else what,
        "line": name,
        "who": who,
        "text": masking.mask(body.get("text", ""), deps.label),
    }


def to(visit: Visit, said: str, where: str = "") -> Response:
    """Back to the case, or to its conversation, with a notice."""
    end = "#end" if where else ""
    return RedirectResponse(f"/console/cases/{visit.id('case')}{where}?said={said}{end}", 303)


async def claim(visit: Visit) -> Response:
    """Take the case; who comes second sees the queue with a notice, who clicks twice has it."""
    deps, case_id = visit.deps, visit.id("case")
    if visit.staff.paused_at is not None:
        return await queue.show(visit, status=409, said="on_break")
    if not await deps.desk.claim(case_id, visit.staff, visit.now):
        found = await _now(visit)
        if found.state == "claimed" and found.claimed_by == visit.staff.id:
            return to(visit, "claimed")
        if found.state == "closed":
            return await lost(visit)
        return await queue.show(visit, status=409, said="taken")
    return to(visit, "claimed")


async def release(visit: Visit) -> Response:
    """Give the case back to the queue."""
    opened = await casefile.reach(visit)
    if opened is None:
        return await unsent(visit, "")
    done = await visit.deps.desk.release(opened.case.id, visit.staff, visit.now)
    if not done and (await _now(visit)).state != "waiting":  # who clicks twice has done it
        return await lost(visit)
    return RedirectResponse("/console?said=released", 303)


async def transfer(visit: Visit) -> Response:
    """Hand the case on; field ``to`` is a colleague's id, ``note`` is for them."""
    to, note = await visit.field("to", 32), await visit.field("note")
    done = RedirectResponse("/console?said=transferred", 303)
    if await _handed(visit, to, note):
        return done
    opened = await casefile.reach(visit)
    if opened is None:
        return await unsent(visit, note)
    if to not in dict(opened.colleagues):
        return await show(visit, opened, Draft(note=note, to=to), status=422, said="form")
    if not await visit.deps.desk.transfer(opened.case.id, visit.staff, to, note, visit.now):
        return await lost(visit, note, "note")
    return done


async def _handed(visit: Visit, to: str, note: str) -> bool:
    """Whether exactly this was the last that happened to the case: who clicks twice has done it."""
    case_id = visit.request.path_params["case"]
    if not ID.fullmatch(case_id):
        return False
    async with visit.deps.db.read() as conn:
        history = await cases.notes(conn, visit.deps.vault, case_id)
    done = ("transferred", visit.staff.id, {"to": to, "text": note})
    return any((one.kind, one.staff_id, one.body) == done for one in history if one.at == history[-1].at)


async def close(visit: Visit) -> Response:
    """End the case with an outcome of the list, who the person was referred to, a day to look again, and a note."""
    outcome, note = await visit.field("outcome", 32), await visit.field("note")
    status, day = await visit.field("status", 16), await visit.field("follow_up", 10)
    lines = [line for line in await visit.fields("line") if line in visit.deps.lines]
    opened = await casefile.reach(visit)
    if opened is None:
        return await unsent(visit, note)
    follow_up = pages.morning(day) if day else None
    right = outcome in OUTCOMES and status in ("", *STATUSES) and bool(day) == (follow_up is not None)
    if (
        follow_up is not None
        and not 0 <= follow_up + pages.DAY - visit.now <= (FOLLOW_UP_DAYS + 1) * pages.DAY
    ):
        right = False
    if not right:
        ending = Ending(outcome, status, day, lines)
        return await show(visit, opened, Draft(note=note, ending=ending), status=422, said="ending")
    if not await visit.deps.desk.close(
        opened.case.id,
        visit.staff,
        outcome,
        note,
        visit.now,
        status=status,
        follow_up_at=follow_up,
        lines=lines,
    ):
        found = await _now(visit)
        if (found.state, found.claimed_by, found.outcome) != ("closed", visit.staff.id, outcome):
            return await lost(visit, note, "note")
    return to(visit, "closed")


async def reopen(visit: Visit) -> Response:
    """A closed case waits again."""
    opened = await casefile.load(visit)
    done = await visit.deps.desk.reopen(opened.case.id, visit.staff, visit.now)
    if not done and (now := await _now(visit)).state != "waiting":
        if now.state == "closed" and not now.erased:
            return await show(visit, opened, status=409, said="newer")
        return await lost(visit)
    return to(visit, "reopened")


async def note(visit: Visit) -> Response:
    """A note for the team; field ``text``."""
    text, once = await visit.field("text"), await visit.field("once", 16)
    opened = await casefile.reach(visit)
    if opened is None:
        return await unsent(visit, text)
    if opened.case.erased:
        return await lost(visit, text, "note")
    if not text:
        return await show(visit, opened, status=422, said="form")
    await visit.deps.desk.note(opened.case.id, visit.staff, text, visit.now, once)
    return to(visit, "noted")


async def keep(visit: Visit) -> Response:
    """What is being written for the team, field ``text``, kept while it is written; nothing comes back."""
    text, once = await visit.field("text", 2000), await visit.field("once", 16)
    opened = await casefile.load(visit)
    if not await visit.deps.desk.is_noted(opened.case.id, once):
        async with visit.deps.db.write() as conn:
            await drafts.keep(conn, visit.deps.vault, opened.case.id, visit.staff.id, "note", text, visit.now)
    return Response(status_code=204)


async def lost(visit: Visit, text: str = "", kind: str = "reply") -> Response:
    """The case moved on while somebody was writing: what happened, in a sentence; the words are kept and shown."""
    deps = visit.deps
    if text:
        async with deps.db.write() as conn:
            await drafts.keep(conn, deps.vault, visit.id("case"), visit.staff.id, kind, text, visit.now)
    opened = await casefile.reach(visit)
    if opened is None:
        return await unsent(visit, text)
    return await show(visit, opened, Draft(text), status=409, said=f"lost_{_moved(visit, opened)}")


def _moved(visit: Visit, opened: Opened) -> str:
    case = opened.case
    if case.erased or opened.conversation is None:
        return "erased"
    if case.state == "claimed" and case.claimed_by == visit.staff.id:
        return "channel"  # it is theirs: only the way to the person is missing
    return {"closed": "closed", "waiting": "waiting", "claimed": "other"}[case.state]


async def unsent(visit: Visit, text: str) -> Response:
    """Not theirs to see any more, or never was: the same sentence, and their own words back."""
    return await visit.page("unsent.html", "queue", status=404, text=text)


async def _now(visit: Visit) -> Case:
    async with visit.deps.db.read() as conn:
        found = await cases.get(conn, visit.deps.vault, visit.id("case"))
    if found is None:
        raise HTTPException(404)
    return found
