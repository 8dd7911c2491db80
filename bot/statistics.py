"""Figures about cases that single out nobody. Pure: standard library only.

Promise: no count from 1 to 9 is shown, and none follows from what is shown. Each month is a table of its own, of at
most two attributes beside the month, with its totals; a cell below ten is hidden, and so are as many others as it
takes that no subtraction gives it back (``protect``). Which rows there are depends on the attributes, never on the
cases; a month looks the same in whatever span of months it is asked for. Must not: take days, places finer than a
department, or anything but closed values.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

FEWEST = 10
MOST_ATTRIBUTES = 2  # beside the month
ALL, OTHER = "all", "other"
LIMA = timezone(timedelta(hours=-5))  # Peru has had no daylight saving since 1994

# What can be counted by, and every value that it can have; anything else counts as "other".
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "department": (
        *("tumbes", "piura", "la_libertad", "lima", "puno", "arequipa", "cusco", "madre_de_dios", "tacna"),
        *(OTHER, "unknown"),
    ),
    "urgency": ("U3", "U2", "U1", "U0"),
    "result": (
        *("T0", "T0-L", "T1", "T2", "T3", "T4", "T5", "T6", "MR0", "MR1", "MR2", "MR3"),
        *("unknown", OTHER),
    ),
    "age": ("adult", "minor"),
    "origin": ("emergency", "outcome", "person", "minor", "bot_failed", OTHER),
    "channel": ("whatsapp", "telegram", OTHER),
    "language": ("es", "en", "pt", "ht", OTHER),
    "outcome": (
        *("oriented", "referred", "other", "declined", "no_answer", "not_reached", "not_related"),
        *("erased", "open"),
    ),
    "answer": ("5m", "15m", "1h", "4h", "1d", "later", "none"),
}
ANSWERED: Mapping[str, float] = {"5m": 300, "15m": 900, "1h": 3600, "4h": 4 * 3600, "1d": 24 * 3600}

# Where a conversation stands that no longer stands at a question.
END, PERSON = "end", "person"

Month = tuple[int, int]
Cell = tuple[str, ...]  # one value for each attribute, or ALL
Node = tuple[str, str]


def month_of(at: float) -> Month:
    """Year and month in Lima.

    >>> month_of(1_800_000_000)
    (2027, 1)
    """
    moment = datetime.fromtimestamp(at, UTC).astimezone(LIMA)
    return moment.year, moment.month


def month_start(month: Month) -> float:
    """The first moment of a month in Lima."""
    return datetime(*month, 1, tzinfo=LIMA).timestamp()


def months_before(now: Month, count: int) -> list[Month]:
    """The ``count`` whole months before ``now``, newest first.

    >>> months_before((2026, 2), 3)
    [(2026, 1), (2025, 12), (2025, 11)]
    """
    first = now[0] * 12 + now[1] - 1
    numbers = (first - n for n in range(1, count + 1))
    return [(number // 12, number % 12 + 1) for number in numbers]


def answer_of(seconds: float | None) -> str:
    """Within how long a person first answered.

    >>> answer_of(None), answer_of(300), answer_of(301), answer_of(90_000)
    ('none', '5m', '15m', 'later')
    """
    if seconds is None:
        return "none"
    return next((name for name, most in ANSWERED.items() if seconds <= most), "later")


def reached_of(state: Mapping[str, Any] | None, *, has_case: bool) -> str:
    """How far a conversation came: to its end, to a person, or the question that is open.

    >>> reached_of({"result": "", "step": "Q07"}, has_case=False), reached_of(None, has_case=True)
    ('Q07', 'person')
    """
    if state is not None and state["result"]:
        return END
    if has_case:
        return PERSON
    return "" if state is None else str(state["step"])


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def value_of(attribute: str, value: str) -> str:
    """A value as it is counted."""
    return value if value in ATTRIBUTES[attribute] else OTHER


def monthly(
    cases: Iterable[tuple[Month, Mapping[str, str]]],
    months: Sequence[Month],
    by: Sequence[str],
    *,
    exact: bool,
) -> Iterator[tuple[Month, Cell, int | None]]:
    """Month by month every cell with its count, or None where it is hidden; to the nearest ten unless ``exact``."""
    found: dict[Month, Counter[Cell]] = {month: Counter() for month in months}
    for month, facts in cases:
        if month in found:
            found[month][tuple(value_of(name, facts[name]) for name in by)] += 1
    for month in months:
        for cell, shown in table(found[month], by, exact=exact).items():
            yield month, cell, shown


def table(found: Mapping[Cell, int], by: Sequence[str], *, exact: bool) -> dict[Cell, int | None]:
    """One month's table from its counts: what may be shown of each cell that there can be."""
    counts = tabulate(found, by)
    hidden = protect(counts)
    shown = {cell: None if cell in hidden else n for cell, n in counts.items()}
    return {cell: n if exact or n is None else nearest_ten(n) for cell, n in shown.items()}


