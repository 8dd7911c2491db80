"""Counts → what is drawn: where each bar lies and how long it is. Pure; the template only writes it down.

Promises that what is hidden has no length: every hidden bar is the same short stroke.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

WIDTH = 320
ROW, BAR, LABEL = 34, 12, 13  # of a line: its height, the bar's, where its words stand
ROOM = 40  # for the number beside the longest bar
TOP, FOOT, STUB = 14, 16, 3


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """One bar. ``n`` is None where it is hidden."""

    label: str
    n: int | None
    words: str
    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """One picture with its table. ``lying``: bars from left to right, their labels above them."""

    id: str
    title: str
    about: str
    bars: Sequence[Bar]
    height: int
    lying: bool
    more: str = ""

    @property
    def empty(self) -> bool:
        """True when there is nothing that may be shown."""
        return all(bar.n is None for bar in self.bars)


Row = tuple[str, int | None, str]  # label, count, kind
Write = Callable[[int | None], str]  # a count in words, or that it is hidden


def lying(id: str, title: str, about: str, rows: Sequence[Row], write: Write, more: str = "") -> Chart:  # noqa: A002
    """Bars for things that have names."""
    most = max((n or 0 for _, n, _ in rows), default=0)
    bars = []
    for place, (label, n, kind) in enumerate(rows):
        width = STUB if not n else max(STUB, n / most * (WIDTH - ROOM))
        y = place * ROW + LABEL + 5
        bars.append(Bar(label, n, write(n), kind, 0, y, round(width, 1), BAR))
    return Chart(id, title, about, bars, len(rows) * ROW, lying=True, more=more)


def standing(
    id: str,  # noqa: A002
    title: str,
    about: str,
    rows: Sequence[Row],
    write: Write,
    height: int = 110,
) -> Chart:
    """Bars for months, in their order."""
    most = max((n or 0 for _, n, _ in rows), default=0)
    step = WIDTH / max(1, len(rows))
    bars = []
    for place, (label, n, kind) in enumerate(rows):
        tall = STUB if not n else max(STUB, n / most * (height - TOP - FOOT))
        x, y = place * step + step * 0.15, height - FOOT - tall
        words = write(n)
        bars.append(
            Bar(label, n, words, kind, round(x, 1), round(y, 1), round(step * 0.7, 1), round(tall, 1))
        )
    return Chart(id, title, about, bars, height, lying=False)
