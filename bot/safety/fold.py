"""Chat text → words as the rules see them: no accents, no doubled letters, letters that sound alike made one.

Stage: before the rules. Promise: "ME ESTÁ PEGANDO", "me sta pegandoo" and "m esta pegándo" give the same words,
and the words of the tables pass through the same folding. Must not: guess a meaning, keep or log the text.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, Sequence

HARD = ".!?¡¿"
SOFT = ',;:()[]—–\n\r|*_~"“”«»'
LONGEST = 4096  # characters; WhatsApp's and Telegram's own limit
_DIGIT_LETTERS = str.maketrans("013457", "oieast")
_PIECES = re.compile(r"[^\W_]+|\.{2,}|[^\w\s]|_|[\n\r]")
_SPELLED = re.compile(r"\b(?:[^\W\d_] ){3,40}[^\W\d_]\b")
_SOUNDS = (
    (re.compile(r"h(?<!ch)"), ""),
    (re.compile(r"qu(?=[ei])"), "k"),
    (re.compile(r"ck|q|c(?![eih])"), "k"),
    (re.compile(r"c(?=[ei])|z|x"), "s"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"gu(?=[ei])"), "g"),
    (re.compile(r"ll"), "y"),
    (re.compile(r"[vw]"), "b"),
    (re.compile(r"m(?=[bp])"), "n"),
    (re.compile(r"y(?![aeiou])"), "i"),
    (re.compile(r"(?<=\w{3})ao(?=s?$)"), "ado"),
)
_REPEATED = re.compile(r"(.)\1+")


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """The words of a message in order; ``clause`` and ``sentence`` number the pieces they stand in.

    ``asked`` holds the sentences that carry a question mark.
    """

    keys: tuple[str, ...]
    clause: tuple[int, ...]
    sentence: tuple[int, ...]
    asked: frozenset[int]


def plain(text: str) -> str:
    """Lower case, full-width and styled letters made ordinary, no accents, no invisible characters."""
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    return "".join(
        c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf", "Me") and c not in "'’`´"
    )


def key(word: str) -> str:
    """One plain word → what it sounds like ("vienen" and "bienen" are one, "kiero" and "quiero" are one)."""
    if word.isdigit():
        return word
    if any(c.isdigit() for c in word):
        word = word.translate(_DIGIT_LETTERS)
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return _REPEATED.sub(r"\1", word)


def pieces(text: str, signs: Mapping[str, str]) -> list[tuple[str, str]]:
    """The words and marks of a message in order, each with its sound (empty for a mark); ``signs``: emoji → word."""
    for sign, word in signs.items():
        if sign in text:
            text = text.replace(sign, f" {word} ")
    spelled = _SPELLED.sub(lambda m: m[0].replace(" ", ""), plain(text))
    sounds: dict[str, str] = {}
    found = []
    for piece in _PIECES.findall(spelled):
        if piece not in sounds:
            sounds[piece] = key(piece) if piece[0].isalnum() else ""
        found.append((piece, sounds[piece]))
    return found


def words(found: Sequence[tuple[str, str]], short: Mapping[str, Sequence[str]]) -> Words:
    """Pieces → words; ``short``: plain chat spelling → folded words."""
    keys: list[str] = []
    clause: list[int] = []
    sentence: list[int] = []
    asked: set[int] = set()
    c = s = 0
    for piece, sound in found:
        if sound:
            said = short.get(piece, (sound,))
            keys.extend(said)
            clause.extend([c] * len(said))
            sentence.extend([s] * len(said))
        elif piece[0] == "." and len(piece) > 1:  # dots that trail off end no sentence
            c += 1
        elif piece in HARD:
            if piece == "?":
                asked.add(s)
            c, s = c + 1, s + 1
        elif piece in SOFT:
            c += 1
    return Words(tuple(keys), tuple(clause), tuple(sentence), frozenset(asked))


def deletions(word: str) -> list[str]:
    """The word with one letter left out, in every way."""
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def one_letter_apart(a: str, b: str) -> bool:
    """One letter added, left out, changed, or two neighbours swapped; the first letter stays."""
    if a[0] != b[0] or abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    i = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    swapped = a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :]
    return swapped or a[i + 1 :] == b[i + 1 :]
