"""What a person wrote, with names, numbers and places covered, before a page shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

from bot.redaction import Masks, redact

__all__ = ["Masks", "Piece", "mask", "pieces"]


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message; ``covered`` is its place among those that are masked, 0 for plain words."""

    text: str = dataclasses.field(repr=False)
    covered: int = 0
    type: str = ""
    shown: bool = False


Label = Callable[[str, str], str]


def mask(text: str, label: Label) -> str:
    """``text`` covered."""
    return "".join(piece.text for piece in pieces(text, Masks(), label))


def pieces(text: str, masks: Masks, label: Label, shown: Collection[int] = ()) -> list[Piece]:
    """``text`` in stretches, those that are masked covered but for the ones ``shown`` by their place.

    The same ``masks`` through a conversation give the same number to the same thing; ``label`` names what is covered
    in the reader's language.
    """
    found: list[Piece] = []
    at = 0
    for n, span in enumerate(redact(text, masks).spans, 1):
        value = text[span.start : span.end]
        name = f"[{label('console.mask', span.type)} {masks.number(span.type, value)}]"
        found += [
            Piece(text[at : span.start]),
            Piece(value if n in shown else name, n, span.type, n in shown),
        ]
        at = span.end
    return [piece for piece in (*found, Piece(text[at:])) if piece.text]
