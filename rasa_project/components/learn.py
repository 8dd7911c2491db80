"""Examples → a ``Linear`` model: multinomial logistic regression over n-grams, with typing errors added.

Stage: training only. Promise: the same examples give the same model. Must not: be imported while serving.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from components.features import Linear, grams, row
from components.normalise import normalise

SEED = 20261124
SOUNDS = (
    ("v", "b"),
    ("b", "v"),
    ("z", "s"),
    ("s", "z"),
    ("c", "s"),
    ("s", "c"),
    ("ll", "y"),
    ("y", "ll"),
    ("qu", "k"),
    ("h", ""),
    ("g", "j"),
    ("j", "g"),
    ("x", "s"),
    ("gu", "w"),
)
NEAR = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "wa",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "xs",
}


def learn(examples: Sequence[tuple[str, str]], copies: int, strength: float) -> Linear:
    """``examples``: (text, intent). ``copies``: how many misspelt ones of each. ``strength``: C of the regression."""
    chance = random.Random(SEED)  # noqa: S311  # misspellings, not secrets
    clean = sorted({(normalise(text), intent) for text, intent in examples})
    texts = [text for text, _ in clean]
    wanted = [intent for _, intent in clean]
    for text, intent in clean:
        for _ in range(copies):
            texts.append(normalise(misspell(text, chance)))
            wanted.append(intent)
    index, idf = vocabulary(texts)
    matrix = rows(texts, index, idf)
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
    model.fit(matrix, wanted)
    return Linear(
        [str(name) for name in model.classes_],
        index,
        idf,
        model.coef_.T.astype(np.float32),
        model.intercept_.astype(np.float32),
    )


def vocabulary(texts: Sequence[str]) -> tuple[dict[str, int], np.ndarray]:
    """The n-grams that stand in two texts or more, with how telling each is."""
    seen = Counter(gram for text in texts for gram in set(grams(text)))
    kept = sorted(gram for gram, count in seen.items() if count > 1)
    index = {gram: column for column, gram in enumerate(kept)}
    counts = np.array([seen[gram] for gram in kept], dtype=np.float32)
    return index, (np.log((1.0 + len(texts)) / (1.0 + counts)) + 1.0).astype(np.float32)


def rows(texts: Sequence[str], index: dict[str, int], idf: np.ndarray) -> csr_matrix:
    found = [row(text, index, idf) for text in texts]
    ends = np.cumsum([0, *(len(columns) for columns, _ in found)])
    columns = np.concatenate([columns for columns, _ in found])
    values = np.concatenate([values for _, values in found])
    return csr_matrix((values, columns, ends), shape=(len(texts), len(index)))


def misspell(text: str, chance: random.Random) -> str:
    """The text as a thumb in a hurry writes it: one change in a short text, a few in a long one."""
    for _ in range(1 + len(text) // 18):
        text = chance.choice((_drop, _swap, _near, _sound, _join, _double))(text, chance)
    return text


def _at(text: str, chance: random.Random) -> int:
    return chance.randrange(len(text)) if text else 0


def _drop(text: str, chance: random.Random) -> str:
    at = _at(text, chance)
    return text[:at] + text[at + 1 :] if len(text) > 3 else text


def _swap(text: str, chance: random.Random) -> str:
    at = _at(text, chance)
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :] if len(text) > 3 else text


def _near(text: str, chance: random.Random) -> str:
    at = _at(text, chance)
    return text[:at] + chance.choice(NEAR.get(text[at], text[at])) + text[at + 1 :] if len(text) > 4 else text


def _sound(text: str, chance: random.Random) -> str:
    fitting = [(old, new) for old, new in SOUNDS if old in text]
    if not fitting:
        return text
    old, new = chance.choice(fitting)
    places = [at for at in range(len(text)) if text.startswith(old, at)]
    at = chance.choice(places)
    return text[:at] + new + text[at + len(old) :]


def _join(text: str, chance: random.Random) -> str:
    places = [at for at, letter in enumerate(text) if letter == " "]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1 :]


def _double(text: str, chance: random.Random) -> str:
    at = _at(text, chance)
    return text[: at + 1] + text[at:]