def single(found: Mapping[str, int], values: Sequence[str], *, exact: bool) -> dict[str, int | None]:
    """A table of one attribute that has these values, its total as ``ALL``; what is no value counts as the last."""
    counts: dict[Cell, int] = {(value,): 0 for value in (*values, ALL)}
    for value, number in found.items():
        counts[value if value in values else values[-1],] += number
        counts[ALL,] += number
    hidden = protect(counts)
    shown = {cell[0]: None if cell in hidden else number for cell, number in counts.items()}
    return {value: n if exact or n is None else nearest_ten(n) for value, n in shown.items()}


def tabulate(found: Iterable[Cell] | Mapping[Cell, int], by: Sequence[str]) -> dict[Cell, int]:
    """Every cell that there can be, totals included, with its count; ``found`` as cells or already counted."""
    counts = dict.fromkeys(itertools.product(*((*ATTRIBUTES[name], ALL) for name in by)), 0)
    for cell, n in Counter(found).items():
        known = (value_of(name, value) for name, value in zip(by, cell, strict=True))
        for wider in itertools.product(*((value, ALL) for value in known)):
            counts[wider] += n
    return counts


def nearest_ten(count: int) -> int:
    """Halves go up.

    >>> [nearest_ten(n) for n in (10, 14, 15)]
    [10, 10, 20]
    """
    return (count + 5) // 10 * 10


# ── suppression ─────────────────────────────────────────────────────────────────────────────────────────────


def protect(counts: Mapping[Cell, int]) -> set[Cell]:
    """The cells that must be hidden: those below ten, and others, so that no total gives one back.

    A table is a graph: rows and columns (their totals among them) are nodes, each cell is the edge between its row
    and its column. A hidden cell follows from the shown ones exactly when no cycle of hidden cells goes through it
    (Gusfield 1988). So every hidden cell that is not empty is put on a cycle, over cells that are not empty
    either: then it may be one more or one less and nothing that is shown changes. The cheapest cycle is taken.
    Besides, what is missing from a shown total is nothing, or ten at least.
    """
    hidden = {cell for cell, count in counts.items() if count < FEWEST}
    lines, ways = list(_lines(counts)), _ways(counts)
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for cell in sorted(hidden, key=lambda one: (counts[one], one)):
            if cell and counts[cell]:  # a single figure follows from nothing
                hidden |= _cycle(counts, hidden, ways, cell)
        for total, parts in lines:
            hidden |= _cover(counts, hidden, total, parts)
    return hidden


def _ends(cell: Cell) -> tuple[Node, Node]:
    """The two nodes that a cell joins. With one attribute there is one sum, and nothing else binds a cell."""
    if len(cell) == 2:
        return ("row", cell[0]), ("column", cell[1])
    return ("sum", ""), ("free", "")


def _ways(counts: Mapping[Cell, int]) -> dict[Node, list[tuple[Node, Cell]]]:
    """From each node where to, over which cell that is not empty."""
    ways: dict[Node, list[tuple[Node, Cell]]] = {}
    for cell, count in counts.items():
        if count and cell:
            one, two = _ends(cell)
            ways.setdefault(one, []).append((two, cell))
            ways.setdefault(two, []).append((one, cell))
    return ways


def _cycle(
    counts: Mapping[Cell, int],
    hidden: set[Cell],
    ways: Mapping[Node, Sequence[tuple[Node, Cell]]],
    cell: Cell,
) -> set[Cell]:
    """The cells of the cheapest way from one end of ``cell`` to the other that does not lead over it."""
    start, goal = _ends(cell)
    order = itertools.count()
    waiting: list[tuple[int, int, Node, tuple[Cell, ...]]] = [(0, next(order), start, ())]
    done: set[Node] = set()
    while waiting:
        cost, _, node, path = heapq.heappop(waiting)
        if node == goal:
            return set(path)
        if node in done:
            continue
        done.add(node)
        for following, over in ways[node]:
            if over != cell and following not in done:
                price = 0 if over in hidden else counts[over]
                heapq.heappush(waiting, (cost + price, next(order), following, (*path, over)))
    raise AssertionError("the totals of a cell that is not empty always close a cycle")


def _lines(counts: Mapping[Cell, int]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Every total with the cells that it is the sum of."""
    for total in counts:
        for place, value in enumerate(total):
            if value == ALL:
                parts = [
                    cell
                    for cell in counts
                    if cell[place] != ALL
                    and cell[:place] == total[:place]
                    and cell[place + 1 :] == total[place + 1 :]
                ]
                yield total, parts


def _cover(counts: Mapping[Cell, int], hidden: set[Cell], total: Cell, parts: Sequence[Cell]) -> set[Cell]:
    """The smallest shown part, when the hidden ones are together a number from 1 to 9 and the total is shown."""
    missing = sum(counts[part] for part in parts if part in hidden)
    if total in hidden or not 0 < missing < FEWEST:
        return set()
    return {min((part for part in parts if part not in hidden), key=lambda one: (counts[one], one))}
