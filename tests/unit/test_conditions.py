"""Whether a condition can hold, against trying every combination of answers, with the dialogue's own reading of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.screening import conditions, facts
from bot.screening.conditions import Codes

VALUES = {"A": ["yes", "no", "missing"], "B": ["yes", "no", "missing"], "C": ["one", "two", "missing"]}
TICKS = ["red", "blue"]  # L is a list that takes several
CODES = Codes(
    {**{code: frozenset(v) for code, v in VALUES.items()}, "L": frozenset(TICKS)}, frozenset({"L"}), {0: 9}
)


def worlds() -> Iterator[dict[str, Any]]:
    """Every way in which the four can be answered."""
    ticked = [list(t) for n in range(len(TICKS) + 1) for t in itertools.combinations(TICKS, n)]
    for values in itertools.product(*VALUES.values(), ticked):
        yield dict(zip([*VALUES, "L"], values, strict=True))


def holds(world: dict[str, Any], condition: Any) -> bool:
    """The condition as the dialogue reads it."""
    state = {
        "answers": {code: {"value": value} for code, value in world.items() if value != "missing"},
        "done": {},
    }
    return facts.holds(None, state, condition)  # type: ignore[arg-type]  # no fact is asked for


def _leaf(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.sampled_from([*VALUES, "L"]))
    known = TICKS if code == "L" else VALUES[code]
    values = draw(st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True))
    others = [other for other in VALUES if code != "L" and set(values) & set(VALUES[other])]
    codes = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True)) if others else [code]
    return {draw(st.sampled_from(["some", "every"])): codes, "are": values}


leaves = st.composite(_leaf)()
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(lambda p: {"not": p}, parts),
        st.builds(lambda ps: {"all": ps}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda ps: {"any": ps}, st.lists(parts, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(trees)
def test_possible_is_what_some_answers_make_true(tree: dict[str, Any]) -> None:
    """A condition is possible if and only if some answers fulfil it, and can fail if and only if some do not."""
    found = {holds(world, tree) for world in worlds()}
    assert conditions.possible(tree, CODES) is (True in found)
    assert conditions.possible(tree, CODES, holds=False) is (False in found)


@pytest.mark.parametrize(
    ("condition", "can"),
    [
        ({"all": [{"every": ["A"], "are": ["yes"]}, {"every": ["A"], "are": ["no"]}]}, False),
        ({"all": [{"some": ["L"], "are": ["red"]}, {"some": ["L"], "are": ["blue"]}]}, True),  # two ticks
        ({"all": [{"some": ["L"], "are": ["red"]}, {"not": {"some": ["L"], "are": ["red"]}}]}, False),
        ({"all": [{"declined": 3}, {"not": {"declined": 3}}]}, False),
        ({"any": [{"every": ["A"], "are": ["yes"]}, {"not": {"every": ["A"], "are": ["yes"]}}]}, True),
    ],
)  # fmt: skip
def test_examples(condition: dict[str, Any], can: bool) -> None:
    """Contradictions are seen; two ticks of one list are none."""
    assert conditions.possible(condition, CODES) is can
