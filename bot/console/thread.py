"""The conversation, behind one recorded click: who read it and when stands in the audit log.

A voice note cannot be covered: it is for whoever holds the case, and each hearing is recorded.
Covered by default; what is covered is shown one by one, or all at once, by a second recorded click of whoever holds
the case. A page that refreshes itself reads on under the record of its opening for ten minutes, then the reading is
recorded anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import anyio.to_thread
import structlog
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot import audit
from bot.console import case as pages_of_case
from bot.console import casefile, failures, masking, messages, pages
from bot.console.access import Visit
from bot.console.casefile import Opened
from bot.console.draft import Draft
from bot.console.hard import hard
from bot.console.masking import Piece
from bot.console.messages import Message
from bot.storage import voice_notes
from bot.vault import VaultError

log = structlog.get_logger()

PLACE = re.compile(r"\b([0-9a-f]{32})-([1-9][0-9]{0,2})\b")
AGAIN = 600.0
WORDLESS = frozenset({"voice", "image", "sticker", "location", "contact", "unsupported"})

# When each session last had a reading of a case recorded; lost at a restart, which only records once more.
_recorded: dict[tuple[bytes, str, str], float] = {}


async def page(visit: Visit) -> Response:
    """Both sides of the conversation. A page that refreshes itself is told when it may not be read any more."""
    opened = await casefile.reach(visit)
    if opened is not None and casefile.may_read(visit, opened):
        return await show(visit, opened, Draft())
    if "hx-request" not in visit.request.headers:
        raise HTTPException(404)
    return pages.render(visit.deps, "_moved.html", case=visit.id("case"))


async def show(visit: Visit, opened: Opened, draft: Draft, *, status: int = 200) -> Response:
    """The conversation's page; the reading of it is recorded before anything is shown."""
    conversation = opened.conversation
    if conversation is None or not casefile.may_read(visit, opened):
        raise HTTPException(404)
    mine = casefile.held(visit, opened)
    original = mine and visit.request.query_params.get("original") == "1"
    await _record(visit, opened.case.id, "thread.read_original" if original else "thread.read")
    shown = _asked(visit) if mine else {}
    async with visit.deps.db.read() as conn:
        found = await messages.read(conn, visit.deps.vault, conversation.id)
    version = _version(found)
    for place in [f"{id_}-{n}" for id_, places in shown.items() for n in sorted(places)]:
        await _record(visit, opened.case.id, "thread.unmask", place)
    if visit.request.query_params.get("v") == version:
        return Response(status_code=204)  # a refresh that would change nothing: no text leaves the server
    texts = await anyio.to_thread.run_sync(
        _texts, found, original, shown, visit.deps.label
    )  # milliseconds a message
    return await visit.page(
        "thread.html",
        "queue",
        status=status,
        case=pages_of_case.view(visit, opened, draft),
        messages=[_shown(visit, opened, *pair) for pair in zip(found, texts, strict=True)],
        original=original,
        shown=visit.request.query_params.get("show", "") if shown else "",
        version=version,
        cut=messages.MOST if len(found) == messages.MOST else 0,
        live=opened.case.state == "claimed",
        clock=pages.clock(visit.deps, visit.now, visit.now),
    )


async def voice(visit: Visit) -> Response:
    """A voice note's recording, for whoever holds the case; the hearing of it is recorded first."""
    opened = await casefile.load(visit)
    if opened.conversation is None or not casefile.held(visit, opened):
        raise HTTPException(404)
    here, note = opened.conversation.id, visit.id("note")
    try:
        async with visit.deps.db.read(heavy=True) as conn:
            found = await voice_notes.recording(conn, visit.deps.vault, here, note)
    except VaultError:
        log.exception("voice_note_unreadable", note=note)
        found = None
    if found is None:
        raise HTTPException(404)
    await _append(visit, "thread.hear", opened.case.id)
    content, media_type = found
    return Response(content, media_type=media_type, headers={"Content-Disposition": "inline"})


