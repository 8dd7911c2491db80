"""A turn's acts → the messages that leave, and the choices that a number, a word or a tap means from now on.

Stage: after a turn was decided, before it is stored. Pure but for the catalogues, which the editors may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import choices, wordings
from bot.draft import Draft
from bot.phrasing import Phrasing
from connectors.base import Limits, Outbound

COUNTED = ("ask.", "why.", "again.")
Shown = tuple[str, bool, Outbound]  # the act's key, whether it leaves a silent conversation, the message


def show(phrasing: Phrasing, draft: Draft, limits: Limits) -> list[Shown]:
    """The messages of a turn; the choices of the last act that has some are what digits mean from now on."""
    rendered: list[Shown] = []
    if draft.says and not any(say.act.get("keep_numbers") for say in draft.says):
        draft.shown.last, draft.shown.multi, draft.shown.named = [], False, {}
    for say in draft.says:
        messages = wordings.keep(phrasing, draft, say.act).render(say.act, draft.locale, limits)
        rendered += [(say.act["say"], say.even_if_silent, message) for message in messages]
        _remember(phrasing, draft, say.act)
        _count(draft, say.act["say"])
    return rendered


def _count(draft: Draft, key: str) -> None:
    """How often a question, its reason and its other words are read counts people, not messages."""
    if key.startswith(COUNTED) and key not in draft.shown.read:
        draft.shown.read.append(key)
        draft.read.append(key)


def _remember(phrasing: Phrasing, draft: Draft, act: Mapping[str, Any]) -> None:
    offered = _titled(phrasing, draft, act.get("choices", ()))
    if not offered:
        return
    if not act.get("keep_numbers"):
        draft.shown.last, draft.shown.multi = offered, bool(act.get("multi"))
        named = act.get("named", {})
        draft.shown.named = {**named, "choices": _titled(phrasing, draft, named["choices"])} if named else {}
    draft.shown.issued |= {choice["id"]: choice["value"] for choice in offered}
    question = offered[0]["value"].get("q")
    draft.shown.issued[f"{question}.{choices.MORE}"] = {"q": question, "v": choices.MORE}


def _titled(phrasing: Phrasing, draft: Draft, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    titles = [phrasing.catalogues.text(choice["key"], draft.locale) for choice in given]
    return [
        {"id": choice["id"], "title": title, "value": choice["value"]}
        for choice, title in zip(given, titles, strict=True)
    ]
