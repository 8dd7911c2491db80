"""Whether a text may lead to a person at all: for texts that nobody needs, where doubt is reason enough.

Stage: before a phrase is counted for editors. Promise: pure; whatever ``redact`` masks is telling here too, and so
are a bare name, place or number word that ``redact`` leaves to a responder's eyes. Must not: raise on any text.
"""

from __future__ import annotations

from bot.redaction import data
from bot.redaction.lexicon import everyday, name_shaped
from bot.redaction.redact import redact
from bot.redaction.view import View

COUNTLESS = frozenset({"un", "una", "uno"})  # number words that are articles nearly always


def telling(text: str) -> bool:
    """True when something in it may be a name, a place, a number or another way to somebody.

    >>> telling("mas o menos nomas"), telling("rosa"), telling("en tacna"), telling("nueve ocho siete")
    (False, True, True, True)
    """
    if any(c.isdigit() for c in text) or redact(text).spans or redact(text.title()).spans:
        return True
    return any(_telling(token.text) for token in View(text).tokens)


def _telling(word: str) -> bool:
    if word in COUNTLESS:
        return False
    named = word in data.words("names", "given") or word in data.words("names", "doubtful")
    placed = word in data.words("places", "sure") or word in data.words("places", "doubtful")
    surname = word in data.words("names", "surnames") and not everyday(word)
    return named or placed or surname or word in data.words("numbers", "digits") or name_shaped(word)
