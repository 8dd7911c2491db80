"""The few lines that stand in the place of dask give what dask gave."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest

from tests.conftest import ROOT

spec = spec_from_file_location("slim_graph", ROOT / "rasa_project/slim/graph.py")
assert spec is not None
assert spec.loader is not None
module = module_from_spec(spec)
spec.loader.exec_module(module)
get = module.get


class Step:
    """A node of Rasa's: named results of its parents → its own named result; counts how often it was asked."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, 0

    def __call__(self, *given: Any) -> tuple[str, Any]:
        self.asked += 1
        return self.name, given


def test_each_step_is_taken_once_after_those_it_needs() -> None:
    first, left, right, last = (Step(name) for name in ("first", "left", "right", "last"))
    graph = {
        "said": ("said", "hola"),
        "last": (last, "left", "right"),
        "left": (left, "first"),
        "right": (right, "first"),
        "first": (first, "said"),
    }
    found = dict(get(graph, ["last", "first"]))
    assert found["first"] == (("said", "hola"),)
    assert found["last"] == (("left", (("first", found["first"]),)), ("right", (("first", found["first"]),)))
    assert [step.asked for step in (first, left, right, last)] == [1, 1, 1, 1]


def test_what_was_not_given_stands_for_itself_and_what_is_not_asked_is_not_run() -> None:
    asked, idle = Step("asked"), Step("idle")
    assert get({"asked": (asked, "absent"), "idle": (idle,)}, ["asked"]) == [("asked", ("absent",))]
    assert idle.asked == 0


def test_an_error_comes_out_as_it_is() -> None:
    def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        get({"a": (broken,)}, ["a"])
