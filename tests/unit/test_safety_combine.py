"""Rules and model together: one pure function concludes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.combine import Conclusion, conclude
from bot.safety.rules import check

CALM = [{"name": "deny", "confidence": 0.97}, {"name": "emergency", "confidence": 0.01}]


def _ranking(**shares: float) -> list[dict[str, object]]:
    return [{"name": name, "confidence": share} for name, share in shares.items()]


@pytest.mark.parametrize("text", ["me está pegando", "quiero morirme", "se llevaron a mi hija"])
def test_the_model_never_silences_an_alarm(text: str) -> None:
    """What the rules call an alarm stays one, of its kind, whatever the model says."""
    finding = check(text, "es")
    assert Conclusion(emergency=True, kind=finding.kind, word="none", check=False) == conclude(finding, CALM)


@pytest.mark.parametrize("ranking", [None, []])
def test_without_the_model_the_rules_decide(ranking: list[dict[str, object]] | None) -> None:
    """Rasa away: the conclusion is the finding."""
    for text in ("me está pegando", "no me pega", "SALIR", "hola"):
        finding = check(text, "es")
        expected = Conclusion(finding.emergency, finding.kind, finding.word, finding.check)
        assert expected == conclude(finding, ranking)


@pytest.mark.parametrize(
    ("text", "shares", "kind", "asks"),
    [
        # nothing seen by the rules: a sure model counts, a doubtful one asks, a calm one is calm
        ("esto se puso feo, muy feo", {"emergency": 0.7}, "danger", False),
        ("esto se puso feo", {"emergency": 0.35, "self_harm": 0.3}, "danger", False),
        ("esto se puso feo", {"self_harm": 0.62}, "self_harm", False),
        ("esto se puso feo", {"emergency": 0.5}, "none", True),
        ("esto se puso feo", {"emergency": 0.2}, "none", False),
        # half a sign needs less
        ("me pega", {"emergency": 0.55}, "danger", False),
        # the rules saw why it is no danger: the model can only make Faro ask
        ("me muero de hambre", {"emergency": 0.99}, "none", True),
        ("no me pega", {"emergency": 0.99}, "none", True),
        ("mi papá me pegaba", {"emergency": 0.99}, "none", True),
        ("soy enfermera", {"self_harm": 0.99}, "none", True),
        # a question about danger needs a surer model
        ("qué hago si me pega", {"emergency": 0.7}, "none", True),
        ("qué hago si me pega", {"emergency": 0.9}, "danger", False),
        # the subject gives the kind where the model only says "emergency"
        ("mi bebe esta raro", {"emergency": 0.8}, "child", False),
        ("tengo fiebre y no me levanto", {"emergency": 0.8}, "medical", False),
    ],
)
def test_the_model_beside_the_rules(text: str, shares: dict[str, float], kind: str, asks: bool) -> None:
    """A sure model raises an alarm where the rules saw nothing against it."""
    conclusion = conclude(check(text, "es"), _ranking(**shares, out_of_scope=0.01))
    assert kind == conclusion.kind
    assert asks == conclusion.check
    assert conclusion.emergency == (kind != "none")


def test_the_word_survives() -> None:
    """A word that closes the chat is passed on beside an alarm of the model."""
    assert conclude(check("SALIR", "es"), _ranking(emergency=0.9)).word == "exit"


@given(
    st.sampled_from(["me pega", "hola", "no me pega", "me muero de hambre", "quiero morirme"]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_surer_model_never_lowers_the_alarm(text: str, share: float, more: float) -> None:
    """More of the model's certainty never turns an alarm off."""
    low, high = sorted((share, more))
    finding = check(text, "es")
    assert (
        conclude(finding, _ranking(emergency=low)).emergency
        <= conclude(finding, _ranking(emergency=high)).emergency
    )
