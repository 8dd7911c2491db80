"""The conversation drawn from ``flow.yml``, every question a way to its words. For editors; nothing of a case."""

from __future__ import annotations

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console.access import Visit
from bot.review import picture
from bot.review.page import catalogue
from bot.review.words import Words
from bot.screening.model import load
from bot.screening.texts import FALLBACK


async def page(visit: Visit) -> Response:
    """The whole way; ``?at=Q07`` marks one question on it, ``?lang=`` is the language whose words are opened.

    What is drawn is the Spanish conversation, in the words of those who review it, whatever the page speaks.
    """
    desk, query = visit.deps.texts, visit.request.query_params
    locale, at = query.get("lang", "es"), query.get("at", "")[:20]
    if locale not in desk.locales("messages"):
        raise HTTPException(404)
    keys = {entry.key for entry in desk.entries(locale)}

    def link(code: str) -> str:
        return f"/console/texts/{locale}/ask.{code}" if f"ask.{code}" in keys else ""

    found, words = load(), Words(catalogue(desk.catalogues.folder, FALLBACK))
    return await visit.page(
        "flow.html",
        "texts",
        locale=locale,
        asking=Markup(picture.asking(found, words, link, at)),  # noqa: S704  made by us, every text escaped
        ending=Markup(picture.ending(found, words, link, at)),  # noqa: S704  made by us, every text escaped
    )
