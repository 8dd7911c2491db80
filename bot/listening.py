"""Somebody asks to hear the question in front of them, or not to hear questions any more.

Whoever has asked once hears every recorded question from then on: who cannot read well cannot look for a button.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.draft import Draft
from bot.phrasing import LISTEN

WISHES = ("listen", "no_listen")  # the names of their words in ``answers.yml``


def asked(draft: Draft, choice: Mapping[str, Any], wish: str) -> bool:
    """Whether that was it, and is answered now. An old "listen" button is left to the dialogue, like any old button."""
    if wish == "no_listen" and draft.shown.aloud:
        draft.shown.aloud = False
        _again(draft, "say.listen_off", aloud=False)
        return True
    now = draft.shown.last[0]["value"].get("q") if draft.shown.last else ""
    tapped = choice.get("v") == LISTEN and choice.get("q") == now
    if not draft.shown.recording or not (tapped or wish == "listen"):
        return False
    first, draft.shown.aloud = not draft.shown.aloud, True
    _again(draft, "say.listen_on" if first else "say.listen", aloud=True)
    return True


def _again(draft: Draft, key: str, *, aloud: bool) -> None:
    """The choices once more, under a line that says what they are for; their numbers stay what they were."""
    offered = [
        {
            "id": choice["id"],
            "key": choice.get("key", f"choice.{choice['value']['v']}"),
            "value": choice["value"],
        }
        for choice in draft.shown.last
    ]
    about = offered[0]["value"]["q"] if offered else ""
    act = {"say": key, "choices": offered, "about": about, "keep_numbers": True, "aloud": aloud}
    draft.add({**act, "numbers": draft.shown.multi, "recording": draft.shown.recording if aloud else ""})
