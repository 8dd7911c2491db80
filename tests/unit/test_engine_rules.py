"""Skip logic, one rule at a time: what is left out, what it reads as then, and when a person is offered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engine_chat import Chat

NO_WORK = {"Q06": "no", "Q07": "no", "Q08": "no", "Q09": "no"}


def scored(chat: Chat) -> list[str]:
    return [code for code in chat.asked if code[0] == "Q"]


def test_no_bad_work_asks_the_three_of_control_first_and_leaves_out_the_rest() -> None:
    """Q06–Q09 no and Q10, Q12, Q15 no: debt, threats and reporting are not asked and read as "no"."""
    chat = Chat().until("B4")
    assert scored(chat)[-3:] == ["Q10", "Q12", "Q15"]
    assert [chat.value(code) for code in ("Q11", "Q13", "Q14")] == ["na"] * 3


@pytest.mark.parametrize("code", ["Q10", "Q12", "Q15"])
@pytest.mark.parametrize("value", ["yes", "unsure", "declined"])
def test_anything_but_no_there_asks_the_rest(code: str, value: str) -> None:
    """One of the three not answered with "no": a missing answer must not read as "no", so the rest is asked."""
    chat = Chat().until("B4", **{code: value})
    assert scored(chat)[-3:] == ["Q11", "Q13", "Q14"]


@pytest.mark.parametrize("code", ["Q06", "Q07", "Q08", "Q09"])
def test_any_sign_at_work_keeps_the_order_of_the_block(code: str) -> None:
    """With a sign at work the block is asked whole and in its order."""
    chat = Chat().until("B4", **{code: "yes"})
    assert scored(chat)[-6:] == ["Q10", "Q11", "Q12", "Q13", "Q14", "Q15"]


def test_the_last_block_is_left_out_only_when_everything_was_no() -> None:
    """Block 5 only when some answer so far is not "no"."""
    assert not {"Q18", "Q19", "Q20"} & set(Chat().until("W1").asked)
    for answers in ({"Q01": "yes"}, {"Q14": "yes", "Q06": "yes"}, {"Q03": "unsure"}, {"Q17": "declined"}):
        assert {"Q18", "Q19", "Q20"} <= set(Chat().until("W1", **answers).asked), answers


def test_left_out_by_a_rule_is_undone_when_the_rule_falls() -> None:
    """Going back to a "no" that becomes a "yes" brings the questions back that it had removed."""
    chat = Chat().until("B4")
    assert chat.value("Q11") == "na"
    chat.says("back")
    assert chat.open == "Q15"
    chat.taps("yes")
    assert chat.open == "Q11"
    assert chat.value("Q11") is None


def test_skipping_the_hard_block_stays_missing() -> None:
    """A skipped block is missing, never "no"."""
    chat = Chat().until("W1", B4="skip")
    assert not {"Q16", "Q17"} & set(chat.payload["answers"])


def test_two_declined_in_a_row_end_the_hard_block_with_thanks() -> None:
    """Two "rather not say" one after the other in block 4: nothing more of it, and a word of respect."""
    chat = Chat().until("Q16", Q06="yes")
    chat.taps("declined")
    chat.taps("declined")
    assert chat.said[0] == "block.4.skipped"
    assert chat.open == "Q18"
    chat = Chat().until("Q16_which", Q06="yes", Q16="yes")
    chat.taps("declined")
    assert "block.4.skipped" not in chat.said
    assert chat.open == "Q17"


@pytest.mark.parametrize("source", ["tap", "word"])
def test_three_declined_offer_a_pause_a_person_or_the_end_once(source: str) -> None:
    """At the third "rather not say" the person is asked how to go on, and only once."""
    chat = Chat().until("Q01")
    for _ in range(3):
        chat.taps("declined") if source == "tap" else chat.says("decline")
    assert chat.open == "X_tired"
    assert chat.choices == ["go", "pause", "person", "end"]
    chat.taps("go")
    assert chat.open == "Q04"
    chat.taps("declined")
    assert chat.open == "Q05"


def test_tired_and_at_an_end_still_gets_the_outcome() -> None:
    """Ending early asks nothing more; the outcome is drawn from what there is."""
    chat = Chat().until("X_tired", Q01="declined", Q02="declined", Q03="declined")
    chat.taps("end")
    assert chat.events == ["outcome"]
    assert chat.open == "W1"
    chat.says("back")
    assert chat.open == "Q03"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"Q12": "yes", "Q13": "yes"}, "Q13"),  # held and threatened
        ({"Q12": "yes", "Q17": "yes"}, "Q17"),  # held and hurt
    ],
)
def test_held_and_threatened_or_hurt_offers_a_person_at_once(answers: dict[str, str], code: str) -> None:
    """Before any other question; the rest becomes optional."""
    chat = Chat().until(code, Q06="yes", **answers)
    chat.taps("yes")
    assert "ask.X_person.now" in chat.said
    assert "offer_person" in chat.events
    assert chat.choices == ["yes", "no", "end"]
    chat.taps("end")
    assert "outcome" in chat.events


@pytest.mark.parametrize("code", ["Q10", "Q11", "Q12"])
def test_a_strong_sign_of_control_offers_a_person_at_the_end_of_its_block(code: str) -> None:
    """Not in the middle of the block, and before the hard one."""
    chat = Chat().until("X_person", Q08="yes", **{code: "yes"})
    assert scored(chat)[-1] == "Q15"
    assert "ask.X_person.strong" in chat.said
    assert chat.choices == ["yes", "no"]


@pytest.mark.parametrize("answers", [{"Q17": "yes"}, {"Q16": "yes", "Q16_which": ["sexual", "done"]}])
def test_harm_in_the_hard_block_offers_a_person_at_its_end(answers: dict[str, Any]) -> None:
    """Harm or forced sex, with nothing else: a person is offered when the block is done."""
    chat = Chat().until("X_person", **answers)
    assert scored(chat)[-1] == "Q17"
    assert "ask.X_person.hard" in chat.said


def test_early_signs_offer_a_person_after_the_first_block() -> None:
    """Deceived and in debt for the journey: a person is offered within the first ten questions."""
    chat = Chat().until("X_person", Q01="yes", Q04="yes")
    assert "ask.X_person.first" in chat.said
    assert len(scored(chat)) <= 10


def test_no_person_is_offered_where_one_was_asked_for() -> None:
    """Who asked for a person is not asked whether a person is wanted."""
    chat = Chat().until("Q01")
    chat.says("human")
    chat.taps("yes")
    chat.until("W2", **dict.fromkeys(("Q01", "Q02", "Q04", "Q06", "Q07", "Q10", "Q12", "Q13", "Q17"), "yes"))
    assert "offer_person" not in [act.get("event") for act in chat.all]
    assert "W1" not in chat.asked


def test_nobody_without_a_sign_is_offered_a_person_before_the_end() -> None:
    """All "no": the questions run through without interruption."""
    assert "X_person" not in Chat().until("W1").asked


@pytest.mark.parametrize("value", ["unsure", "declined"])
def test_follow_ups_and_lists_come_only_after_a_yes(value: str) -> None:
    """No follow-up to a no, an "I don't know" or a "rather not say"."""
    parents = ("Q02", "Q03", "Q04", "Q05", "Q07", "Q13", "Q16")
    chat = Chat().until("W1", **dict.fromkeys(parents, value), X_tired="go", Q06="yes")
    follow = {"Q02_which", "Q03a", "Q04a", "Q05_which", "Q07a", "Q13_which", "Q16_which"}
    assert not follow & set(chat.asked)


def test_a_yes_taken_back_takes_its_follow_up_with_it() -> None:
    """The list of a question that became "no" does not stay behind."""
    chat = Chat().until("Q03", Q02="yes", Q02_which=["pay", "hours"])
    chat.says("back")
    chat.says("back")
    assert chat.open == "Q02"
    chat.taps("no")
    assert chat.open == "Q03"
    assert "Q02_which" not in chat.payload["answers"]
