"""Normalised text → weighted n-grams of letters and words, as numbers; learnt once, stored as JSON and plain arrays.

Promise: the same text gives the same row in training and in use. Needs numpy only. Must not: unpickle anything.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

SHORTEST_GRAM, LONGEST_GRAM = 2, 5
STEM = 4  # letters: "amenaza", "amenazan" and "amenazado" are one step of a pair
ROOMY = 6  # classes of length, doubling


def grams(text: str) -> Iterator[str]:
    """What a text is made of: letters within words, whole words, words side by side and near, ends and length."""
    words = text.split()
    for word in words:
        yield from _letters(f" {word} ")
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
    yield f"?{'?' in text}"


def _letters(edged: str) -> Iterator[str]:
    yield edged
    for size in range(SHORTEST_GRAM, min(LONGEST_GRAM, len(edged) - 1) + 1):
        yield from (edged[start : start + size] for start in range(len(edged) - size + 1))


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

    def scores(self, text: str) -> np.ndarray:
        """The score of each name, for a normalised text; above nought speaks for it."""
        columns, values = weighted(Counter(grams(text)), self._index, self._idf)
        if not len(columns):
            return self._bias.copy()
        return self._bias + values @ self._weights[columns].astype(np.float32)

    def save(self, folder: Path, name: str) -> None:
        held = {"names": self.names, "grams": list(self._index)}
        (folder / f"{name}.json").write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / f"{name}.npz", idf=self._idf, weights=self._weights, bias=self._bias)

    @classmethod
    def load(cls, folder: Path, name: str) -> Linear:
        held = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        index = {gram: column for column, gram in enumerate(held["grams"])}
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            return cls(held["names"], index, arrays["idf"], arrays["weights"], arrays["bias"])


def shares(scores: np.ndarray, names: Sequence[str], sharpness: float) -> dict[str, float]:
    """Scores → how sure of each name, together one. ``sharpness`` makes the shares true frequencies."""
    powers = np.exp(sharpness * (scores - scores.max()))
    return dict(zip(names, (powers / powers.sum()).tolist(), strict=True))


def weighted(
    counts: Mapping[str, int], index: Mapping[str, int], idf: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The known n-grams of a text: columns and weights of unit length."""
    known = [gram for gram in counts if gram in index]
    columns = np.fromiter((index[gram] for gram in known), dtype=np.int32, count=len(known))
    times = np.fromiter((counts[gram] for gram in known), dtype=np.float32, count=len(known))
    values = (1.0 + np.log(times)) * idf[columns]
    length = float(np.sqrt(values @ values))
    return columns, (values / length if length else values).astype(np.float32)
