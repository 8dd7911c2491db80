"""What a labelled set says about the safety net: what is found, what is asked about, what is a false alarm.

Promise: pure. The lines themselves never come here.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from bot.evaluation.statistics import Share, share

NONE = "none"
GRAVE = ("danger", "self_harm")  # what the aim of the recall is about


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One line: the kind a person gave it (``none``: no danger now), the kind concluded, and whether it is asked about."""

    kind: str
    found: str
    asked: bool


@dataclasses.dataclass(frozen=True, slots=True)
class KindFigures:
    """``found``: an alarm of whatever kind; ``named``: of exactly this one; ``silent``: neither alarm nor question."""

    kind: str
    found: Share
    named: int
    silent: int


@dataclasses.dataclass(frozen=True, slots=True)
class SafetyFigures:
    """Everything ``faro safety eval`` prints of one judge. What the set has no line for is None, never nought.

    ``reached``: alarm or question; ``asked``: of the lines without danger, how many cost a question and no more.
    """

    lines: int
    recall: Share | None
    reached: Share | None
    false_alarms: Share | None
    asked: Share | None
    kinds: tuple[KindFigures, ...]


def measure(cases: Sequence[Case]) -> SafetyFigures:
    """Raises ``ValueError`` without cases."""
    if not cases:
        raise ValueError("nothing to measure")
    grave = [case for case in cases if case.kind in GRAVE]
    calm = [case for case in cases if case.kind == NONE]
    return SafetyFigures(
        lines=len(cases),
        recall=_share([case.found != NONE for case in grave]),
        reached=_share([case.found != NONE or case.asked for case in grave]),
        false_alarms=_share([case.found != NONE for case in calm]),
        asked=_share([case.found == NONE and case.asked for case in calm]),
        kinds=tuple(_kind(cases, kind) for kind in sorted({case.kind for case in cases} - {NONE})),
    )


def _kind(cases: Sequence[Case], kind: str) -> KindFigures:
    own = [case for case in cases if case.kind == kind]
    found = Counter(case.found for case in own)
    silent = sum(case.found == NONE and not case.asked for case in own)
    return KindFigures(kind, share(len(own) - found[NONE], len(own)), found[kind], silent)


def _share(hits: Sequence[bool]) -> Share | None:
    return share(sum(hits), len(hits)) if hits else None
