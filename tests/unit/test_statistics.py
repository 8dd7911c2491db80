"""No count from one to nine is shown, and none can be worked out. Judged by attackers that know nothing of how.

Four of them: one solves the equations of a table (totals are sums) exactly; one narrows every hidden cell by its
lines, knowing that counts are not negative; one looks for a way to shift counts that nobody would notice; one tries
out whole tables, one by one, where they are small.
"""

from __future__ import annotations

import doctest
import itertools
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import statistics
from bot.handoff.desk import OUTCOMES
from bot.screening.model import load
from bot.statistics import ALL, ATTRIBUTES, FEWEST, Cell, monthly, nearest_ten, protect, tabulate

Equation = tuple[Cell, list[Cell]]
SHAPES = [
    (),
    ("urgency",),
    ("department",),
    ("age", "urgency"),
    ("urgency", "origin"),
    ("department", "urgency"),
]


def _equations(counts: Mapping[Cell, int]) -> list[Equation]:
    """Every total, and the cells that it is the sum of; written anew, not taken from what is judged."""
    size = len(next(iter(counts)))
    found = []
    for total in counts:
        for place in range(size):
            if total[place] == ALL:
                values = {cell[place] for cell in counts} - {ALL}
                found.append((total, [(*total[:place], v, *total[place + 1 :]) for v in sorted(values)]))
    return found


def _solved(counts: Mapping[Cell, int], hidden: set[Cell]) -> dict[Cell, Fraction]:
    """The hidden cells that the equations determine, by Gaussian elimination over fractions."""
    rows = []
    for total, parts in _equations(counts):
        row: dict[Cell, Fraction] = {}
        known = Fraction(0)
        for cell, sign in [(total, -1), *((part, 1) for part in parts)]:
            if cell in hidden:
                row[cell] = Fraction(sign)
            else:
                known -= sign * counts[cell]
        if row:
            rows.append((row, known))
    done: list[tuple[Cell, dict[Cell, Fraction], Fraction]] = []
    while rows:
        row, known = rows.pop()
        if not row:
            continue
        pivot = min(row)
        scale = row[pivot]
        row, known = {cell: value / scale for cell, value in row.items()}, known / scale

        def without(other: dict[Cell, Fraction], value: Fraction) -> tuple[dict[Cell, Fraction], Fraction]:
            factor = other.get(pivot)  # noqa: B023 - used within this round only
            if not factor:
                return other, value
            merged = {c: other.get(c, 0) - factor * row.get(c, 0) for c in {*other, *row}}  # noqa: B023
            return {c: v for c, v in merged.items() if v}, value - factor * known  # noqa: B023

        rows = [without(*other) for other in rows]
        done = [(cell, *without(other, value)) for cell, other, value in done]
        done.append((pivot, row, known))
    return {cell: value for cell, row, value in done if set(row) == {cell}}


def _narrowed(counts: Mapping[Cell, int], hidden: set[Cell]) -> dict[Cell, tuple[int, int]]:
    """From where to where each hidden cell can be, line by line, until nothing narrows any more."""
    top = sum(counts.values()) + 1
    low = {cell: 0 if cell in hidden else n for cell, n in counts.items()}
    high = {cell: top if cell in hidden else n for cell, n in counts.items()}
    for _ in range(50):
        before = (dict(low), dict(high))
        for total, parts in _equations(counts):
            low[total] = max(low[total], sum(low[part] for part in parts))
            high[total] = min(high[total], sum(high[part] for part in parts))
            for part in parts:
                rest = [other for other in parts if other != part]
                low[part] = max(low[part], low[total] - sum(high[other] for other in rest))
                high[part] = min(high[part], high[total] - sum(low[other] for other in rest))
        if (low, high) == before:
            break
    return {cell: (low[cell], high[cell]) for cell in hidden}


def _shiftable(counts: Mapping[Cell, int], hidden: set[Cell], cell: Cell) -> bool:
    """Whether ``cell`` can be one more or one less, others with it, and no shown count nor any sign changes.

    One more in a cell of a row is one less in another cell of it, or one more in its total, and so on around.
    """
    ways: dict[tuple[int, str], set[tuple[int, str, Cell]]] = {}
    for other in hidden:
        row, column = (0, other[0]), (1, other[1])
        one, two = (column, row) if (other[0] == ALL) != (other[1] == ALL) else (row, column)
        ways.setdefault(one, set()).add((*two, other))  # one more
        if counts[other]:
            ways.setdefault(two, set()).add((*one, other))  # one less
    for start, goals in list(ways.items()):
        for *goal, over in goals:
            if over != cell:
                continue
            seen, todo = set(), [tuple(goal)]
            while todo:
                here = todo.pop()
                if here == start:
                    return True
                if here not in seen:
                    seen.add(here)
                    todo += [(side, name) for side, name, by in ways.get(here, ()) if by != cell]
    return False


