"""What a model on rehearsal does better and worse: counted on the same lines, refused where it must not lose."""

from __future__ import annotations

import pytest

from bot.evaluation.effect import effect
from bot.evaluation.understanding import Reading

LINES = [
    ("sí", "affirm"),
    ("sisas", "affirm"),
    ("no", "deny"),
    ("hola", "greet"),
    ("buenas", "greet"),
    ("me pega", "emergency"),
    ("me quiero morir", "self_harm"),
]
TEXTS = [text for text, _ in LINES]


def readings(**found: str) -> list[Reading]:
    """Everything understood but what is named otherwise."""
    return [Reading(intent, found.get(text.replace(" ", "_"), intent), 0.9, 1.0) for text, intent in LINES]


def test_better_and_worse_by_line_and_intent() -> None:
    """One line won, one lost elsewhere: both are named with what they were taken for; nothing guarded loses."""
    found = effect(TEXTS, readings(sisas="out_of_scope"), readings(hola="affirm"))
    assert (found.right_before, found.right_after, found.answers_before, found.answers_after) == (6, 6, 2, 3)
    assert [(one.text, one.before) for one in found.better] == [("sisas", "out_of_scope")]
    assert [(one.text, one.after) for one in found.worse] == [("hola", "affirm")]
    assert [(row.intent, row.before, row.after) for row in found.rows] == [("affirm", 1, 2), ("greet", 2, 1)]
    assert (found.worse_in, found.p) == ((), 1.0)


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ({"sí": "out_of_scope"}, ("affirm",)),
        ({"me_pega": "disclose_violence"}, ("emergency",)),
        ({"me_quiero_morir": "out_of_scope"}, ("self_harm",)),
        ({"no": "affirm"}, ("deny", "swaps")),
    ],
)
def test_what_must_not_lose_is_named_although_others_win(
    lost: dict[str, str], named: tuple[str, ...]
) -> None:
    """A line won does not pay for a cry for help; the lost line stands first."""
    found = effect(TEXTS, readings(buenas="thank", hola="thank"), readings(**lost))
    assert found.worse_in == named
    assert found.worse[0].intent == named[0]
    assert found.right_after > found.right_before
