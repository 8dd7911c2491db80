"""One case: the summary first, what to do next, the acts. The conversation itself is behind a recorded click."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot import contact
from bot.console import masking, pages, queue, services, sessions, summary
from bot.console.access import Visit, may_open
from bot.console.messages import Message, Standing, read, standing
from bot.handoff.desk import OUTCOMES
from bot.storage import cases, conversations, staff
from bot.storage.cases import Case
from bot.storage.conversations import Conversation

LONGEST = 4000  # what Telegram takes at once, less a little; WhatsApp gets it in parts


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """A case with what is known beside it."""

    case: Case
    conversation: Conversation | None
    standing: Standing
    failed: list[Message]
    history: list[cases.Note]
    aliases: dict[str, str]
    colleagues: list[tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A reply that was not sent yet: why not, and the words, so that they are not lost."""

    text: str = ""
    problem: str = ""
    confirm: str = ""


async def load(visit: Visit) -> Opened:
    """The case of the address. Unknown or not theirs: the same 404. The holder's lease begins anew."""
    deps, me = visit.deps, visit.staff
    case_id = visit.id("case")
    async with deps.db.read() as conn:
        case = await cases.get(conn, deps.vault, case_id)
        if case is None or not may_open(me, case):
            raise HTTPException(404)
        opened = await _beside(visit, conn, case)
    if case.state == "claimed" and case.claimed_by == me.id and sessions.active(visit.request):
        async with deps.db.write() as conn:
            await cases.touch(conn, case.id, me.id, visit.now)
    return opened


async def _beside(visit: Visit, conn: AsyncConnection, case: Case) -> Opened:
    deps = visit.deps
    here = case.conversation_id
    conversation = None if here is None else await conversations.get(conn, deps.vault, here)
    stands = await standing(conn, {here} if here else ())
    failed = []
    if here and stands.get(here, queue.NOTHING).failed:
        failed = [m for m in await read(conn, deps.vault, here) if m.state == "failed"]
    return Opened(
        case=case,
        conversation=conversation,
        standing=stands.get(here or "", queue.NOTHING),
        failed=failed,
        history=await cases.notes(conn, deps.vault, case.id),
        aliases={one.id: one.alias for one in await staff.everybody(conn, deps.vault)},
        colleagues=await deps.desk.colleagues(conn, visit.staff),
    )


def held(visit: Visit, opened: Opened) -> bool:
    """True for whoever answers this case now."""
    return opened.case.state == "claimed" and opened.case.claimed_by == visit.staff.id


def may_read(visit: Visit, opened: Opened) -> bool:
    """The conversation is for whoever holds the case, and for supervisors."""
    there = opened.conversation is not None
    return there and (held(visit, opened) or visit.staff.role == "supervisor")


async def page(visit: Visit) -> Response:
    """The case's page."""
    return show(visit, await load(visit))


def show(
    visit: Visit, opened: Opened, draft: Draft | None = None, *, status: int = 200, said: str = ""
) -> Response:
    """The case's page; with ``draft`` a reply that needs another look."""
    deps = visit.deps
    reading = summary.read(opened.case.summary, deps.label) if opened.case.summary else None
    extra = {"flash": pages.flash(said)} if said else {}
    return visit.page(
        "case.html",
        "queue",
        status=status,
        case=view(visit, opened, draft or Draft()),
        reading=reading,
        lines=services.beside(visit, minor=opened.case.minor, department=opened.case.department or ""),
        notes=[_note(visit, opened, note) for note in reversed(opened.history)],
        **extra,
    )


def view(visit: Visit, opened: Opened, draft: Draft) -> dict[str, Any]:
    """What both pages of a case show of it, in words."""
    deps, case = visit.deps, opened.case
    mine = held(visit, opened)
    return {
        "id": case.id,
        "href": f"/console/cases/{case.id}",
        "codename": case.codename or deps.text("console.erased.name"),
        "urgency": queue.URGENCIES[case.urgency],
        "state": case.state,
        "minor": case.minor,
        "channel": deps.label("console.channel", case.channel),
        "language": deps.label("console.language", case.locale),
        "origin": deps.label("console.origin", case.origin),
        "when": queue.when(visit, case),
        "next": _next(visit, opened, mine=mine),
        "can": {
            "claim": case.state == "waiting" and not case.erased,
            "read": may_read(visit, opened),
            "answer": mine and opened.conversation is not None,
            "move": mine,
            "reopen": case.state == "closed" and not case.erased and case.conversation_id is not None,
            "note": not case.erased,
        },
        "failed": [
            {
                "id": m.id,
                "at": pages.clock(m.at, visit.now),
                "state": deps.text("console.send.failed", code=m.code),
            }
            for m in opened.failed
        ],
        "colleagues": [{"id": one, "alias": alias} for one, alias in opened.colleagues],
        "outcomes": [
            {"id": name, "words": _outcome(visit, name, told=told)} for name, told in OUTCOMES.items()
        ],
        "longest": LONGEST,
        "once": secrets.token_hex(8),
        "draft": draft.text,
        "problem": draft.problem,
        "confirm": draft.confirm,
    }


def _outcome(visit: Visit, name: str, *, told: bool) -> str:
    words = visit.deps.label("console.outcome", name)
    return visit.deps.text("console.close.says", outcome=words) if told else words