def _judge(counts: Mapping[Cell, int]) -> set[Cell]:
    """Everything that must hold of a table, whatever the counts; the hidden cells."""
    hidden = protect(counts)
    assert all(counts[cell] >= FEWEST for cell in counts if cell not in hidden)
    for cell, value in _solved(counts, hidden).items():
        assert value == counts[cell]  # the attacker reckons rightly
        assert not 1 <= value < FEWEST, f"{cell} follows"
    for cell, (low, high) in _narrowed(counts, hidden).items():
        assert low <= counts[cell] <= high
        assert not (low == high and 1 <= low < FEWEST), f"{cell} is narrowed to {low}"
    if len(next(iter(counts))) == 2:
        assert all(_shiftable(counts, hidden, cell) for cell in hidden if 1 <= counts[cell] < FEWEST)
    for total, parts in _equations(counts):
        if total not in hidden:
            missing = counts[total] - sum(counts[part] for part in parts if part not in hidden)
            assert missing == 0 or missing >= FEWEST, f"below {total} {missing} are missing"
    return hidden


def _population(seed: int, by: Sequence[str]) -> list[Cell]:
    """Cases of a month as they come: a few values are frequent, most are rare."""
    chance = random.Random(seed)
    weights = {name: [chance.random() ** 4 + 0.001 for _ in ATTRIBUTES[name]] for name in by}
    size = chance.choice([0, 3, 9, 10, 11, 25, 60, 150, 400, 1200])
    return [tuple(chance.choices(ATTRIBUTES[name], weights[name])[0] for name in by) for _ in range(size)]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SHAPES))
def test_no_population_gives_a_small_count_away(seed: int, by: tuple[str, ...]) -> None:
    """Not shown, not by solving, not by narrowing; and nothing missing from a total is a number from one to nine."""
    _judge(tabulate(_population(seed, by), by))


@pytest.mark.nightly
@settings(max_examples=10_000, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SHAPES))
def test_no_population_of_ten_thousand_does(seed: int, by: tuple[str, ...]) -> None:
    """The same, as often as the security rules ask."""
    _judge(tabulate(_population(seed, by), by))


def _small_table(inner: Sequence[int], rows: int, columns: int) -> dict[Cell, int]:
    """A table of its own shape, with totals."""
    counts: dict[Cell, int] = {}
    for n, (row, column) in enumerate(itertools.product(range(rows), range(columns))):
        for cell in itertools.product((f"r{row}", ALL), (f"c{column}", ALL)):
            counts[cell] = counts.get(cell, 0) + inner[n]
    return counts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 5, 9, 10, 11, 14, 40]), min_size=4, max_size=4))
def test_another_table_shows_the_same(inner: list[int]) -> None:
    """For every hidden count from one to nine there is a table of whole numbers, none negative, where it differs."""
    counts = _small_table(inner, 2, 2)
    hidden = _judge(counts)
    equations = _equations(counts)
    moved: set[Cell] = set()
    cells = sorted(hidden)
    for steps in itertools.product((-1, 0, 1), repeat=len(cells)):
        step = dict(zip(cells, steps, strict=True))
        if any(step.get(total, 0) != sum(step.get(part, 0) for part in parts) for total, parts in equations):
            continue
        if all(counts[cell] + step[cell] >= 0 for cell in cells):
            moved |= {cell for cell in cells if step[cell]}
    assert {cell for cell in hidden if 1 <= counts[cell] < FEWEST} <= moved


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 0, 1, 3, 9, 10, 20, 60]), min_size=12, max_size=12))
@example([60, 10, 0, 0, 10, 9, 12, 0, 0, 30, 12, 0])  # cycles over empty cells hide nothing
@example([10, 3, 12, 30, 0, 0, 0, 0, 12, 0, 0, 0])
def test_awkward_tables_keep_their_secrets(inner: list[int]) -> None:
    """Many empty cells leave few ways to hide anything."""
    _judge(_small_table(inner, 3, 4))


