"""Rules and model together: one pure function concludes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.combine import Conclusion, conclude
from bot.safety.rules import check


def _model(share: float, kind: str = "danger") -> dict[str, object]:
    return {"share": share, "kind": kind}


@pytest.mark.parametrize("text", ["me está pegando", "quiero morirme", "se llevaron a mi hija"])
def test_a_calm_model_never_lets_an_alarm_pass_unasked(text: str) -> None:
    """What the rules call an alarm stays one of its kind, or is asked about when the model is sure it is none."""
    finding = check(text, "es")
    assert Conclusion(True, finding.kind, "none", False) == conclude(finding, _model(0.35))
    assert Conclusion(False, "none", "none", True) == conclude(finding, _model(0.0))


@pytest.mark.parametrize("danger", [None, {}])
def test_without_the_model_the_rules_decide(danger: dict[str, object] | None) -> None:
    """Rasa away: the conclusion is the finding."""
    for text in ("me está pegando", "no me pega", "SALIR", "hola"):
        finding = check(text, "es")
        expected = Conclusion(finding.emergency, finding.kind, finding.word, finding.check)
        assert expected == conclude(finding, danger)


@pytest.mark.parametrize(
    ("text", "share", "kind", "asks"),
    [
        # nothing seen by the rules: a sure model counts, a doubtful one asks, a calm one is calm
        ("esto se puso feo, muy feo", 0.8, "danger", False),
        ("esto se puso feo", 0.35, "none", True),
        ("esto se puso feo", 0.05, "none", False),
        # the rules saw why it is no danger: the model must be all the surer, and below that Faro asks
        ("me muero de hambre", 0.7, "none", True),
        ("no me pega", 0.8, "none", True),
        ("no me pega", 0.995, "danger", False),
        ("mi papá me pegaba", 0.6, "none", True),
        ("qué hago si me pega", 0.4, "none", True),
        ("qué hago si me pega", 0.95, "danger", False),
    ],
)
def test_the_model_beside_the_rules(text: str, share: float, kind: str, asks: bool) -> None:
    """A sure model raises an alarm where the rules saw nothing against it."""
    conclusion = conclude(check(text, "es"), _model(share))
    assert kind == conclusion.kind
    assert asks == conclusion.check
    assert conclusion.emergency == (kind != "none")


def test_the_kind_is_the_rules_where_they_have_one() -> None:
    """The rules know which of several is graver; what they did not see, the model names."""
    assert conclude(check("quiero morirme", "es"), _model(0.9, "medical")).kind == "self_harm"
    assert conclude(check("mi bebe esta raro", "es"), _model(0.95, "child")).kind == "child"


def test_the_word_survives() -> None:
    """A word that closes the chat is passed on beside an alarm of the model."""
    assert conclude(check("SALIR", "es"), _model(0.9)).word == "exit"


@given(
    st.sampled_from(["me pega", "hola", "no me pega", "me muero de hambre", "quiero morirme"]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_surer_model_never_lowers_the_alarm(text: str, share: float, more: float) -> None:
    """More of the model's certainty never turns an alarm off, nor a question."""
    low, high = sorted((share, more))
    finding = check(text, "es")
    before, after = conclude(finding, _model(low)), conclude(finding, _model(high))
    assert before.emergency <= after.emergency
    assert before.check <= (after.check or after.emergency)


@given(st.sampled_from(["me está pegando", "quiero morirme", "me quiere matar ya"]), st.floats(0, 1))
def test_an_alarm_of_the_rules_is_never_dropped(text: str, share: float) -> None:
    """At the least the person is asked."""
    found = conclude(check(text, "es"), _model(share))
    assert found.emergency or found.check


@pytest.mark.parametrize(
    "text",
    ["no quiero seguir", "ayuda", "AYUDA!!", "ayuda por favor", "hola, ayuda", "ajuda", "help", "ede m"],
)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_bare_call_for_help_is_asked_about(text: str, share: float) -> None:
    """It may be about papers or about a life, and no model can tell from one word."""
    assert conclude(check(text, "es"), _model(share)) == Conclusion(False, "none", "none", True)


@pytest.mark.parametrize("text", ["auxilio", "socorro", "ayúdame ya", "ayuda me está pegando", "help me"])
def test_a_call_that_says_more_is_an_alarm(text: str) -> None:
    assert conclude(check(text, "es"), _model(0.9)).emergency
