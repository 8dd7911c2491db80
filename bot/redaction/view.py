"""A text as the detectors see it: folded, what is masked already closed off, every character traced to its place.

Stage: before the detectors. Promise: positions found in ``plain`` give code points of the input, whatever accents,
invisible characters or foreign digits stand in it. Must not: join what a mask separates.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence

CLOSED = "\N{OBJECT REPLACEMENT CHARACTER}"
WORD = re.compile(r"[^\W_]+")
_ENDS = frozenset(".!?\n")  # ends a sentence
_INVISIBLE = ("Mn", "Me", "Cf")


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A word of ``plain``; ``upper`` tells whether it was written with a capital, ``first`` whether it begins a sentence."""

    text: str
    start: int
    end: int
    upper: bool
    first: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A stretch of ``plain`` and what it is."""

    start: int
    end: int
    type: str


class View:
    """``plain``: lower case, no accents, digits as 0-9, ``CLOSED`` where something is masked."""

    def __init__(self, text: str, closed: Iterable[tuple[int, int]] = ()) -> None:
        self._text = text
        shut = bytearray(len(text))
        for start, end in closed:
            shut[start:end] = b"\x01" * (end - start)
        folded = [CLOSED if closed else _fold(char) for char, closed in zip(text, shut, strict=True)]
        self.plain = "".join(folded)
        self._at: Sequence[int] = range(len(text))
        self._upper = [char.isupper() for char in text]
        if any(len(one) != 1 for one in folded):
            self._at = [index for index, one in enumerate(folded) for _ in one]
            self._upper = [self._upper[index] for index in self._at]
        self.tokens = self._tokens()
        self.starts = [token.start for token in self.tokens]
        letters = [token for token in self.tokens if not token.text.isdigit()]
        # A text in capitals throughout: there a capital says nothing.
        self.shouts = len(letters) > 2 and sum(map(self.shouting, letters)) > 0.7 * len(letters)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of ``plain`` → code points of the input, with the marks that hang on its last character."""
        last = self._at[end - 1] + 1
        while last < len(self._text) and unicodedata.category(self._text[last]) in _INVISIBLE:
            last += 1
        return self._at[start], last

    def capital(self, start: int, end: int) -> bool:
        """Whether a stretch of the input holds no small letter."""
        return self._text[start:end].upper() == self._text[start:end]

    def word_after(self, end: int) -> str:
        """The word that follows a place in ``plain``, only spaces between; empty when another thing does."""
        at = bisect_left(self.starts, end)
        if at == len(self.tokens) or self.plain[end : self.starts[at]].strip(" \t"):
            return ""
        return self.tokens[at].text

    def shouting(self, token: Token) -> bool:
        """Written in capitals throughout."""
        return all(self._upper[token.start : token.end])

    def _tokens(self) -> list[Token]:
        found = []
        first = True
        before = 0
        for match in WORD.finditer(self.plain):
            gap = self.plain[before : match.start()]
            first = first or (gap != " " and not _ENDS.isdisjoint(gap))
            found.append(Token(match[0], match.start(), match.end(), self._upper[match.start()], first))
            first, before = False, match.end()
        return found


@functools.lru_cache(maxsize=4096)
def _fold(char: str) -> str:
    if char.isascii():
        return char.lower()
    if char == CLOSED or unicodedata.category(char) in _INVISIBLE:
        return ""
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    return "".join(c for c in decomposed if unicodedata.category(c) not in _INVISIBLE)
