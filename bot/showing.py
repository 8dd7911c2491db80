"""A turn's acts → the messages that leave, and the choices that a number, a word or a tap means from now on.

Stage: after a turn was decided, before it is stored. Pure but for the catalogues, which the editors may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import choices
from bot.draft import Draft
from bot.phrasing import Phrasing
from connectors.base import Limits, Outbound

Shown = tuple[str, bool, Outbound]  # the act's key, whether it leaves a silent conversation, the message


def show(phrasing: Phrasing, draft: Draft, limits: Limits) -> list[Shown]:
    """The messages of a turn; the choices of the last act that has some are what digits mean from now on."""
    rendered: list[Shown] = []
    if draft.says and not any(say.act.get("keep_numbers") for say in draft.says):
        draft.shown.last, draft.shown.multi = [], False
    for say in draft.says:
        messages = phrasing.render(say.act, draft.locale, limits)
        rendered += [(say.act["say"], say.even_if_silent, message) for message in messages]
        _remember(phrasing, draft, say.act)
    return rendered


def _remember(phrasing: Phrasing, draft: Draft, act: Mapping[str, Any]) -> None:
    offered = [
        {
            "id": choice["id"],
            "title": phrasing.catalogues.text(choice["key"], draft.locale),
            "value": choice["value"],
        }
        for choice in act.get("choices", ())
    ]
    if not offered:
        return
    if not act.get("keep_numbers"):
        draft.shown.last, draft.shown.multi = offered, bool(act.get("multi"))
    draft.shown.issued |= {choice["id"]: choice["value"] for choice in offered}
    question = offered[0]["value"].get("q")
    draft.shown.issued[f"{question}.{choices.MORE}"] = {"q": question, "v": choices.MORE}
