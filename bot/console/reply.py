"""What a responder writes to the person: checked, sent once, tried again. Refused words are never lost."""

from __future__ import annotations

import hashlib
import re

from starlette.responses import Response

from bot.console import case, masking, thread
from bot.console.access import Visit
from bot.console.case import LONGEST, Draft, Opened

ONCE = re.compile(r"[0-9a-f]{16}")


async def send(visit: Visit) -> Response:
    """Send field ``text``. What could harm on a watched phone is asked about once more, words kept."""
    deps, opened = visit.deps, await case.load(visit)
    text = await visit.field("text")
    if not text:
        return await _again(visit, opened, Draft(problem=deps.text("console.reply.empty")))
    if len(text) > LONGEST:
        return await _again(visit, opened, Draft(text, deps.text("console.reply.long", n=LONGEST)))
    proof = hashlib.sha256(text.encode()).hexdigest()[:16]
    if masking.telltale(text) and await visit.field("confirm") != proof:
        return await _again(visit, opened, Draft(text, deps.text("console.reply.warning"), proof))
    once = await visit.field("once")
    dedupe = f"{opened.case.id}:{once}" if ONCE.fullmatch(once) else ""
    if not await deps.desk.reply(opened.case.id, visit.staff, text, dedupe, visit.now):
        return case.show(visit, opened, Draft(text), status=409, said="lost")
    return case.to(visit, "sent", await _back(visit))


async def retry(visit: Visit) -> Response:
    """Send a failed message again; field ``message``."""
    opened = await case.load(visit)
    message = await visit.field("message", 32)
    if not await visit.deps.desk.retry(opened.case.id, visit.staff, message, visit.now):
        return case.show(visit, opened, status=409, said="refused")
    return case.to(visit, "retried", await _back(visit))


async def _again(visit: Visit, opened: Opened, draft: Draft) -> Response:
    """The page that the reply came from, with what is wrong."""
    if await _back(visit) and case.held(visit, opened):
        return await thread.show(visit, opened, draft, status=422)
    return case.show(visit, opened, draft, status=422)


async def _back(visit: Visit) -> str:
    return "/thread" if await visit.field("back") == "thread" else ""
