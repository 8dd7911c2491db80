"""Told in the person's own words: thanked once, counted at once, confirmed once, never lost to a later no."""

from __future__ import annotations

import pytest

from bot.screening.assess import assess
from tests.unit.engine_chat import INSTRUMENTS, Chat

TOLD = sorted(
    (intent, question.code)
    for question in INSTRUMENTS.adult.questions
    for intent in question.discloses
)  # fmt: skip


@pytest.mark.parametrize(("intent", "code"), TOLD)
def test_told_counts_at_once_and_is_thanked_for_once(intent: str, code: str) -> None:
    """Every disclosure of the instrument: a yes with source narrative, in the same turn."""
    chat = Chat().until("P3")
    assert [f"ack.{intent}", "ask.P3"] == chat.says(intent)
    assert (chat.value(code), chat.state["answers"][code]["source"]) == ("yes", "narrative")
    assert chat.payload["answers"][code] == "yes"
    assert chat.says(intent) == ["say.noted", "ask.P3"]


@pytest.mark.parametrize(("intent", "code"), TOLD)
def test_told_is_confirmed_instead_of_asked(intent: str, code: str) -> None:
    """When its turn comes it is confirmed, once."""
    chat = Chat().until("Q01")
    chat.says(intent)
    if chat.open == code:
        chat.says(intent)
    chat.until("W1", **{"Q06": "yes", code: "yes"})
    asked = [act["say"] for act in chat.all if act.get("about") == code and act.get("choices")]
    expected = [f"ask.{code}"] if code == "Q01" else [f"confirm.{code}"]
    assert expected == asked


def test_told_as_the_answer_to_the_open_question_is_the_answer() -> None:
    """«Me quitó el pasaporte» to "does anybody keep your papers?" needs no confirming."""
    chat = Chat().until("Q10", Q06="yes")
    assert chat.says("disclose_documents") == ["ack.disclose_documents", "ask.Q11"]
    chat.says("back")
    assert "confirm.Q10" in chat.said, "but it can still be taken back to"


def test_told_with_a_yes_to_another_question_answers_both() -> None:
    """«Sí, y me quitaron el pasaporte» answers the open question and tells something."""
    chat = Chat().until("Q06")
    chat.says("disclose_documents", "affirm")
    assert (chat.value("Q06"), chat.value("Q10")) == ("yes", "yes")
    assert chat.open == "Q07"
    chat.says("affirm", "disclose_debt")
    assert (chat.value("Q07"), chat.value("Q11")) == ("yes", "yes")


def test_told_without_an_answer_asks_the_open_question_again() -> None:
    """Nothing is guessed: the open question comes back."""
    chat = Chat().until("Q06")
    assert chat.says("disclose_threats") == ["ack.disclose_threats", "ask.Q06"]
    assert chat.value("Q06") is None


def test_several_things_at_once_are_thanked_for_once_for_the_gravest() -> None:
    """All count; one line of thanks."""
    chat = Chat().until("P4")
    assert chat.says("disclose_unpaid", "disclose_sexual", "disclose_debt") == [
        "ack.disclose_sexual",
        "ask.P4",
    ]
    assert [chat.value(code) for code in ("Q07", "Q11", "Q16")] == ["yes"] * 3
    assert chat.value("Q16_which") == ["sexual"]


def test_a_later_no_keeps_both_and_the_safer_reading_counts() -> None:
    """Denied at confirmation: the yes stays, the contradiction is marked for the person who reads the case."""
    chat = Chat().until("Q01")
    chat.says("disclose_confinement")
    chat.until("Q12", Q06="yes").taps("no")
    answer = chat.state["answers"]["Q12"]
    assert (answer["value"], answer["contradicted"]) == ("yes", True)
    assert assess(chat.payload)["urgency"] == "U2"
    assert chat.open == "Q13"


def test_told_after_a_no_turns_it_into_a_yes_and_marks_it() -> None:
    """«No» by button, told later after all: counts, is marked, and is not asked a third time."""
    chat = Chat().until("Q11", Q06="yes", Q10="no")
    chat.says("disclose_documents")
    answer = chat.state["answers"]["Q10"]
    assert (answer["value"], answer["contradicted"]) == ("yes", True)
    chat.until("W1", Q06="yes")
    assert chat.asked.count("Q10") == 1


@pytest.mark.parametrize("value", ["unsure", "declined"])
def test_a_shrug_at_confirmation_is_no_contradiction(value: str) -> None:
    """Not wanting to say it again takes nothing back."""
    chat = Chat().until("Q01")
    chat.says("disclose_violence")
    chat.until("Q17").taps(value)
    answer = chat.state["answers"]["Q17"]
    assert (answer["value"], answer.get("contradicted")) == ("yes", None)


def test_told_before_consent_is_kept_and_the_gate_goes_on() -> None:
    """The first words may be the story: greeted, thanked, and still asked whether writing is safe."""
    chat = Chat()
    assert chat.says("disclose_violence") == ["start.hello", "ack.disclose_violence", "ask.P0"]
    chat.until("W1", Q17="yes")
    assert chat.payload["answers"]["Q17"] == "yes"


def test_told_at_the_very_end_is_counted_and_the_outcome_drawn_again() -> None:
    """After the outcome somebody tells more: it is confirmed and the gateway assesses anew."""
    chat = Chat().until("W1")
    chat.says("disclose_debt")
    assert chat.payload["answers"]["Q11"] == "yes"
    assert "confirm.Q11" in chat.until("Q11").said
    chat.until("W1")
    assert [act.get("event") for act in chat.all].count("outcome") == 2


def test_about_somebody_else_nothing_is_counted_for_the_writer() -> None:
    """A friend's story is not the writer's answer, and no contact of the friend is asked for."""
    chat = Chat().until("Q01")
    keys = chat.says("faq_other_person", "disclose_documents")
    assert keys == ["faq.other_person", "faq.other_person.how", "ask.X_other"]
    assert chat.value("Q10") is None
    assert chat.choices == ["signs", "person", "mine", "enough"]
    chat.taps("mine")
    assert chat.open == "Q01"


def test_about_somebody_else_with_enough_ends_there() -> None:
    """Information was what was wanted: how to clear the chat, and goodbye."""
    chat = Chat()
    chat.says("faq_other_person")
    assert chat.taps("enough") == ["end.clear", "end.bye"]
    assert "outcome" not in chat.events


def test_told_and_asking_for_a_person_does_both() -> None:
    """The wish for a person is not lost beside a story."""
    chat = Chat().until("Q01")
    chat.says("disclose_violence", "human")
    assert "want_person" in chat.events
    assert chat.value("Q17") == "yes"


def test_a_yes_that_only_begins_a_story_is_not_called_unclear() -> None:
    """«Sí, me amenazaron» under a list: it was understood, and the list is asked again."""
    chat = Chat().until("Q02_which", Q02="yes")
    chat.taps("pay")
    assert chat.says("disclose_threats", "affirm") == ["ack.disclose_threats", "say.tick_more"]


def test_what_is_understood_ends_the_offer_that_said_it_was_not() -> None:
    """After three misunderstandings a person is offered; thanks for a story must not stand above that."""
    chat = Chat().until("Q01")
    for _ in range(3):
        chat.says("out_of_scope")
    assert chat.open == "X_person"
    assert chat.says("disclose_documents") == ["ack.disclose_documents", "ask.Q01"]
