"""Normalised text → weighted character n-grams, as numbers; learnt once, stored as JSON and plain arrays.

Promise: the same text gives the same row in training and in use. Needs numpy only. Must not: unpickle anything.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

LONGEST_GRAM = 6


def grams(text: str) -> Iterator[str]:
    """Character n-grams within words (with their edges), and word pairs across."""
    tokens = text.split()
    for token in tokens:
        edged = f" {token} "
        yield edged
        for size in range(1, min(LONGEST_GRAM, len(edged)) + 1):
            if size == len(edged):
                break
            for start in range(len(edged) - size + 1):
                yield edged[start : start + size]
    for left, right in zip(["<", *tokens], [*tokens, ">"], strict=True):
        yield f"{left}_{right}"


class Linear:
    """A linear model over n-grams: ``shares`` gives each intent's probability."""

    def __init__(
        self,
        intents: list[str],
        index: Mapping[str, int],
        idf: np.ndarray,
        weights: np.ndarray,
        bias: np.ndarray,
    ) -> None:
        self.intents, self._index, self._idf, self._weights, self._bias = intents, index, idf, weights, bias

    def shares(self, text: str) -> dict[str, float]:
        """Intent → probability, all of them, for a normalised text."""
        columns, values = row(text, self._index, self._idf)
        scores = self._bias + (values @ self._weights[columns] if len(columns) else 0.0)
        powers = np.exp(scores - scores.max())
        return dict(zip(self.intents, (powers / powers.sum()).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        names = {"intents": self.intents, "grams": list(self._index)}
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "weights.npz", idf=self._idf, weights=self._weights, bias=self._bias)

    @classmethod
    def load(cls, folder: Path) -> Linear:
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        index = {gram: column for column, gram in enumerate(names["grams"])}
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            return cls(names["intents"], index, arrays["idf"], arrays["weights"], arrays["bias"])


def row(text: str, index: Mapping[str, int], idf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The known n-grams of a text: columns and weights of unit length."""
    counts = Counter(gram for gram in grams(text) if gram in index)
    columns = np.fromiter((index[gram] for gram in counts), dtype=np.int32, count=len(counts))
    values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[columns]
    length = float(np.sqrt(values @ values))
    return columns, (values / length if length else values).astype(np.float32)
