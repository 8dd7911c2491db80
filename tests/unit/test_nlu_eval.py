"""``faro nlu eval``: its figures agree with what was worked by hand, and a wrong folder is told, not measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bot.commands import nlu_eval
from bot.evaluation.statistics import calibration_error, percentile, share, upper_bound, wilson
from bot.evaluation.understanding import Confusion, Reading, measure
from tests.conftest import ROOT

NLU = """version: "3.1"
nlu:
- intent: affirm
  examples: |
    - sí
    - ajá
- intent: deny
  examples: |
    - qué va
"""


def reading(intent: str, found: str, confidence: float = 1.0, milliseconds: float = 1.0) -> Reading:
    return Reading(intent, found, confidence, milliseconds)


def test_wilson_by_hand() -> None:
    """z² = 3.8415; 8 of 10: (0.8 + 0.19207) / 1.38415 ± 1.95996 · √(0.016 + 0.0096036) / 1.38415."""
    assert wilson(8, 10) == pytest.approx((0.49016, 0.94332), abs=1e-5)


def test_a_share_carries_its_value_and_interval() -> None:
    part = share(8, 10)
    assert (part.hits, part.total, part.value) == (8, 10, 0.8)
    assert (part.low, part.high) == wilson(8, 10)


def test_wilson_at_the_ends() -> None:
    """None of ten: z² / (10 + z²); and the mirror of it."""
    assert wilson(0, 10) == pytest.approx((0.0, 0.27753), abs=1e-5)
    assert wilson(10, 10) == pytest.approx((0.72247, 1.0), abs=1e-5)
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0


def test_upper_bound_without_a_hit_is_near_the_rule_of_three() -> None:
    """(1 - p)^60 = 0.05; 3/60 = 0.05 lies just above."""
    assert upper_bound(0, 60) == pytest.approx(1 - 0.05 ** (1 / 60))
    assert 0.048 < upper_bound(0, 60) < 3 / 60


def test_upper_bound_with_hits() -> None:
    """At most 1 of 2: 1 - p² = 0.05; all of them: nothing lies above 1."""
    assert upper_bound(1, 2) == pytest.approx(0.95**0.5)
    assert upper_bound(3, 3) == 1.0


def test_upper_bound_of_a_large_set_leaves_five_percent_below_it() -> None:
    """Coefficients of this size do not fit a float; the normal approximation is good to three places."""
    assert upper_bound(1000, 4000) == pytest.approx(0.25 + 1.645 * (0.25 * 0.75 / 4000) ** 0.5, abs=1e-3)


@pytest.mark.parametrize("hits, total", [(0, 0), (2, 1), (-1, 3)])
@pytest.mark.parametrize("figure", [share, wilson, upper_bound])
def test_what_is_no_proportion_is_refused(
    figure: Callable[[int, int], object], hits: int, total: int
) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        figure(hits, total)


def test_percentile_is_a_value_that_was_measured() -> None:
    """Nearest rank: of four values the half is the second, 95 % the fourth; order does not matter."""
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 95) == 4.0
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([7.0], 50) == 7.0
    for wrong in ([], 50), ([1.0], 0), ([1.0], 101):
        with pytest.raises(ValueError, match="percentile"):
            percentile(*wrong)


def test_calibration_error_by_hand() -> None:
    """Bins 9: |1.9 - 1|, 5: |0.55 - 1|, 1: |0.1 - 0|; together 1.45 over four lines."""
    assert calibration_error([0.95, 0.95, 0.55, 0.1], [True, False, True, False]) == pytest.approx(0.3625)


def test_calibration_error_keeps_the_bins_apart() -> None:
    """Too sure in one bin and too shy in another do not cancel; within one bin they do."""
    assert calibration_error([0.95, 0.05], [False, True]) == pytest.approx(0.95)
    assert calibration_error([0.5, 0.5], [False, True]) == pytest.approx(0.0)
    assert calibration_error([1.0, 1.0], [True, True]) == 0.0
    with pytest.raises(ValueError):
        calibration_error([], [])


def test_measure_by_hand() -> None:
    """Six lines; affirm: 2 right of 3, found 3 times; deny: 1 of 2, found 2; out_of_scope: 0 of 1, found once."""
    figures = measure(
        [
            reading("affirm", "affirm", 0.95, 10),
            reading("affirm", "affirm", 0.95, 20),
            reading("affirm", "deny", 0.95, 30),
            reading("deny", "deny", 0.95, 40),
            reading("deny", "out_of_scope", 0.95, 50),
            reading("out_of_scope", "affirm", 0.95, 60),
        ]
    )
    assert figures.lines == 6
    assert figures.accuracy == share(3, 6)
    assert figures.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert figures.answers == share(3, 5)
    assert figures.swaps is not None
    assert (figures.swaps.hits, figures.swaps.total) == (1, 5)
    assert figures.swaps.bound == pytest.approx(upper_bound(1, 5))
    assert figures.out_of_scope_recall == share(0, 1)
    assert figures.calibration_error == pytest.approx(0.95 - 0.5)
    assert (figures.p50_ms, figures.p95_ms) == (30, 60)
    rows = {row.intent: (row.lines, row.precision, row.recall, row.f1) for row in figures.intents}
    assert rows["affirm"] == pytest.approx((3, 2 / 3, 2 / 3, 2 / 3))
    assert rows["deny"] == pytest.approx((2, 1 / 2, 1 / 2, 1 / 2))
    assert rows["out_of_scope"] == (1, 0.0, 0.0, 0.0)


def test_precision_and_recall_are_not_mixed_up() -> None:
    """pause: found four times, right once of one line; an intent never found has precision 0."""
    figures = measure([reading("pause", "pause"), *[reading("stop", "pause")] * 3])
    rows = {row.intent: row for row in figures.intents}
    assert (rows["pause"].precision, rows["pause"].recall, rows["pause"].f1) == (0.25, 1.0, 0.4)
    assert (rows["stop"].precision, rows["stop"].recall, rows["stop"].f1) == (0.0, 0.0, 0.0)


def test_what_the_set_has_no_line_for_is_not_nought() -> None:
    figures = measure([reading("greet", "greet")])
    assert (figures.answers, figures.swaps, figures.out_of_scope_recall) == (None, None, None)
    assert nlu_eval.report(figures).count("no such line in the set") == 3


def test_an_answer_taken_for_another_is_no_swap() -> None:
    """Only yes for no and no for yes are; an unsure person read as affirm is an error of another kind."""
    figures = measure([reading("affirm", "unsure"), reading("unsure", "affirm"), reading("deny", "affirm")])
    assert figures.swaps is not None
    assert (figures.swaps.hits, figures.swaps.total) == (1, 2)


def test_confusions_are_the_most_frequent_twenty_in_a_fixed_order() -> None:
    many = [reading(f"b{n:02}", "a") for n in range(30)]
    figures = measure([*many, reading("z", "y"), reading("z", "y")])
    assert figures.confusions[:2] == (Confusion("z", "y", 2), Confusion("b00", "a", 1))
    assert len(figures.confusions) == 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "answers.yml").write_text(NLU)
    return tmp_path


def test_read_gives_every_line_with_its_intent(folder: Path) -> None:
    assert nlu_eval.read(folder) == [("affirm", "sí"), ("affirm", "ajá"), ("deny", "qué va")]


@pytest.mark.parametrize(
    "content, told",
    [
        ("", "not a Rasa NLU file"),
        ("nlu: [", "not a Rasa NLU file"),
        ("nlu:\n- intent: deny\n", "not a Rasa NLU file"),
        ("nlu:\n- intent: deny\n  examples: |\n    - no\n    nunca\n", "begins with '- '"),
        ("nlu:\n- intent: deny\n  examples: |\n    - \n", "begins with '- '"),
        ("nlu: []", "no examples"),
    ],
)
def test_read_refuses_what_would_be_measured_wrongly(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "broken.yml").write_text(content)
    with pytest.raises(typer.BadParameter, match=told):
        nlu_eval.read(tmp_path)


def test_read_refuses_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="no examples"):
        nlu_eval.read(tmp_path / "absent")


def test_evaluate_asks_for_every_line_and_prints_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that always says yes: two of three right, and the one swap is counted."""
    asked: list[str] = []

    @contextmanager
    def parser() -> Iterator[Callable[[str], dict[str, Any]]]:
        def parse(text: str) -> dict[str, Any]:
            asked.append(text)
            return {"intent": "affirm", "confidence": 0.9}

        yield parse

    monkeypatch.setattr(nlu_eval, "parser", parser)
    nlu_eval.evaluate(folder, as_json=True)
    assert asked == ["sí", "sí", "ajá", "qué va"]  # the first line twice: once to warm up, unmeasured
    figures = json.loads(capsys.readouterr().out)
    assert figures["lines"] == 3
    assert figures["accuracy"]["hits"] == 2
    assert figures["swaps"]["hits"] == 1
    nlu_eval.evaluate(folder, as_json=False)
    shown = capsys.readouterr().out
    assert "66.7% (2 of 3; 95 % 20.8% to 93.9%)" in shown
    assert "   1  deny -> affirm" in shown
    assert "qué va" not in shown


def test_the_development_set_covers_every_intent_of_the_domain() -> None:
    """Twenty lines each, thirty of the answers, sixty of what is out of scope, none twice."""
    examples = nlu_eval.read(nlu_eval.DEV)
    counted = Counter(intent for intent, _ in examples)
    domain = yaml.safe_load((ROOT / "rasa_project" / "domain.yml").read_text())["intents"]
    assert set(counted) == {str(intent) for intent in domain}
    wanted = dict.fromkeys(("affirm", "deny", "unsure", "decline"), 30) | {"out_of_scope": 60}
    assert {name: counted[name] for name in counted if counted[name] < wanted.get(name, 20)} == {}
    assert len({text.casefold() for _, text in examples}) == len(examples)


def test_the_unseen_safety_set_is_whole() -> None:
    lines = (ROOT / "tests/unit/data/safety_unseen.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines]
    assert Counter(case["kind"] for case in cases) == {"danger": 80, "self_harm": 40, "none": 120}
    assert len({case["text"].casefold() for case in cases}) == len(cases)
