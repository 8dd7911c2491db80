"""Under 18, and whenever the age is in doubt: told first, asked little, never left without a person."""

from __future__ import annotations

import pytest

from bot.screening.assess import assess
from tests.unit.engine_chat import Chat

LINES = {"referral.1810", "referral.100"}


def young(until: str, **answers: object) -> Chat:
    return Chat().until(until, **{"P2": "14_17", **answers})


@pytest.mark.parametrize("age", ["u14", "14_17", "declined"])
def test_the_limit_of_confidentiality_is_told_before_anything_is_asked(age: str) -> None:
    """Under 18 or in doubt: who may be told stands before the first question."""
    chat = Chat().until("P2")
    doubt = ["minor.doubt"] if age == "declined" else []
    assert chat.taps(age) == [*doubt, "minor.notice", "minor.limits", "ask.M0"]
    assert chat.payload["instrument"] == "minor"


def test_doubt_about_the_age_is_kept_as_doubt() -> None:
    """«Rather not say» is asked the minors' questions in full, and recorded as unknown."""
    chat = Chat().until("WM", P2="declined")
    assert chat.payload["context"]["age_band"] == "unknown"
    assert "M10" in chat.asked


def test_fourteen_to_seventeen_is_asked_everything_that_applies() -> None:
    """M0 to M10 in order, M7's list after a yes; the outcome is the minors' one."""
    chat = young("WM", M3="yes", M7="yes", M7_which=["papers", "phone"])
    order = "M0 M1 M2 M3 M4 M5 M6 M7 M7_which M8 M9 M10"
    assert order.split() == [code for code in chat.asked if code[0] == "M"]
    assert {"event": "outcome", "instrument": "minor"} in chat.acts


@pytest.mark.parametrize(("value", "kept"), [("no", "na"), ("unsure", None), ("declined", None)])
def test_questions_about_work_only_after_a_yes(value: str, kept: str | None) -> None:
    """M4–M6 come only after a yes to M3; only a "no" makes them not applicable."""
    chat = young("WM", M3=value)
    assert not {"M4", "M5", "M6"} & set(chat.asked)
    assert [kept] * 3 == [chat.value(code) for code in ("M4", "M5", "M6")]


def test_under_fourteen_is_asked_four_things_and_then_offered_a_person() -> None:
    """M0 M1 M2 M8 in words of their own, then a person."""
    chat = Chat().until("WM", P2="u14")
    assert [code for code in chat.asked if code[0] == "M"] == ["M0", "M1", "M2", "M8"]
    assert "ask.M8.u14" in [act.get("say") for act in chat.all]
    assert [chat.value(code) for code in ("M3", "M7", "M10")] == ["na"] * 3


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("age", ["u14", "14_17", "declined"])
def test_a_person_and_both_lines_at_the_end_of_every_path(age: str, answer: str) -> None:
    """Whatever was answered: a person is offered, 1810 and 100 are named."""
    chat = Chat().until("WM", P2=age)
    chat.taps(answer)
    for _ in range(8):
        if chat.state["step"] == "END":
            break
        chat.taps(chat.choices[-1])
    said = {act.get("say") for act in chat.all}
    assert said >= LINES
    assert ("want_person" in [act.get("event") for act in chat.all]) == (answer == "yes")


def test_not_alone_leaves_lines_and_a_person_and_asks_nothing() -> None:
    """A no to M0: come back later, 1810 and 100, and the neutral question offers a person too."""
    chat = young("M0")
    assert chat.taps("no") == ["say.later", "minor.lines"]
    chat.says("greet")
    assert chat.open == "X_resume"
    assert "person" in chat.choices


def test_danger_alarms_with_the_lines_for_children() -> None:
    """A yes to M1 stops the questions: alarm, lines for children."""
    chat = young("M1")
    chat.taps("yes")
    assert chat.acts[0] == {"event": "handoff", "kind": "danger"}
    assert chat.said == ["emergency.danger", "emergency.danger.lines.minor"]
    assert assess(chat.payload)["urgency"] == "U3"


def test_nothing_more_is_asked_about_the_body() -> None:
    """A yes to M8 is thanked for, and no question follows from it."""
    chat = young("M8")
    chat.taps("yes")
    assert chat.said == ["say.told_body", "ask.M9"]


@pytest.mark.parametrize("code", ["P0", "P1", "P2", "P3", "P4", "Q01", "Q07a", "B4", "Q17", "W1", "W3"])
def test_saying_to_be_under_18_switches_at_any_point(code: str) -> None:
    """From wherever: thanked, asked for the age band, told the limits, then the minors' questions."""
    chat = Chat().until(code, Q07="yes", W1="info")
    adult = chat.payload["answers"]
    chat.says("disclose_minor")
    assert chat.said[0] == "ack.disclose_minor"
    assert chat.payload["instrument"] == "minor"
    chat.until("WM", P2="14_17")
    assert "minor.limits" in [act.get("say") for act in chat.all]
    given = chat.payload["answers"]
    assert all(given.get(q) == v for q, v in adult.items() if v != "na"), "adult answers stay"
    assert bool(adult) <= chat.payload["context"].get("was_adult", False)


def test_a_switch_does_not_offer_18_again() -> None:
    """Who said to be under 18 chooses among the younger ages."""
    chat = Chat().until("Q01")
    chat.says("disclose_minor")
    assert "ask.P2.minor" in chat.said
    assert chat.choices == ["u14", "14_17", "declined"]


def test_after_the_switch_the_result_is_at_least_orange_for_control_told_before() -> None:
    """Papers held and violence, told as an adult, count for the minor."""
    chat = Chat().until("Q11", Q06="yes", Q10="yes")
    chat.says("disclose_minor")
    chat.until("WM", P2="14_17")
    result = assess(chat.payload)
    assert result["type"] in ("MR2", "MR3")


def test_told_before_the_age_counts_in_the_minors_questions() -> None:
    """What was disclosed at the very start is not lost when the minors' instrument takes over."""
    chat = Chat()
    chat.says("disclose_documents")
    chat.says("disclose_violence")
    chat.until("M0", P2="14_17")
    assert (chat.value("M7"), chat.value("M7_which"), chat.value("M10")) == ("yes", ["papers"], "yes")
    assert not {"Q10", "Q17"} & set(chat.payload["answers"])
    chat.until("M7_which", M7="yes")
    assert "confined" in chat.choices, "papers alone must not hide that somebody is kept in"


def test_told_as_an_adult_counts_after_saying_to_be_under_18() -> None:
    """The story was told first, the age afterwards: the minors' questions know it."""
    chat = Chat().until("P2")
    chat.says("disclose_violence")
    chat.says("disclose_minor")
    assert chat.payload["answers"] == {"M10": "yes"}


def test_an_adult_found_to_be_young_by_correcting_the_age() -> None:
    """Going back to the age and choosing a younger one is the same as saying so."""
    chat = Chat().until("P3")
    chat.says("back")
    chat.taps("14_17")
    assert {"age_band": "14_17", "was_adult": True}.items() <= chat.payload["context"].items()
