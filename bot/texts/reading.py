"""How hard a text is to read: the formula of Fernández-Huerta (1959), and the length of its sentences. Pure.

Syllables are counted with Pyphen's Spanish patterns and the formula is the one of textstat, so that the figures
are textstat's; its own package would bring NLTK and seven more into the process that holds the keys.
"""

from __future__ import annotations

import functools
import re

import pyphen

SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n")
WORD = re.compile(r"[^\W\d_]+")


@functools.cache
def _patterns() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="es")


@functools.lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """How many syllables; one at least."""
    return len(_patterns().positions(word.lower())) + 1


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line break, a colon and a semicolon end one too, as they do for the breath."""
    return [part.strip() for part in SENTENCE.split(text) if WORD.search(part)]


def ease(text: str) -> float:
    """Fernández-Huerta: 100 is very easy, 75 quite easy, below 50 hard. 100 for a text without words."""
    words = WORD.findall(text)
    if not words:
        return 100.0
    per_word = sum(map(syllables, words)) / len(words)
    per_sentence = len(words) / len(sentences(text))
    return 206.84 - 60 * per_word - 1.02 * per_sentence


def longest(text: str) -> int:
    """Words in the longest sentence."""
    return max((len(part.split()) for part in sentences(text)), default=0)
