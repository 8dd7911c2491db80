"""Phrases of the word lists, found from their first word on."""

from __future__ import annotations

import functools
import itertools

from bot.redaction import data
from bot.redaction.view import View


@functools.cache
def _phrases(name: str, key: str) -> dict[str, list[tuple[str, ...]]]:
    """First word → the phrases of a list that begin so, longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    listed = data.load(name)[key]
    for one in [part.strip() for part in listed.split(",")] if isinstance(listed, str) else listed:
        split = tuple(data.fold(str(one)).replace(".", " ").split())
        if split:
            found.setdefault(split[0], []).append(split)
    for phrases in found.values():
        phrases.sort(key=len, reverse=True)
    return found


@functools.cache
def first_words(name: str, key: str) -> frozenset[str]:
    """The words phrases of a list begin with."""
    return frozenset(_phrases(name, key))


def phrase(view: View, at: int, name: str, key: str) -> int:
    """How many words of a list's phrase stand here; 0 when none does."""
    if at >= len(view.tokens):
        return 0
    known = _phrases(name, key).get(view.tokens[at].text)
    if known is None:
        return 0
    second = view.tokens[at + 1].text if at + 1 < len(view.tokens) else ""
    for one in known:
        if len(one) > 1 and one[1] != second:
            continue
        tokens = view.tokens[at : at + len(one)]
        if tuple(token.text for token in tokens) == one and all(
            not view.plain[a.end : b.start].strip(" .\t") for a, b in itertools.pairwise(tokens)
        ):
            return len(one)
    return 0
