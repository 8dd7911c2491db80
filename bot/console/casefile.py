"""A case as it stands, with all that is known beside it, for whoever may open it."""

from __future__ import annotations

import dataclasses

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from bot.console import queue, sessions
from bot.console.access import ID, Visit, may_open
from bot.console.messages import Message, Standing, read, standing
from bot.storage import cases, conversations, drafts, referred, staff
from bot.storage.cases import Case
from bot.storage.conversations import Conversation


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
    drafts: dict[str, str]
    referred: list[str]


async def load(visit: Visit) -> Opened:
    """The case of the address. Unknown or not theirs: the same 404. The holder's lease begins anew."""
    opened = await reach(visit)
    if opened is None:
        raise HTTPException(404)
    return opened


async def reach(visit: Visit) -> Opened | None:
    """The same, for forms that carry words: None where those must be given back."""
    deps, me = visit.deps, visit.staff
    case_id = visit.request.path_params["case"]
    if not ID.fullmatch(case_id):
        return None
    async with deps.db.read() as conn:
        case = await cases.get(conn, deps.vault, case_id)
        if case is None or not may_open(me, case):
            return None
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
        drafts=await drafts.of(conn, deps.vault, case.id, visit.staff.id),
        referred=await referred.of(conn, case.id),
    )


def held(visit: Visit, opened: Opened) -> bool:
    """True for whoever answers this case now."""
    return opened.case.state == "claimed" and opened.case.claimed_by == visit.staff.id


def may_read(visit: Visit, opened: Opened) -> bool:
    """The conversation is for whoever holds the case, and for supervisors."""
    there = opened.conversation is not None
    return there and (held(visit, opened) or visit.staff.role == "supervisor")
