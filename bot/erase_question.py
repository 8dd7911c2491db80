"""«Shall I erase everything?»: the gateway's own question, so the dialogue never hears of it.

Stage: within a turn, before whoever speaks. Pure: a draft goes in and comes out with the question asked.
"""

from __future__ import annotations

import re

from bot import choices
from bot.draft import Draft

YES_NO = (
    {"id": "erase.yes", "key": "choice.erase.yes", "value": {"q": "erase", "v": "yes"}},
    {"id": "erase.no", "key": "choice.erase.no", "value": {"q": "erase", "v": "no"}},
)


def ask(draft: Draft, key: str = "erase.confirm") -> None:
    """Ask, or ask again in other words: ``key``."""
    draft.shown.pending = "erase"
    draft.add({"say": key, "choices": list(YES_NO)})


def tapped(choice: str) -> str:
    """While a person speaks, a yes may be meant for that person: only the button counts, or its words."""
    return choice.removeprefix("erase.") if choice in ("erase.yes", "erase.no") else ""


def copied(draft: Draft, text: str) -> str:
    """The button's own words, written by hand: nobody says them to somebody else."""
    said = re.findall(r"\w+", choices.fold(text))
    titles = {c["value"]["v"]: c["title"] for c in draft.shown.last if c["value"].get("q") == "erase"}
    return next((v for v, title in titles.items() if said == re.findall(r"\w+", choices.fold(title))), "")
