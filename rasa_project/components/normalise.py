"""Chat text → what the classifier reads: one spelling for what is said in one way or many.

Stage: before features, in training and in use alike. Promise: pure; lower case, no accents, no stretched letters,
chat spellings written out, emoji as words; ``words.yml`` holds the tables. Must not: guess a meaning, keep a text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLES = Path(__file__).parent / "words.yml"
MARKS = (",", ".")  # what ends a part and is no word
PARTLY_WORDS = 12  # a longer message says more than "sometimes"
_VOWELS = re.compile(r"([aeiou])\1+")
_DOUBLED = re.compile(r"([^\W\d_lrcn])\1+")  # l, r, c and n stand twice in Spanish words
_STRETCHED = re.compile(r"(.)\1{2,}")
_PIECES = re.compile(r"[^\W_]+|[?!.,;:\n]+")
_UNSEEN = frozenset(("Mn", "Me", "Cf", "Sk"))  # accents, what joins emoji, marks of direction
_ACCENTS = "^`"  # what ASCII has of them
_TWICE = re.compile(r"(.)\1")
_SIGNS = re.compile(r"\+\s?o\s?-")
_JOINTS = re.compile(r"[.,;:!\n]+")


@dataclass(frozen=True)
class Tables:
    """``words.yml``, turned the way it is asked."""

    short: Mapping[str, str]
    signs: Mapping[int, str]  # as str.translate takes it
    partly: frozenset[str]
    fillers: frozenset[str]
    joints: frozenset[str]


@functools.cache
def tables(path: Path = TABLES) -> Tables:
    """The tables of the language; read once."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    short = {str(form): str(word) for word, forms in data["short"].items() for form in forms}
    signs = {ord(sign): f" {word} " for word, found in data["signs"].items() for sign in found}
    signs |= {ord(accent): "" for accent in _ACCENTS}
    return Tables(
        short, signs, frozenset(data["partly"]), frozenset(data["fillers"]), frozenset(data["joints"])
    )


def plain(text: str) -> str:
    """Lower case, styled letters made ordinary, signs as words, no accents, no invisible characters."""
    folded = unicodedata.normalize("NFKD", text.translate(tables().signs)).casefold()
    if not folded.isascii():
        folded = "".join(c for c in folded if c.isascii() or unicodedata.category(c) not in _UNSEEN)
    return _SIGNS.sub("mas o menos", folded)


def squeeze(word: str) -> str:
    """Stretched letters back to one: "siiii" and "si", "graciasss" and "gracias" are one word."""
    if not _TWICE.search(word):
        return word
    return _DOUBLED.sub(r"\1", _VOWELS.sub(r"\1", _STRETCHED.sub(r"\1", word)))


def words(text: str) -> list[str]:
    """The words of a message in order; punctuation that ends or asks something stays as a mark of its own."""
    found: list[str] = []
    short = tables().short
    for piece in _PIECES.findall(plain(text)):
        if piece[0].isalnum():
            word = squeeze(piece)
            found += (short.get(piece) or short.get(word) or word).split()
        else:
            found.append("?" if "?" in piece else "," if piece[0] in ",;:" else ".")
    return found


def normalise(text: str) -> str:
    """One line of plain words; a question mark is kept, other marks are not."""
    return line(words(text))


def line(said: Sequence[str]) -> str:
    """The words of a message as one line."""
    return " ".join(word for word in said if word not in MARKS)


def clauses(said: Sequence[str]) -> list[str]:
    """The parts of a message that may each say something of their own, a line each; one part for a short message."""
    parts: list[list[str]] = [[]]
    for word in said:
        if word in MARKS:
            parts.append([])
        elif word == "?":
            parts[-1].append(word)
            parts.append([])
        elif word in tables().joints:
            parts.append([word] if word == "no" else [])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts if part]


def is_partly(normalised: str) -> bool:
    """Whether the message says "sometimes" or "more or less" and nothing else."""
    bare = normalised.replace("?", " ").split()
    if len(bare) > PARTLY_WORDS:
        return False
    for start in range(len(bare)):
        for end in range(len(bare), start, -1):
            around: Sequence[str] = (*bare[:start], *bare[end:])
            if " ".join(bare[start:end]) in tables().partly and all(
                word in tables().fillers for word in around
            ):
                return True
    return False