def test_two_hidden_cells_in_every_line_are_not_enough() -> None:
    """The known trap: rows minus columns give a cell away although no line holds only one hidden cell."""
    inner = [30, 40, 5, 90, 50, 60, 70, 80, 90, 90, 6, 70]
    counts = _small_table(inner, 3, 4)
    square = {("r0", "c0"), ("r0", "c1"), ("r1", "c0"), ("r1", "c1")}
    ring = {("r2", "c2"), ("r2", "c3"), (ALL, "c3"), (ALL, ALL), ("r2", ALL)}
    naive = {*square, ("r0", "c2"), *ring}
    for total, parts in _equations(counts):
        assert len({total, *parts} & naive) != 1
    assert _solved(counts, naive)[("r0", "c2")] == 5
    _judge(counts)


def test_a_total_does_not_give_the_one_small_cell_back() -> None:
    """The plainest subtraction: the next smallest is hidden with it, and no more."""
    found = [("U3",)] * 5 + [("U2",)] * 12 + [("U1",)] * 40 + [("U0",)] * 30
    assert protect(tabulate(found, ("urgency",))) == {("U3",), ("U2",)}


def test_zeros_do_not_hide_a_small_cell() -> None:
    """Empty cells are hidden too; beside them alone a small one would be what is missing from the total."""
    found = [("U3",)] * 5 + [("U1",)] * 40
    assert ("U1",) in protect(tabulate(found, ("urgency",)))


def test_a_month_below_ten_shows_nothing() -> None:
    """Not even its total; which lines there are says nothing either."""
    found = [((2026, 5), {"urgency": "U3"})] * 9
    lines = list(monthly(found, [(2026, 5)], ["urgency"], exact=True))
    assert [count for _, _, count in lines] == [None] * 5
    empty = list(monthly([], [(2026, 5)], ["urgency"], exact=True))
    assert empty == lines


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2**32)), min_size=1, max_size=6))
def test_a_month_is_the_same_in_every_span(spans: list[tuple[int, int]]) -> None:
    """Two exports that overlap have nothing to subtract: no figure spans months."""
    by = ("urgency", "origin")
    cases = [
        ((2026, month), dict(zip(by, cell, strict=True)))
        for month, seed in spans
        for cell in _population(seed, by)
    ]
    months = [(2026, month) for month in range(1, 7)]
    whole = list(monthly(cases, months, by, exact=True))
    for length in range(1, 7):
        part = list(monthly(cases, months[:length], by, exact=True))
        assert part == [line for line in whole if line[0] in months[:length]]


@given(st.integers(FEWEST, 10_000))
def test_rounding_shows_no_less_than_ten_and_is_near(count: int) -> None:
    """What is published is a multiple of ten, at most five away."""
    assert nearest_ten(count) % 10 == 0
    assert nearest_ten(count) >= FEWEST
    assert abs(nearest_ten(count) - count) <= 5


def test_rounding_is_the_rule_and_exact_the_exception() -> None:
    """Exact counts only where they are asked for."""
    found = [((2026, 5), {"urgency": "U3"})] * 14
    rounded = {cell: n for _, cell, n in monthly(found, [(2026, 5)], ["urgency"], exact=False)}
    exact = {cell: n for _, cell, n in monthly(found, [(2026, 5)], ["urgency"], exact=True)}
    assert (rounded[("U3",)], exact[("U3",)]) == (10, 14)


def test_what_is_not_on_the_list_counts_as_other() -> None:
    """A value that nobody foresaw must not become a line of its own."""
    found = [((2026, 5), {"department": "callao, jr. x 12"})] * 11
    lines = {cell: n for _, cell, n in monthly(found, [(2026, 5)], ["department"], exact=True)}
    assert lines[("other",)] == 11
    assert {cell[0] for cell in lines} == {*ATTRIBUTES["department"], ALL}


def test_the_lists_are_those_of_the_instrument_and_the_desk() -> None:
    """A department or an outcome that is added there is added here."""
    assert set(load().flow["questions"]["W3"]["choices"]) == {*ATTRIBUTES["department"]} - {"unknown"}
    assert {*OUTCOMES, "erased", "open"} == set(ATTRIBUTES["outcome"])


def test_the_examples_in_the_docstrings_hold() -> None:
    """Months count back over the year; halves go up."""
    assert doctest.testmod(statistics).failed == 0
