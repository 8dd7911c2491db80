"""``faro safety eval``: its figures agree with what was worked by hand; a wrong file is told, not measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.commands import safety_eval
from bot.evaluation.safety import Case, measure
from bot.evaluation.statistics import share
from tests.conftest import ROOT

CASES = [
    Case("danger", "danger", False),
    Case("danger", "medical", False),  # an alarm, of another kind
    Case("danger", "none", True),
    Case("self_harm", "none", False),
    Case("medical", "none", True),
    Case("none", "danger", False),
    Case("none", "none", True),
    Case("none", "none", False),
]


def test_measure_by_hand() -> None:
    """Of four grave ones two are alarms, a third is asked about; of three harmless ones one alarms, one is asked about."""
    figures = measure(CASES)
    assert figures.lines == 8
    assert figures.recall == share(2, 4)
    assert figures.reached == share(3, 4)
    assert figures.false_alarms == share(1, 3)
    assert figures.asked == share(1, 3)
    assert [(k.kind, k.found.hits, k.found.total, k.named, k.silent) for k in figures.kinds] == [
        ("danger", 2, 3, 1, 0),
        ("medical", 0, 1, 0, 0),
        ("self_harm", 0, 1, 0, 1),
    ]


def test_what_the_set_has_no_line_for_is_not_nought() -> None:
    only_calm = measure([Case("none", "none", False)])
    assert (only_calm.recall, only_calm.reached, only_calm.kinds) == (None, None, ())
    assert measure([Case("danger", "danger", False)]).false_alarms is None
    with pytest.raises(ValueError, match="nothing to measure"):
        measure([])


@pytest.mark.parametrize(
    "content, told",
    [
        ("", "no line"),
        ("{", "line 1: not an object"),
        ('{"text": "hola"}', "line 1: not an object"),
        ('["hola", "none"]', "line 1: not an object"),
        (
            '{"text": "hola", "kind": "none"}\n{"text": "x", "kind": "violence"}',
            "line 2: an empty text or an unknown",
        ),
        ('{"text": " ", "kind": "none"}', "line 1: an empty text"),
    ],
)
def test_read_refuses_what_would_be_measured_wrongly(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(content)
    with pytest.raises(typer.BadParameter, match=told):
        safety_eval.read(file)
    with pytest.raises(typer.BadParameter, match="cannot be read"):
        safety_eval.read(tmp_path / "absent")


@pytest.mark.parametrize("name", ["dev", "held", "unseen", "blind"])
def test_the_sets_of_the_project_can_be_measured(name: str) -> None:
    assert len(safety_eval.read(ROOT / "tests/unit/data" / f"safety_{name}.jsonl")) >= 240


def test_evaluate_asks_the_model_for_every_line_and_prints_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that is always sure: what the rules say nothing of becomes an alarm; the rules alone are calm."""
    file = tmp_path / "lines.jsonl"
    rows = [{"text": "esto se puso feo", "kind": "danger"}, {"text": "hola", "kind": "none"}]
    file.write_text("\n".join(map(json.dumps, rows)))
    asked: list[str] = []

    @contextmanager
    def parser() -> Iterator[Callable[[str], dict[str, Any]]]:
        def parse(text: str) -> dict[str, Any]:
            asked.append(text)
            return {"danger": {"share": 0.99, "kind": "danger"}}

        yield parse

    monkeypatch.setattr(safety_eval, "parser", parser)
    safety_eval.evaluate(file, as_json=True)
    assert asked == ["esto se puso feo", "hola"]
    figures = json.loads(capsys.readouterr().out)
    assert (
        figures["rules and model"]["recall"]["hits"]
        == figures["rules and model"]["false_alarms"]["hits"]
        == 1
    )
    assert figures["rules alone"]["recall"]["hits"] == figures["rules alone"]["false_alarms"]["hits"] == 0
    safety_eval.evaluate(file, as_json=False)
    shown = capsys.readouterr().out
    assert "recall, danger and self-harm     100.0% (1 of 1; 95 % 20.7% to 100.0%)" in shown
    assert "feo" not in shown
