"""What a person wrote, with names, numbers and places covered, before a page shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from bot.redaction import Masks, redact
from bot.redaction.data import load

__all__ = ["Masks", "Piece", "mask", "pieces"]


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message; ``covered`` is its place among those that are masked, 0 for plain words."""

    text: str = dataclasses.field(repr=False)
    covered: int = 0
    type: str = ""
    shown: bool = False


def mask(text: str, masks: Masks | None = None) -> str:
    """``text`` covered; the same ``masks`` through a conversation give the same number to the same thing."""
    return redact(text, masks).text


def pieces(text: str, masks: Masks, shown: Collection[int] = ()) -> list[Piece]:
    """``text`` in stretches, those that are masked covered but for the ones ``shown`` by their place."""
    words, found, at = load("masks"), [], 0
    for n, span in enumerate(redact(text, masks).spans, 1):
        value = text[span.start : span.end]
        label = f"[{words[span.type]} {masks.number(span.type, value)}]"
        found += [
            Piece(text[at : span.start]),
            Piece(value if n in shown else label, n, span.type, n in shown),
        ]
        at = span.end
    return [piece for piece in (*found, Piece(text[at:])) if piece.text]
