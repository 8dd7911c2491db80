"""Emergencies: everything stops, help is named, and a denial costs one question but never the record."""

from __future__ import annotations

import itertools

import pytest

from bot.screening import engine
from bot.screening.assess import assess
from tests.unit.engine_chat import INSTRUMENTS, Chat

KINDS = ["danger", "self_harm", "medical", "child", "sexual_violence"]
CODES = ["P0", "P1", "P3", "Q01", "Q02_which", "B4", "W1", "W2_own"]
ON_THE_WAY = {"Q02": "yes", "W1": "person", "W2_word": "yes"}


def at(code: str) -> Chat:
    return Chat().until(code, **ON_THE_WAY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", CODES)
def test_an_emergency_stops_everything_and_names_help(kind: str, code: str) -> None:
    """Alarm first, one warm line, then the lines with two buttons; no other question."""
    chat = at(code)
    assert [f"emergency.{kind}", f"emergency.{kind}.lines"] == chat.put(kind=kind)
    assert {"event": "handoff", "kind": kind} == chat.acts[0]
    assert chat.choices == ["yes", "no"]
    assert assess(chat.payload)["urgency"] == "U3"


@pytest.mark.parametrize("kind", KINDS)
def test_the_very_first_message_may_be_one(kind: str) -> None:
    """Without any state; after "I am fine" the greeting comes as for everybody."""
    chat = Chat()
    chat.put(kind=kind)
    assert chat.payload["context"]["emergency"] == kind
    assert chat.taps("no") == ["emergency.denied", "start.hello", "ask.P0"]


@pytest.mark.parametrize(("intent", "kind"), [("emergency", "danger"), ("self_harm", "self_harm")])
def test_the_model_alone_raises_the_same(intent: str, kind: str) -> None:
    """Intents do what the rules do, also as a second intent and also as the first message."""
    for chat in (at("Q01"), Chat()):
        assert [f"emergency.{kind}", f"emergency.{kind}.lines"] == chat.says(intent)
    assert "handoff" in at("Q01").put_events("deny", intent)


@pytest.mark.parametrize("code", CODES)
def test_i_am_fine_costs_one_question_and_resumes_where_it_was(code: str) -> None:
    """The open question comes back; the emergency stays on record, marked as denied."""
    chat = at(code)
    chat.put(kind="danger")
    said = chat.taps("no")
    assert (said[0], chat.open) == ("emergency.denied", code)
    assert chat.payload["context"]["emergency"] == "danger"
    assert engine.wishes(chat.state)["emergency_denied"] is True


def test_needing_help_stays_and_the_questions_wait() -> None:
    """A yes alarms again, says whether somebody is there, and leaves the questions to the person."""
    for duty, key in ((True, "handoff.emergency_again"), (False, "handoff.emergency_again_off_duty")):
        chat = at("Q01")
        chat.context["on_duty"] = duty
        chat.put(kind="danger")
        assert [key, "ask.X_help"] == chat.taps("yes")
        assert chat.events == ["handoff"]
        assert chat.says("out_of_scope") == ["emergency.here", "again.X_help"]
        assert chat.says("out_of_scope") == ["emergency.here", "ask.X_help"]
        chat.taps("go")
        assert chat.open == "Q01"


def test_despair_is_never_left_on_a_menu_of_its_own_words() -> None:
    """Self-harm has its own words after a yes, and an unclear message is met, not corrected."""
    chat = at("Q01")
    chat.says("self_harm")
    assert "ask.X_help.self_harm" in chat.taps("yes")
    assert "say.unclear" not in chat.says("out_of_scope")


def test_danger_today_is_an_emergency_and_the_questionnaire_comes_only_if_wanted() -> None:
    """P3 yes: alarm and lines; afterwards it goes on at P4 when the person wants to."""
    chat = at("P3")
    assert chat.taps("yes") == ["emergency.danger", "emergency.danger.lines"]
    assert chat.events == ["handoff"]
    assert {"danger_today": "yes"}.items() <= chat.payload["context"].items()
    chat.taps("yes")
    chat.taps("go")
    assert chat.open == "P4"


@pytest.mark.parametrize("value", ["no", "unsure", "declined"])
def test_other_answers_to_danger_today_are_kept(value: str) -> None:
    """Unsure is recorded as unsure, with a word about it."""
    chat = at("P3")
    chat.taps(value)
    assert chat.payload["context"]["danger_today"] == value
    assert ("say.danger_unsure" in chat.said) == (value == "unsure")


def test_a_second_emergency_keeps_the_graver() -> None:
    """The order of gravity decides, not the order of arrival; a new one is not denied any more."""
    chat = at("Q01")
    chat.put(kind="danger")
    chat.taps("no")
    chat.put(kind="medical")
    assert chat.payload["context"]["emergency"] == "danger"
    assert engine.wishes(chat.state)["emergency_denied"] is False
    chat.put(kind="self_harm")
    assert chat.payload["context"]["emergency"] == "self_harm"


@pytest.mark.parametrize("kind", KINDS)
def test_children_get_their_own_lines(kind: str) -> None:
    """Under 18 the lines for children stand first."""
    chat = Chat().until("M1", P2="14_17")
    assert f"emergency.{kind}.lines.minor" in chat.put(kind=kind)


@pytest.mark.parametrize(("code", "instrument"), [("P3", "18"), ("X_emergency", "18"), ("M1", "14_17")])
@pytest.mark.parametrize("silence", [0.0, 7200.0])
def test_a_late_yes_to_danger_needs_no_second_question(code: str, instrument: str, silence: float) -> None:
    """Tapped on an old button, even hours later: the alarm comes at once."""
    chat = Chat().until("M3" if code == "M1" else "Q02", P2=instrument)
    chat.taps("yes", code, silence=silence)
    assert "handoff" in chat.events
    assert assess(chat.payload)["urgency"] == "U3"


def test_silence_does_not_hide_an_open_alarm() -> None:
    """After a pause in an emergency the neutral question comes, and behind it the same alarm."""
    chat = at("Q01")
    chat.put(kind="medical")
    assert chat.says("greet", silence=3600.0) == ["ask.X_resume"]
    assert chat.taps("yes") == ["ask.X_emergency"]
    chat.taps("yes")
    assert chat.acts[0] == {"event": "handoff", "kind": "medical"}


@pytest.mark.parametrize("leaving", ["pause", "goodbye"])
def test_a_pause_does_not_close_an_open_alarm(leaving: str) -> None:
    """Leaving in the middle of an alarm and coming back finds the same alarm."""
    chat = at("Q01")
    chat.put(kind="medical")
    chat.says(leaving)
    chat.says("greet")
    chat.says("resume")
    assert chat.open == "X_emergency"


@pytest.mark.parametrize(("aside", "answer"), [("language", "en"), ("stop", "no")])
def test_what_breaks_in_leads_back_to_the_alarm(aside: str, answer: str) -> None:
    """Another language, or a silence that is not wanted after all: the alarm is open as before."""
    chat = at("Q01")
    chat.put(kind="danger")
    chat.says(aside)
    chat.taps(answer)
    assert (chat.open, chat.said[-1]) == ("X_emergency", "ask.X_emergency")


def test_more_of_the_same_is_not_met_with_the_same_lines() -> None:
    """Heard, the team told again, the question; another kind of danger has lines of its own."""
    chat = at("Q01")
    chat.put(kind="danger")
    assert chat.put(kind="danger") == ["emergency.here", "ask.X_emergency"]
    assert chat.events == ["handoff"]
    assert chat.put(kind="self_harm")[0] == "emergency.self_harm"
    chat.taps("yes")
    assert chat.says("self_harm") == ["emergency.here", "again.X_help"]
    assert chat.says("self_harm") == ["emergency.here", "ask.X_help.self_harm"]


def test_a_person_asked_for_in_an_alarm_brings_no_questions() -> None:
    """Nobody in danger is asked whether the questions shall go on meanwhile."""
    chat = at("Q01")
    chat.put(kind="self_harm")
    assert chat.says("human")[-1] == "ask.X_help.self_harm"
    assert chat.put_events("human") == ["want_person"]


def test_told_within_an_emergency_counts_too() -> None:
    """The alarm wins; what was told besides is counted."""
    chat = at("Q01")
    chat.says("emergency", "disclose_documents")
    assert (chat.open, chat.value("Q10")) == ("X_emergency", "yes")


def test_asking_once_raises_nothing_before_a_yes() -> None:
    """Not sure: one question, no alarm; a yes is the alarm, a no goes on."""
    state = at("Q01").state
    turn = engine.check(INSTRUMENTS, state, "danger", {})
    assert [act["say"] for act in turn.acts] == ["ask.X_check"]
    chat = Chat(state=turn.state)
    assert "emergency" not in chat.payload["context"]
    assert ["say.check_no", "block.1", "ask.Q01"][-1] == chat.taps("no")[-1]
    chat = Chat(state=turn.state)
    chat.taps("yes")
    assert chat.acts[0] == {"event": "handoff", "kind": "danger"}
    assert chat.payload["context"]["emergency"] == "danger"


@pytest.mark.parametrize("ask", [engine.interrupt, engine.check])
def test_an_unknown_kind_is_an_error(ask: object) -> None:
    """A wrong kind is a fault of the caller, said as such."""
    with pytest.raises(ValueError, match="no such kind"):
        ask(INSTRUMENTS, None, "boredom", {})


def test_who_was_mistaken_in_an_alarm_is_asked_once_more() -> None:
    """ "Me equivoqué" leads from "stay safe" back to whether help is needed; the alarm stays on record."""
    chat = at("Q01")
    chat.put(kind="danger")
    assert chat.says("back") == ["emergency.here", "ask.X_emergency"]
    chat.taps("yes")
    assert chat.says("back")[0] == "say.back"
    assert (chat.open, chat.payload["context"]["emergency"]) == ("X_emergency", "danger")
    chat.taps("no")
    assert chat.open == "Q01"


def test_no_line_of_an_alarm_comes_twice_running() -> None:
    """Whatever is written into an open alarm, its question comes in its own words and in others by turns."""
    chat = at("Q01")
    chat.put(kind="danger")
    for code in ("X_emergency", "X_help"):
        said = [chat.says("thank")[-1] for _ in range(4)]
        assert {f"ask.{code}", f"again.{code}"} == set(said)
        assert all(one != other for one, other in itertools.pairwise(said))
        if code == "X_emergency":
            assert chat.taps("yes")[-1] == "ask.X_help"  # first in full


def test_said_to_be_over_is_taken_up_when_it_is_asked_when() -> None:
    """ "It is over" at the danger gate, or to the alarm, is heard in the next question; a plain no is not."""
    for told, key in (("over", "ask.P4.over"), ("word", "ask.P4")):
        assert at("P3").taps("no", source=told) == [key]
        chat = at("P3")
        chat.taps("yes")
        assert chat.taps("no", source=told) == ["emergency.denied", key]
    chat = at("P3")
    chat.taps("no", source="over")
    chat.says("back")
    assert chat.taps("no") == ["ask.P4"]


def test_ok_in_an_alarm_leads_to_no_question() -> None:
    """What is said of help is taken in with an "ok": only the button, or wanting to go on, leads back."""
    for goes in ("start", "resume"):
        chat = at("Q17")
        chat.put(kind="danger")
        chat.taps("yes")
        assert chat.says("affirm") == ["emergency.here", "again.X_help"]
        chat.says(goes)
        assert chat.open == "Q17"
