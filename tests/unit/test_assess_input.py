"""What cannot be assessed is refused by name, whatever was assessed before it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.screening.assess import BadInput, assess

FINE: dict[str, Any] = {"instrument": "adult", "answers": {"Q10": "yes", "Q02_which": ["pay"]}}


def with_(**more: Any) -> dict[str, Any]:
    return {**FINE, **more}


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ([], "mapping"),
        ({"instrument": "child", "answers": {}}, "'child' is not adult or minor"),
        ({"answers": {}}, "None is not adult or minor"),
        (with_(extra=1), "'extra' is not one of instrument, answers, context"),
        (with_(answers=["Q10"]), "answers must be a mapping"),
        (with_(context=[]), "context must be a mapping"),
        (with_(answers={"Q99": "yes"}), "'Q99' is not a code"),
        (with_(answers={"M3": "yes"}), "'M3' is not a code"),
        (with_(answers={"Q10": "maybe"}), "Q10: 'maybe' is not one of yes"),
        (with_(answers={"Q10": True}), "Q10: True is not one of yes"),
        (with_(answers={"Q10": ["yes"]}), r"Q10: \['yes'\] is not one of yes"),
        (with_(answers={"Q10": None}), "Q10: None is not one of yes"),
        (with_(answers={"Q02_which": ["money"]}), "Q02_which: 'money' is not one of pay, hours"),
        (with_(answers={"Q02_which": ["pay", ["hours"]]}), r"Q02_which: \['hours'\] is not one of pay"),
        (with_(answers={"Q02_which": "pay"}), "Q02_which: 'pay' is not a list of pay"),
        (with_(answers={"Q02_which": frozenset({"pay"})}), "Q02_which: .* is not a list of pay"),
        (with_(answers={"Q02_which": {"pay": 1}}), "Q02_which: .* is not a list of pay"),
        (with_(answers={"Q02_which": 3}), "Q02_which: 3 is not a list of pay"),
        (with_(answers={"Q13_which": "everybody"}), "Q13_which: 'everybody' is not a list of me"),
        (with_(context={"phase": "later"}), "phase: 'later' is not one of now"),
        (with_(context={"wants_person": 1}), "wants_person: 1 is not true or false"),
        (with_(context={"was_adult": 0}), "was_adult: 0 is not true or false"),
        (with_(context={"modifiers": "pregnant"}), "modifiers: 'pregnant' is not a list"),
        (with_(context={"modifiers": ["tired"]}), "modifiers: 'tired' is not one of"),
        (with_(context={"name": "x"}), "'name' is not a key of the context"),
    ],
)
def test_it_is_refused_and_named(payload: Any, named: str) -> None:
    """Code, value or key: the message names it; true is not 1, not even when true was read before."""
    for wants in (True, False):
        assess(with_(context={"wants_person": wants, "was_adult": wants}))
    with pytest.raises(BadInput, match=named):
        assess(payload)


def test_what_is_handed_out_is_nobody_elses() -> None:
    """A caller may change what it got: the next one gets it whole."""
    first = assess(FINE)
    first["dimensions"]["CD"]["indicators"].append("D9.9")
    first["reasons"].clear()
    again = assess(FINE)
    assert again["dimensions"]["CD"]["indicators"] == ["D5.1"]
    assert again["reasons"]
