"""Examples → ``Linear`` models: support vectors over n-grams, with typing errors added.

Stage: training only. Promise: the same examples give the same model. Must not: be imported while serving.
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Sequence

import joblib
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from components.features import Linear, around, letters
from components.lines import NONE
from components.normalise import normalise

SEED = 20261124
KEPT = 120_000  # n-grams that weigh most; the rest change one answer in a thousand and take half the room
PROCESSES = 4  # at most: each holds a copy of what it learns from
LONG = 5  # words: a longer text says the same often enough to stand an error
ALARM = "alarm"
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
    """One score a label. ``examples``: (text, label). ``copies``: how many misspelt ones of each text."""
    texts, labels = spread(examples, copies)
    index, idf, matrix = table(texts)
    # Label by label, on several processors: each is learnt for itself, so their number changes nothing.
    with joblib.parallel_config(backend="multiprocessing", n_jobs=min(PROCESSES, joblib.cpu_count())):
        model = OneVsRestClassifier(_machine(C=strength)).fit(matrix, labels)
    weights = np.hstack([one.coef_.T for one in model.estimators_])
    bias = np.concatenate([one.intercept_ for one in model.estimators_])
    return pruned([str(name) for name in model.classes_], index, idf, weights, bias)


def learn_danger(
    examples: Sequence[tuple[str, str]],
    quiet: Sequence[tuple[str, str]],
    copies: int,
    strength: float,
    fear: float,
) -> Linear:
    """A score ``alarm``, and one of each kind that only tells the kinds apart.

    ``examples``: (text, kind or ``none``), ``quiet``: more of them that need no misspelt copies. ``fear``: how
    much more a missed alarm costs than a false one.
    """
    spread_, plain = spread(examples, copies), spread(quiet, 0)
    texts, kinds = spread_[0] + plain[0], spread_[1] + plain[1]
    index, idf, matrix = table(texts)
    alarms = np.array([kind != NONE for kind in kinds])
    alarm = _machine(C=strength, class_weight={False: 1.0, True: fear}).fit(matrix, alarms)
    kind = _machine(C=strength).fit(matrix[alarms], np.array(kinds)[alarms])
    return pruned(
        [ALARM, *map(str, kind.classes_)],
        index,
        idf,
        np.hstack([alarm.coef_.T, kind.coef_.T]),
        np.concatenate([alarm.intercept_, kind.intercept_]),
    )


def _machine(**how: object) -> LinearSVC:
    return LinearSVC(tol=1e-1, random_state=SEED, **how)


def spread(examples: Sequence[tuple[str, str]], copies: int) -> tuple[list[str], list[str]]:
    """The examples normalised, the short ones with misspelt copies; texts and labels."""
    clean = sorted({(normalise(text), label) for text, label in examples})
    texts = [text for text, _ in clean]
    labels = [label for _, label in clean]
    for text, label in clean:
        chance = random.Random(f"{SEED} {text}")  # noqa: S311  # of its own, or one more example would change all others
        for _ in range(copies if text.count(" ") < LONG else 0):
            texts.append(normalise(misspell(text, chance)))
            labels.append(label)
    return texts, labels


def pruned(
    names: list[str], index: dict[str, int], idf: np.ndarray, weights: np.ndarray, bias: np.ndarray
) -> Linear:
    """The model without the n-grams that hardly weigh anything."""
    heaviest = np.argsort(-np.abs(weights).max(axis=1), kind="stable")[:KEPT]
    kept = np.sort(heaviest)
    listed = list(index)
    return Linear(
        names,
        {listed[column]: at for at, column in enumerate(kept)},
        idf[kept],
        weights[kept].astype(np.float16),
        bias.astype(np.float32),
    )


def table(texts: Sequence[str]) -> tuple[dict[str, int], np.ndarray, csr_matrix]:
    """The n-grams that stand in two texts or more, how telling each is, and the texts as rows of unit length."""
    index: defaultdict[str, int] = defaultdict()
    index.default_factory = index.__len__  # a new n-gram takes the next column
    spelled: dict[str, list[int]] = {}  # a word is spelled once, however often it is said
    columns, ends = array("i"), array("q", [0])

    place = index.__getitem__
    for text in texts:
        words = text.split()
        for word in words:
            if word not in spelled:
                spelled[word] = list(map(place, letters(word)))
            columns.extend(spelled[word])
        columns.extend(map(place, around(words)))
        ends.append(len(columns))
    times = np.ones(len(columns), dtype=np.float32)
    matrix = csr_matrix((times, np.asarray(columns), np.asarray(ends)), (len(texts), len(index)))
    matrix.sum_duplicates()
    spoken = np.bincount(matrix.indices, minlength=len(index))
    kept = np.flatnonzero(spoken > 1)
    matrix = matrix[:, kept]
    idf = (np.log((1.0 + len(texts)) / (1.0 + spoken[kept])) + 1.0).astype(np.float32)
    matrix.data = (1.0 + np.log(matrix.data)) * idf[matrix.indices]
    listed = list(index)
    return {listed[old]: new for new, old in enumerate(kept)}, idf, normalize(matrix)


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