def _version(found: Sequence[Message]) -> str:
    """Changes whenever a message comes or one's sending goes on."""
    return hashlib.sha256("".join(_stands(m) for m in found).encode()).hexdigest()[:16]


def _stands(message: Message) -> str:
    return message.id + message.state + (message.voice.state if message.voice else "")


def _asked(visit: Visit) -> dict[str, set[int]]:
    """Message → the places of what is to be shown of it; ``show`` holds ``<message>-<place>``, several with commas."""
    found: dict[str, set[int]] = {}
    for id_, place in PLACE.findall(visit.request.query_params.get("show", "")[:2000]):
        found.setdefault(id_, set()).add(int(place))
    return found


def _texts(
    found: Sequence[Message], original: bool, shown: Mapping[str, Collection[int]], label: masking.Label
) -> list[list[Piece]]:
    """The words of each message. What the program said is ours and names nobody; the rest is covered."""
    masks = masking.Masks()
    return [
        [Piece(m.text or "")]
        if original or m.author == "bot"
        else masking.pieces(m.text or "", masks, label, shown.get(m.id, ()))
        for m in found
    ]


async def _record(visit: Visit, case_id: str, act: str, place: str = "") -> None:
    """One row in the audit log; for something uncovered its message and place, never its words."""
    key = (visit.session.key if visit.session else b"", case_id, f"{act}{place}")
    if "auto" in visit.request.query_params and visit.now - _recorded.get(key, -AGAIN) < AGAIN:
        return
    await _append(visit, act, place or case_id)
    for old in [known for known, at in _recorded.items() if visit.now - at >= AGAIN]:
        del _recorded[old]
    _recorded[key] = visit.now


async def _append(visit: Visit, act: str, place: str) -> None:
    async with visit.deps.db.write() as conn:
        await audit.append(conn, visit.deps.vault, visit.staff.id, act, place, visit.now)


def _shown(visit: Visit, opened: Opened, message: Message, text: list[Piece]) -> dict[str, Any]:
    deps = visit.deps
    return {
        "id": message.id,
        "author": message.author,
        "who": _who(visit, opened, message),
        "at": pages.clock(visit.deps, message.at, visit.now),
        "state": message.state,
        "words": failures.words(deps, message.state, message.code),
        "retry": message.state == "failed",
        "text": [piece for piece in text if piece.text],
        "hard": message.author == "person" and hard(message.text or ""),
        "wanted": any(piece.shown for piece in text),
        "note": _remark(visit, message),
        "voice": _voice(visit, opened, message),
    }


def _voice(visit: Visit, opened: Opened, message: Message) -> dict[str, str] | None:
    """The recording, or in words why it cannot be heard here and now."""
    if message.voice is None:
        return None
    deps, mine = visit.deps, casefile.held(visit, opened)
    where = f"/console/cases/{opened.case.id}/voice/{message.voice.id}"
    state = "theirs" if message.voice.state == voice_notes.KEPT and not mine else message.voice.state
    words = deps.text(f"console.thread.voice.{state}", code=message.voice.code)
    return {"href": where if state == voice_notes.KEPT else "", "words": words}


def _who(visit: Visit, opened: Opened, message: Message) -> str:
    if message.author == "person":
        return opened.case.codename
    if message.author == "staff":
        return opened.aliases.get(message.staff_id or "", visit.deps.text("console.history.system"))
    return visit.deps.text("console.thread.from.bot")


def _remark(visit: Visit, message: Message) -> str:
    if message.department:
        place = visit.deps.label("console.fact.department", message.department)
        return visit.deps.text("console.thread.place", place=place)
    if message.kind in WORDLESS or message.kind in ("choice", "recording"):
        return visit.deps.label("console.thread.kind", message.kind)
    if message.edited:
        return visit.deps.text("console.thread.edited")
    return visit.deps.text("console.thread.gone") if message.text is None else ""
