"""Normalised text → weighted n-grams of letters and words, as numbers; learnt once, stored as plain arrays.

Promise: the same text gives the same row in training and in use. Needs numpy only. Must not: unpickle anything.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
STEM = 4  # letters: "amenaza", "amenazan" and "amenazado" are one step of a pair
ROOMY = 6  # classes of length, doubling


def letters(word: str) -> list[str]:
    """The word, and the runs of letters within it; its ends are spaces."""
    edged = f" {word} "
    sizes = range(SHORTEST_GRAM, min(LONGEST_GRAM, len(edged) - 1) + 1)
    return [edged, *(edged[at : at + size] for size in sizes for at in range(len(edged) - size + 1))]


def around(words: Sequence[str]) -> Iterator[str]:
    """Words side by side and near, the ends of the text, its length, whether it asks."""
    if not words:
        return
    edged = ["<", *words, ">"]
    yield from (f"{a}_{b}" for a, b in pairwise(edged))
    yield from (f"{a}_{b}_{c}" for a, b, c in zip(edged, edged[1:], edged[2:], strict=False))
    yield from (f"{a}~{b}" for a, b in zip(edged, edged[2:], strict=False))
    yield from (f"{a}~~{b}" for a, b in zip(edged, edged[3:], strict=False))
    yield from (f"{a}={b}" for a, b in pairwise(["<", *(word[:STEM] for word in words), ">"]))
    yield f"<{words[0]}"
    yield f"{words[-1]}>"
    yield f"#{min(ROOMY, len(words).bit_length())}"
    yield f"?{any('?' in word for word in words)}"


class Linear:
    """Linear scores over n-grams; ``names`` says what each score is of."""

    def __init__(
        self,
        names: Sequence[str],
        index: Mapping[str, int],
        idf: np.ndarray,
        weights: np.ndarray,
        bias: np.ndarray,
    ) -> None:
        self.names, self._index, self._idf, self._weights, self._bias = list(names), index, idf, weights, bias
        self._spelled: dict[str, array[int]] = {}

    def scores(self, text: str) -> np.ndarray:
        """The score of each name, for a normalised text; above nought speaks for it."""
        words = text.split()
        known = self._columns(around(words))
        for word in words:
            known.extend(self._letters(word))
        if not known:
            return self._bias.copy()
        columns, values = weighted(known, self._idf)
        return self._bias + values @ self._weights.take(columns, axis=0)

    def _columns(self, said: Iterable[str]) -> array[int]:
        return array("i", [column for column in map(self._index.get, said) if column is not None])

    def _letters(self, word: str) -> array[int]:
        """Spelled once if it is a word of the examples; of a word that only a person wrote nothing is kept."""
        found = self._spelled.get(word)
        if found is None:
            found = self._columns(letters(word))
            if f" {word} " in self._index:
                self._spelled[word] = found
        return found

    def save(self, folder: Path, name: str) -> None:
        """Packed here, quickly: Rasa packs the folder once more, and slowly what is loose."""
        np.savez_compressed(
            folder / f"{name}.npz",
            names=_packed(self.names),
            grams=_packed(self._index),
            idf=self._idf,
            weights=self._weights.astype(np.float16),
            bias=self._bias,
        )

    @classmethod
    def load(cls, folder: Path, name: str) -> Linear:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as held:
            index = {gram: column for column, gram in enumerate(_unpacked(held["grams"]))}
            weights = held["weights"].astype(
                np.float32
            )  # half as exact is enough to keep, and slower to reckon with
            return cls(_unpacked(held["names"]), index, held["idf"], weights, held["bias"])


def _packed(words: Iterable[str]) -> np.ndarray:
    """Words without line breaks as bytes of an array."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _unpacked(held: np.ndarray) -> list[str]:
    return held.tobytes().decode().split("\n")


def shares(scores: np.ndarray, names: Sequence[str], sharpness: float) -> dict[str, float]:
    """Scores → how sure of each name, together one. ``sharpness`` makes the shares true frequencies."""
    powers = np.exp(sharpness * (scores - scores.max()))
    return dict(zip(names, (powers / powers.sum()).tolist(), strict=True))


def weighted(known: array[int], idf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The n-grams of a text, one or more, each as often as it is said: columns and weights of unit length."""
    said = np.array(known, dtype=np.intc)
    said.sort()
    new = np.empty(said.size, dtype=bool)
    new[0] = True
    np.not_equal(said[1:], said[:-1], out=new[1:])
    firsts = new.nonzero()[0]
    times = np.empty(firsts.size, dtype=np.float32)
    times[:-1] = firsts[1:] - firsts[:-1]
    times[-1] = said.size - firsts[-1]
    columns = said[firsts]
    values = (1.0 + np.log(times)) * idf[columns]
    return columns, values / np.sqrt(values @ values)