def _next(visit: Visit, opened: Opened, *, mine: bool) -> list[str]:
    """What to do now, the most pressing first."""
    deps, case = visit.deps, opened.case
    if case.erased or opened.conversation is None:
        return [deps.text("console.case.next.erased")]
    if case.state == "closed":
        outcome = deps.label("console.outcome", case.outcome)
        return [deps.text("console.case.next.closed", outcome=outcome)]
    if case.state == "waiting":
        grave = [deps.text("console.case.next.waiting.U3")] if queue.URGENCIES[case.urgency] == "U3" else []
        return [*grave, deps.text("console.case.next.waiting")]
    if not mine:
        alias = opened.aliases.get(case.claimed_by or "", "")
        return [deps.text("console.case.next.other", alias=alias)]
    failed = [deps.text("console.case.next.failed")] if opened.standing.failed else []
    return [_turn(visit, opened, opened.conversation), *failed, *_limits(visit, opened, opened.conversation)]


def _turn(visit: Visit, opened: Opened, conversation: Conversation) -> str:
    deps, stand = visit.deps, opened.standing
    if conversation.phase in ("locked", "stopped"):
        return deps.text(f"console.case.next.{conversation.phase}")
    if stand.last_reply is None or stand.last_reply < (opened.case.claimed_at or 0.0):
        return deps.text("console.case.next.hello")
    if stand.unanswered:
        waited = pages.duration(deps, visit.now - (stand.last_inbound or visit.now))
        return deps.text("console.case.next.answer", time=waited)
    return deps.text("console.case.next.wait")


def _limits(visit: Visit, opened: Opened, conversation: Conversation) -> list[str]:
    deps, lines = visit.deps, _contact(visit, conversation)
    closes = deps.desk.window_closes(conversation)
    if closes is not None and closes > visit.now:
        left = pages.duration(deps, closes - visit.now)
        lines.append(deps.text("console.case.window", time=pages.clock(closes, visit.now), left=left))
    elif closes is not None:
        limits = deps.limits[conversation.channel]
        over = "console.case.window.notice" if limits.notice else "console.case.window.over"
        lines.append(deps.text(over, hours=limits.window_hours))
    if opened.case.lease_until is not None:
        until = visit.now + cases.LEASE_SECONDS  # looking at the page has just renewed it
        lines.append(deps.text("console.case.lease", time=pages.clock(until, visit.now)))
    return lines


def _contact(visit: Visit, conversation: Conversation) -> list[str]:
    """Where a reply would wait, so that nobody thinks that it was read."""
    heard = conversation.last_inbound_at or conversation.created_at
    at = contact.opens(conversation.state, heard, visit.now)
    if at <= visit.now:
        return []
    if at >= contact.NEVER:
        return [visit.deps.text("console.case.contact.never")]
    return [visit.deps.text("console.case.contact.later", time=pages.clock(at, visit.now))]


def _note(visit: Visit, opened: Opened, note: cases.Note) -> dict[str, str]:
    deps, body = visit.deps, note.body or {}
    detail = ""
    if note.kind == "transferred":
        detail = opened.aliases.get(body["to"], "")
    elif note.kind == "closed":
        detail = deps.label("console.outcome", body["outcome"])
    what = deps.label("console.history", note.kind)
    who = opened.aliases.get(note.staff_id or "", deps.text("console.history.system"))
    return {
        "at": pages.clock(note.at, visit.now),
        "what": f"{what}: {detail}" if detail else what,
        "who": who,
        "text": masking.mask(body.get("text", "")),
    }


def to(visit: Visit, said: str, where: str = "") -> Response:
    """Back to the case, or to its conversation, with a notice."""
    end = "#end" if where else ""
    return RedirectResponse(f"/console/cases/{visit.id('case')}{where}?said={said}{end}", 303)


async def claim(visit: Visit) -> Response:
    """Take the case; who comes second sees the queue with a notice."""
    deps, case_id = visit.deps, visit.id("case")
    async with deps.db.read() as conn:
        if await cases.get(conn, deps.vault, case_id) is None:
            raise HTTPException(404)
    if visit.staff.paused_at is not None:
        return await queue.show(visit, status=409, said="on_break")
    if not await deps.desk.claim(case_id, visit.staff, visit.now):
        return await queue.show(visit, status=409, said="taken")
    return to(visit, "claimed")


async def release(visit: Visit) -> Response:
    """Give the case back to the queue."""
    opened = await load(visit)
    if not await visit.deps.desk.release(opened.case.id, visit.staff, visit.now):
        return show(visit, opened, status=409, said="lost")
    return RedirectResponse("/console?said=released", 303)


async def transfer(visit: Visit) -> Response:
    """Hand the case on; field ``to`` is a colleague's id, ``note`` is for them."""
    opened = await load(visit)
    to, note = await visit.field("to", 32), await visit.field("note")
    if to not in dict(opened.colleagues):
        return show(visit, opened, status=422, said="form")
    if not await visit.deps.desk.transfer(opened.case.id, visit.staff, to, note, visit.now):
        return show(visit, opened, status=409, said="lost")
    return RedirectResponse("/console?said=transferred", 303)


async def close(visit: Visit) -> Response:
    """End the case with an outcome of the list and an optional note."""
    opened = await load(visit)
    outcome, note = await visit.field("outcome", 32), await visit.field("note")
    if outcome not in OUTCOMES:
        return show(visit, opened, status=422, said="form")
    if not await visit.deps.desk.close(opened.case.id, visit.staff, outcome, note, visit.now):
        return show(visit, opened, status=409, said="lost")
    return to(visit, "closed")


async def reopen(visit: Visit) -> Response:
    """A closed case waits again."""
    opened = await load(visit)
    if not await visit.deps.desk.reopen(opened.case.id, visit.staff, visit.now):
        return show(visit, opened, status=409, said="refused")
    return to(visit, "reopened")


async def note(visit: Visit) -> Response:
    """A note for the team; field ``text``."""
    opened = await load(visit)
    text = await visit.field("text")
    if not text or opened.case.erased:
        return show(visit, opened, status=422, said="form")
    await visit.deps.desk.note(opened.case.id, visit.staff, text, visit.now)
    return to(visit, "noted")
