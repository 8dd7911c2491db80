"""The word that closes and opens a chat, while it is asked for: whatever it would say elsewhere, here it is a word.

Stage: between what was typed and the dialogue. Promise: a word that somebody may well choose is never taken for the
answer, the story or the way out that it resembles; what the rules of safety know, and a plain wish to do something
else, still is what it is. Must not: keep the word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.choices import fold
from bot.draft import Draft
from bot.safety.rules import Finding

QUESTION = "W2_own"
SURE = 0.9  # of something else than a word of one's own
ELSE = ("deny", "decline", "human", "why", "repeat", "back", "pause", "resume", "language", "erase", "stop")
POLITE = ("greet", "start", "thank", "goodbye")


def asked(draft: Draft) -> bool:
    """Whether it is what the person was asked for last."""
    return any(choice["value"].get("q") == QUESTION for choice in draft.shown.last)


def chosen(draft: Draft, text: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether this is the word, though it covers the chat in every other moment ("arepa")."""
    return asked(draft) and fold(text) in words.get("own_word", frozenset())


def single(draft: Draft, given: Mapping[str, Any], finding: Finding) -> str:
    """The message, if it may be the word: one word, of letters, that the rules of safety do not mind; else empty."""
    word = fold(str(given.get("text", "")))
    minded = finding.emergency or finding.check or bool(finding.doubt)
    return word if asked(draft) and word.isalpha() and len(word) > 1 and not minded else ""


def taken(parsed: Mapping[str, Any]) -> bool:
    """Whether the model leaves it a word: only a sure wish to do something else is one."""
    return parsed.get("intent") not in (*ELSE, *POLITE) or float(parsed.get("confidence") or 0.0) < SURE
