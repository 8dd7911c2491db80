"""``faro bench diet``: what it prints agrees with what was worked by hand; Rasa itself is not asked here."""

from __future__ import annotations

from typing import Any

import pytest

from bot.evaluation.comparison import compare
from bot.evaluation.statistics import mcnemar
from bot.evaluation.understanding import Reading
from tests.bench import diet


def readings(*found: str) -> list[Reading]:
    """Lines that are all "deny", read so."""
    return [Reading("deny", name, 0.9, 1.0) for name in found]


def test_mcnemar_by_hand() -> None:
    """2 of 12 or fewer: (1 + 12 + 66) / 4096, from both sides; none of 5: 2 / 32."""
    assert mcnemar(2, 10) == mcnemar(10, 2) == pytest.approx(158 / 4096)
    assert mcnemar(0, 5) == pytest.approx(2 / 32)


def test_mcnemar_of_what_differs_evenly_is_certain() -> None:
    """Both sides together would count the middle twice: never above 1."""
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1.0
    with pytest.raises(ValueError, match="below nought"):
        mcnemar(-1, 3)


def test_only_lines_that_one_alone_reads_rightly_count() -> None:
    found = compare(
        readings("deny", "deny", "affirm", "affirm", "deny"),
        readings("deny", "affirm", "deny", "stop", "pause"),
    )
    assert (found.only_ours, found.only_theirs) == (2, 1)
    assert found.p == mcnemar(2, 1)


def test_better_needs_both_the_direction_and_the_test() -> None:
    right, wrong = readings(*["deny"] * 6), readings(*["stop"] * 6)
    assert compare(right, wrong).better
    assert not compare(wrong, right).better
    assert not compare(right[:5], wrong[:5]).better  # p = 2/32


def test_lines_that_are_not_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="not the same lines"):
        compare(readings("deny"), [Reading("affirm", "deny", 0.9, 1.0)])


def answer(*ranking: tuple[str, float], ms: float = 1.0) -> dict[str, Any]:
    return {"ranking": [list(pair) for pair in ranking], "ms": ms, "cpu_ms": ms / 2}


def test_the_fallback_is_read_in_both_ways() -> None:
    """Rasa's fallback says "none of these"; without it the best intent counts."""
    found = answer(("nlu_fallback", 0.7), ("deny", 0.2))
    assert diet.reading("deny", found).found == "out_of_scope"
    assert diet.reading("deny", found, fallback=False) == Reading("deny", "deny", 0.2, 1.0)


def test_the_default_pipeline_is_only_told_its_epochs() -> None:
    published = {
        "recipe": "default.v1",
        "pipeline": [{"name": "WhitespaceTokenizer"}, {"name": "DIETClassifier", "epochs": 100, "x": True}],
        "policies": [{"name": "TEDPolicy"}],
    }
    config = diet.pipeline(published, 7)
    assert config["pipeline"] == [
        {"name": "WhitespaceTokenizer"},
        {"name": "DIETClassifier", "epochs": 7, "x": True},
    ]
    assert "policies" not in config


def test_the_report_measures_against_the_better_reading_of_the_other() -> None:
    """Faro is right three times of three; the default with its fallback once, without it twice."""
    right = answer(("deny", 0.9), ms=2.0)
    given = [right, answer(("nlu_fallback", 0.7), ("deny", 0.2), ms=30.0), answer(("affirm", 0.8), ms=40.0)]
    told = diet.report("held", [("deny", right, other) for other in given])
    assert "Faro                  100.0% (43.9% to 100.0%)" in told
    assert "right where the other is wrong: Faro 1, default 0; McNemar p = 1: not shown to be better" in told
    assert "default, no fallback  66.7%" in told
    assert (
        "by the clock p50 2.00 against 30.00 ms (15.0 times), p95 2.00 against 40.00 ms (20.0 times); aims: 10"
        in told
    )
    assert (
        "processor    p50 1.00 against 15.00 ms (15.0 times), p95 1.00 against 20.00 ms (20.0 times)" in told
    )


def test_each_answers_a_stretch_before_the_others_turn() -> None:
    """Every line is asked of both, in the order of the lines, whatever the stretch; the last may be shorter."""
    heard: list[str] = []

    def ask(who: str) -> diet.Ask:
        def asked(text: str) -> dict[str, Any]:
            heard.append(who + text)
            return {"who": who}

        return asked

    lines = [("deny", "1"), ("affirm", "2"), ("deny", "3")]
    answers = diet.by_turns(lines, ask("a"), ask("b"), 2)
    assert heard == ["a1", "a2", "b1", "b2", "a3", "b3"]
    assert [(intent, mine["who"], other["who"]) for intent, mine, other in answers] == [
        (intent, "a", "b") for intent, _ in lines
    ]
