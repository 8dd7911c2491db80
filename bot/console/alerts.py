"""The line on top of an open page, asked for every few seconds."""

from __future__ import annotations

from starlette.responses import Response

from bot.console import pages
from bot.console.access import Visit


async def page(visit: Visit) -> Response:
    """The line alone, as the page has it."""
    return pages.render(visit.deps, "_alerts.html", strip=await visit.strip())
