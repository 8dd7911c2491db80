"""Tells open queues that something changed: a mark, never a word of a case. Pages ask again by themselves beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from bot.console.access import Visit
from bot.console.deps import ConsoleDeps

EVERY = 1.0  # seconds between two looks


async def stream(visit: Visit) -> Response:
    """Server-sent events: the mark of the queue at once and whenever it changes."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_marks(visit.deps), media_type="text/event-stream", headers=headers)


async def _marks(deps: ConsoleDeps) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    last = ""
    ends = asyncio.get_running_loop().time() + deps.stream
    while True:
        if (now := await deps.pulse.look(deps.db)) != last:
            yield f"event: queue\ndata: {now}\n\n"
            last = now
        if asyncio.get_running_loop().time() >= ends:
            return
        await asyncio.sleep(EVERY)
