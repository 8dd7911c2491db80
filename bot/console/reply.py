"""What a responder writes to the person: checked, shown, sent once, tried again. No words are ever lost."""

from __future__ import annotations

import re

from starlette.responses import Response

from bot.console import case, casefile, pages, thread, writing
from bot.console.access import Visit
from bot.console.case import LONGEST
from bot.console.casefile import Opened
from bot.console.draft import Draft
from bot.storage import drafts

ONCE, SEEN = re.compile(r"[0-9a-f]{16}"), re.compile(r"[0-9]{1,9}")


async def send(visit: Visit) -> Response:
    """Send field ``text``. What could do harm, and what would leave outside the agreed hours, needs a second click."""
    deps, text = visit.deps, await visit.field("text")
    opened = await casefile.reach(visit)
    if opened is None:
        return await case.unsent(visit, text)
    if not text:
        return await _again(visit, opened, Draft(problem=deps.text("console.reply.empty")))
    if len(text) > LONGEST:
        return await _again(visit, opened, Draft(text, deps.text("console.reply.long", n=LONGEST)))
    here, seen = opened.conversation, await _seen(visit)
    if here is not None and await writing.taken(visit, opened.case, text, seen):
        return await _sent(visit)
    if here is None or not casefile.held(visit, opened):
        return await case.lost(visit, text)
    warned = await writing.judge(visit, opened.case, here, text, seen)
    proof = writing.proof(text, warned)
    if warned and await visit.field("confirm") != proof:
        draft = Draft(
            text,
            deps.text("console.reply.warning"),
            confirm=proof,
            warned=warned,
            phone=writing.phone(visit, here, text),
        )
        await _keep(visit, opened, text)
        return await _again(visit, opened, draft)
    sent = await deps.desk.reply(
        opened.case.id,
        visit.staff,
        text,
        await _once(visit),
        visit.now,
        seen=seen,
        over=[one.kind for one in warned],
        lines=writing.given(visit, text),
    )
    return await _sent(visit) if sent else await case.lost(visit, text)


async def look(visit: Visit) -> Response:
    """The reply as the phone will show it, with what to look at; field ``insert`` puts ready words in first.

    What is written is kept until it is sent. Asked for by the page itself, only the look comes back.
    """
    text = await visit.field("text", LONGEST)
    opened = await casefile.reach(visit)
    if opened is None or opened.conversation is None or not casefile.held(visit, opened):
        answer = await (case.unsent(visit, text) if opened is None else case.lost(visit, text))
        if "hx-request" not in visit.request.headers:
            return answer
        return pages.render(visit.deps, "_writing.html", look=Draft(), moved=True, spoken="")
    here = opened.conversation
    if insert := await visit.field("insert", 64):
        text = writing.with_ready(visit, here, text, insert)[:LONGEST]
    warned = await writing.judge(visit, opened.case, here, text, await _seen(visit)) if text else []
    lines = await visit.field("lines", 80)
    draft = Draft(text, warned=warned, phone=writing.phone(visit, here, text), lines=lines)
    if not await writing.gone(visit, opened.case, await _once(visit)):
        await _keep(visit, opened, text)
    if "hx-request" in visit.request.headers:
        return pages.render(
            visit.deps, "_writing.html", look=draft, moved=False, spoken=opened.case.locale.replace("_", "-")
        )
    return await _again(visit, opened, draft, status=200)


async def retry(visit: Visit) -> Response:
    """Send a failed message again; field ``message``."""
    message = await visit.field("message", 32)
    opened = await casefile.reach(visit)
    if opened is None:
        return await case.unsent(visit, "")
    if not await visit.deps.desk.retry(opened.case.id, visit.staff, message, visit.now):
        if not casefile.held(visit, opened):
            return await case.lost(visit)
        return await case.show(visit, opened, status=409, said="silent")
    return case.to(visit, "retried", await _back(visit))


async def _keep(visit: Visit, opened: Opened, text: str) -> None:
    async with visit.deps.db.write() as conn:
        await drafts.keep(conn, visit.deps.vault, opened.case.id, visit.staff.id, "reply", text, visit.now)


async def _sent(visit: Visit) -> Response:
    return case.to(visit, "sent", await _back(visit))


async def _once(visit: Visit) -> str:
    """Which page the words come from; nothing for a hand-made form."""
    once = await visit.field("once", 16)
    return once if ONCE.fullmatch(once) else ""


async def _seen(visit: Visit) -> str:
    """What makes the same words from two tabs, or two clicks, one reply; nothing for a hand-made form."""
    seen = await visit.field("seen", 9)
    return seen if SEEN.fullmatch(seen) else ""


async def _again(visit: Visit, opened: Opened, draft: Draft, status: int = 422) -> Response:
    """The page that the reply came from, with what is wrong."""
    if await _back(visit) and casefile.held(visit, opened):
        return await thread.show(visit, opened, draft, status=status)
    return await case.show(visit, opened, draft, status=status)


async def _back(visit: Visit) -> str:
    return "/thread" if await visit.field("back") == "thread" else ""
