"""The real model and the real rules on lines that neither was made from: a guard, not a goal to tune on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.commands.filters import Parse, parser
from bot.commands.nlu_eval import ask, read
from bot.evaluation.understanding import Figures, measure
from bot.rasa import PROJECT
from bot.safety.combine import conclude
from bot.safety.rules import check
from tests.conftest import ROOT

pytestmark = pytest.mark.rasa


@pytest.fixture(scope="module")
def parse() -> Iterator[Parse]:
    with parser() as found:
        yield found


@pytest.fixture(scope="module")
def figures(parse: Parse) -> Figures:
    return measure([ask(parse, intent, text) for intent, text in read(PROJECT / "data" / "held")])


def test_what_people_write_is_understood(figures: Figures) -> None:
    """Accuracy of the intents, of the four answers, of what belongs to nothing here."""
    assert figures.lines == 3917
    assert figures.accuracy.value >= 0.90
    assert figures.answers is not None
    assert figures.answers.value >= 0.95
    assert figures.out_of_scope_recall is not None
    assert figures.out_of_scope_recall.value >= 0.85


def test_a_yes_is_hardly_ever_a_no(figures: Figures) -> None:
    """One line of 371 is read the wrong way round today; a second one would be a step back."""
    assert figures.swaps is not None
    assert figures.swaps.hits <= 1


SETS = ("held", "blind", "later", "unseen", "fresh")  # of five authors; nothing is tuned on them


def test_danger_is_found_and_its_likeness_is_not(parse: Parse) -> None:
    """Rules and model together: danger and self-harm found in each set, few false alarms, nothing missed unasked."""
    calm: dict[str, list[bool]] = {}
    for name in SETS:
        lines = (ROOT / "tests" / "unit" / "data" / f"safety_{name}.jsonl").read_text("utf-8").splitlines()
        cases = [json.loads(line) for line in lines]
        found = [(c["kind"], conclude(check(c["text"], "es"), parse(c["text"])["danger"])) for c in cases]
        grave = [f.emergency for kind, f in found if kind in ("danger", "self_harm")]
        alarms = [f for kind, f in found if kind != "none"]
        calm[name] = [f.emergency for kind, f in found if kind == "none"]
        assert sum(grave) / len(grave) >= 0.97, name
        assert sum(f.emergency or f.check for f in alarms) / len(alarms) >= 0.98, name
        assert sum(calm[name]) / len(calm[name]) <= 0.10, name
    together = [one for found in calm.values() for one in found]
    assert len(together) == 600
    assert sum(together) / len(together) <= 0.08
