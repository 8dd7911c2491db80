"""The queue as somebody likes it: filters under a name of their own. And, for supervisors, several cases at once."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from bot.console import queue
from bot.console.access import ID, Visit
from bot.storage import queue as store
from bot.storage.queue import Filters

LONGEST_NAME = 40
MOST = 50  # cases moved at once


async def keep(visit: Visit) -> Response:
    """Save the filters of the form under field ``name``."""
    form = {name: await visit.field(name, 32) for name in Filters.__slots__}
    filters, name = queue.wanted(form, visit.staff), await visit.field("name", LONGEST_NAME)
    if not name or filters == Filters():
        return await queue.show(visit, status=422, said="form")
    async with visit.deps.db.write() as conn:
        kept = await store.keep_view(
            conn, visit.deps.vault, visit.staff.id, name, queue.query(filters), visit.now
        )
    return _to(queue.query(filters), "view_kept" if kept else "view_many")


async def drop(visit: Visit) -> Response:
    """Forget a saved view."""
    async with visit.deps.db.write() as conn:
        await store.drop_view(conn, visit.staff.id, visit.id("view"))
    return _to("", "view_dropped")


async def many(visit: Visit) -> Response:
    """Move the ticked cases that colleagues hold: field ``to`` is a colleague's id, or empty for back into the list."""
    ids = [one for one in await visit.fields("case") if ID.fullmatch(one)][:MOST]
    to, note = await visit.field("to", 32), await visit.field("note", 2000)
    if not ids or not note:
        return await queue.show(visit, status=422, said="form")
    moved = await visit.deps.desk.move(ids, visit.staff, to, note, visit.now)
    return _to("", "many" if moved == len(ids) else "many_some")


def _to(query: str, said: str) -> Response:
    return RedirectResponse(f"/console?{query}{'&' if query else ''}said={said}", 303)
