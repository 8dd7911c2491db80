"""Everyday words, so that what is none of them may be a name.

Stage: helps the detectors. Promise: a word people write about work, family, money and fear is everyday, whatever its
ending. Must not: know names.
"""

from __future__ import annotations

import functools
import re

from bot.redaction import data
from bot.redaction.view import Token, View


def wordlike(token: Token) -> bool:
    """Letters only, more than one."""
    return len(token.text) > 1 and token.text.isalpha()


@functools.cache
def everyday(word: str) -> bool:
    """Whether a word is known from work, family and fear, or built like a verb.

    >>> everyday("trabajo"), everyday("golpeandome"), everyday("dubraska")
    (True, True, False)
    """
    return (
        word in data.words("common", "words")
        or word in data.words("names", "never")
        or word in data.words("names", "titles")
        or verbal(word)
    )


@functools.cache
def verbal(word: str) -> bool:
    """Built like a verb or an everyday word, by its ending."""
    return bool(_endings().search(word))


@functools.cache
def trade(word: str) -> bool:
    """Built like a trade or a quality, by its ending ("repostera", "clandestino")."""
    return any(word.endswith(ending) for ending in data.words("common", "trades"))


def unknown(token: Token) -> bool:
    """No everyday word: a name, a place, or a slip of the keyboard."""
    return wordlike(token) and len(token.text) > 2 and not everyday(token.text)


@functools.cache
def name_shaped(word: str) -> bool:
    """Built like the given names and surnames of the region that stand in no list ("yusleiny", "ccahuantico").

    >>> name_shaped("yusleiny"), name_shaped("ya"), name_shaped("acceso")
    (True, False, False)
    """
    return not everyday(word) and any(shape.fullmatch(word) for shape in _shapes())


def capital_inside(view: View, token: Token) -> bool:
    """A capital that says something: not at the beginning, not in a text of capitals."""
    return token.upper and not token.first and not view.shouts


def touches(view: View, at: int, allowed: str = " .:\"'\t") -> bool:
    """Whether a word follows the one before it with nothing but ``allowed`` between."""
    if not 0 < at < len(view.tokens):
        return False
    return not view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(allowed)


@functools.cache
def _endings() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(data.load('common')['endings'])})$")


@functools.cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape) for shape in data.load("names")["shapes"])
