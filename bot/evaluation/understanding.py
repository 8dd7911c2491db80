"""What a test set of intents says about the model: one record of figures from the labels given and found.

Promise: pure. The lines themselves never come here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.statistics import Share, calibration_error, percentile, share, upper_bound

ANSWERS = ("affirm", "deny", "unsure", "decline")
OPPOSITES = {"affirm": "deny", "deny": "affirm"}
UNRELATED = "out_of_scope"
MOST_CONFUSED = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """One line: the intent a person gave it, what the model found, how sure it was, how long it took."""

    intent: str
    found: str
    confidence: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """``precision`` is 0 when the intent was never found."""

    intent: str
    lines: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    intent: str
    found: str
    lines: int


@dataclass(frozen=True, slots=True)
class Swaps:
    """A yes read as a no or the reverse, of all lines that are one of them; ``bound``: 95 %, from above."""

    hits: int
    total: int
    bound: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything ``faro nlu eval`` prints. What the set has no line for is None, never nought."""

    lines: int
    accuracy: Share
    macro_f1: float
    answers: Share | None
    swaps: Swaps | None
    out_of_scope_recall: Share | None
    calibration_error: float
    p50_ms: float
    p95_ms: float
    intents: tuple[IntentFigures, ...]
    confusions: tuple[Confusion, ...]


def measure(readings: Sequence[Reading]) -> Figures:
    """Raises ``ValueError`` without readings. The macro-F1 is over the intents that the set has lines for."""
    table = _by_intent(readings)
    times = [reading.milliseconds for reading in readings]
    return Figures(
        lines=len(readings),
        accuracy=share(sum(map(_right, readings)), len(readings)),
        macro_f1=sum(row.f1 for row in table) / len(table),
        answers=_recall(readings, ANSWERS),
        swaps=_swaps(readings),
        out_of_scope_recall=_recall(readings, (UNRELATED,)),
        calibration_error=calibration_error([r.confidence for r in readings], list(map(_right, readings))),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        intents=table,
        confusions=_confusions(readings),
    )


def _right(reading: Reading) -> bool:
    return reading.intent == reading.found


def _recall(readings: Sequence[Reading], intents: Sequence[str]) -> Share | None:
    """Of the lines of these intents, how many were read as exactly the intent they are."""
    asked = [reading for reading in readings if reading.intent in intents]
    return share(sum(map(_right, asked)), len(asked)) if asked else None


def _swaps(readings: Sequence[Reading]) -> Swaps | None:
    asked = [reading for reading in readings if reading.intent in OPPOSITES]
    if not asked:
        return None
    swapped = sum(reading.found == OPPOSITES[reading.intent] for reading in asked)
    return Swaps(swapped, len(asked), upper_bound(swapped, len(asked)))


def _by_intent(readings: Sequence[Reading]) -> tuple[IntentFigures, ...]:
    lines = Counter(reading.intent for reading in readings)
    found = Counter(reading.found for reading in readings)
    right = Counter(reading.intent for reading in readings if _right(reading))
    return tuple(
        IntentFigures(
            intent=name,
            lines=lines[name],
            precision=right[name] / found[name] if found[name] else 0.0,
            recall=right[name] / lines[name],
            f1=2 * right[name] / (lines[name] + found[name]),
        )
        for name in sorted(lines)
    )


def _confusions(readings: Sequence[Reading]) -> tuple[Confusion, ...]:
    """The most frequent first, equal ones by name, so that two runs print the same."""
    wrong = Counter((reading.intent, reading.found) for reading in readings if not _right(reading))
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(*pair, count) for pair, count in ordered[:MOST_CONFUSED])
