"""What may be done at any point: why, repeat, back, pause, erase, stop, language, a person, questions, taps on
old buttons, things that are not text, and coming back after silence.
"""

from __future__ import annotations

import pytest

from bot.screening.engine import Input
from tests.unit.engine_chat import INSTRUMENTS, Chat

CODES = ["P0", "P1", "P2", "P3", "P4", "P5", "Q01", "Q02_which", "Q07a", "Q12", "B4", "Q17", "W1", "W3"]
ON_THE_WAY = {"Q02": "yes", "Q07": "yes", "W1": "info"}
HALF_AN_HOUR = 1800.0


def at(code: str) -> Chat:
    return Chat().until(code, **ON_THE_WAY)


@pytest.mark.parametrize("code", CODES)
def test_why_gives_a_reason_and_the_question_again(code: str) -> None:
    """Every question can be asked for its reason; nothing else changes."""
    chat = at(code)
    before = dict(chat.state["answers"]), dict(chat.state["done"])
    said = chat.says("why")
    assert said[0] == f"why.{code}"
    assert (chat.open, chat.acts[-1]["about"]) == (code, code)
    assert before == (chat.state["answers"], chat.state["done"])


@pytest.mark.parametrize("code", CODES)
def test_repeat_says_it_in_other_words_and_then_why(code: str) -> None:
    """Never the same sentence twice: other words first, then the reason, then other words again."""
    chat = at(code)
    first = chat.acts[-1]["choices"]
    assert chat.says("repeat") == ["say.repeat", f"again.{code}"]
    assert (chat.open, chat.acts[-1]["about"], chat.acts[-1]["choices"]) == (code, code, first)
    assert chat.says("repeat") == [f"why.{code}", f"ask.{code}"]
    assert chat.says("repeat") == ["say.repeat", f"again.{code}"]


@pytest.mark.parametrize(("phase", "code"), [("past", "Q07"), ("offer", "Q04")])
def test_the_other_words_keep_to_past_and_offer(phase: str, code: str) -> None:
    """What is over is not asked as if it were now."""
    chat = Chat().until(code, P4=phase)
    assert chat.says("repeat") == ["say.repeat", f"again.{code}.{phase}"]


def test_repeat_of_what_broke_in() -> None:
    """A list half ticked, something told before, an offer, an alarm, a pause: each in other words, each still open."""
    chat = Chat().until("Q02_which", Q02="yes")
    chat.taps("pay")
    assert chat.says("repeat") == ["say.repeat", "again.Q02_which"]
    assert "pay" not in chat.choices
    chat = at("Q01")
    chat.says("disclose_documents")
    chat.until("Q10")
    assert chat.said[-1] == "confirm.Q10"
    assert chat.says("repeat") == ["say.repeat", "again.Q10"]
    chat.put(kind="danger")
    assert chat.says("repeat") == ["say.repeat", "again.X_emergency"]
    chat.taps("no")
    chat.says("pause")
    assert chat.says("repeat") == ["ask.X_resume"]
    assert chat.says("repeat") == ["say.repeat", "again.X_resume"]
    chat.taps("yes")
    chat.taps("yes", "Q01")
    assert chat.says("repeat") == ["stale.question", "ask.Q01", "ask.X_stale.yes"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "intent",
    ["repeat", "resume", "thank", "greet", "faq_cost", "faq_services", "faq_trafficking", "faq_identity"],
)
def test_a_word_in_between_brings_the_question_back(code: str, intent: str) -> None:
    """A politeness or a question is answered, and the open question comes again with its choices."""
    chat = at(code)
    chat.says(intent)
    assert code == chat.open == chat.acts[-1]["about"]
    assert chat.acts[-1]["choices"]


@pytest.mark.parametrize(
    "topic", ["identity", "confidentiality", "migration_status", "cost", "trafficking", "rights"]
)
def test_questions_are_answered_in_short(topic: str) -> None:
    """One answer, then the open question."""
    assert [f"faq.{topic}", "ask.Q01"] == at("Q01").says(f"faq_{topic}")


@pytest.mark.parametrize(
    "kind", ["voice", "image", "sticker", "location", "contact", "unsupported", "new_kind"]
)
def test_what_is_not_text_is_answered_kindly(kind: str) -> None:
    """One line about it, and the question again; an unknown kind counts as unsupported."""
    key = "kind.unsupported" if kind == "new_kind" else f"kind.{kind}"
    assert [key, "ask.Q01"] == at("Q01").gets(kind)
    assert ["start.hello", key, "ask.P0"] == Chat().gets(kind)


def test_back_undoes_the_last_answer_and_asks_it_again() -> None:
    """Step by step, down to the first; then there is nothing to correct."""
    chat = at("Q02")
    for code in ("Q01", "P5", "P4", "P3", "P2", "P1", "P0"):
        assert "say.back" in chat.says("back")
        assert chat.open == code
    assert chat.says("back") == ["say.back_none", "ask.P0"]
    assert chat.payload["answers"] == {}


def test_back_from_what_broke_in_returns_to_the_question() -> None:
    """Back from "which language?" is not back to the previous answer."""
    chat = at("Q02")
    chat.says("language")
    chat.says("back")
    assert (chat.open, chat.value("Q01")) == ("Q02", "no")


def test_language_is_a_list_and_an_event() -> None:
    """The event comes before the question, so that the question is already in the new language."""
    chat = at("Q01")
    chat.says("language")
    assert chat.choices == ["es", "en", "pt", "ht"]
    chat.taps("pt")
    assert chat.acts[0] == {"event": "language", "locale": "pt"}
    assert chat.open == "Q01"


@pytest.mark.parametrize(
    ("locales", "offered"), [(["es", "pt"], ["es", "pt"]), (["es", "es_VE", "en", "ht"], ["es", "en", "ht"])]
)
def test_only_languages_that_are_there_are_offered(locales: list[str], offered: list[str]) -> None:
    """Nobody taps "English" and goes on reading Spanish."""
    chat = at("Q01")
    chat.context["locales"] = locales
    assert chat.says("language") == ["ask.X_lang"]
    assert chat.choices == offered


def test_where_there_is_one_language_that_is_said() -> None:
    """The truth, and the question again; yes and no count in all four anyway."""
    chat = at("Q01")
    chat.context["locales"] = ["es"]
    assert chat.says("language") == ["say.one_language", "ask.Q01"]


def test_pause_waits_and_anything_neutral_comes_first_afterwards() -> None:
    """Paused: the next "hola" gets the neutral question, "seguimos" goes on."""
    chat = at("Q02")
    assert chat.says("pause") == ["say.paused"]
    assert chat.says("greet") == ["ask.X_resume"]
    assert chat.taps("yes") == ["ask.Q02"]
    chat.says("pause")
    assert chat.says("resume") == ["ask.Q02"]
    chat.says("goodbye")
    assert chat.says("out_of_scope") == ["ask.X_resume"]
    assert chat.says("deny") == ["say.paused"]
    assert chat.open == "X_resume"


def test_erase_locks_first_and_asks_at_unlock() -> None:
    """The model's "erase" covers the screen; only a confirmed erase is an erase."""
    chat = at("Q02")
    assert chat.says("erase") == []
    assert chat.events == ["lock"]
    chat.gets("unlocked")
    assert chat.said == ["erase.confirm"]
    assert chat.taps("no") == ["ask.X_resume"]
    chat.taps("yes")
    assert chat.open == "Q02"
    chat.says("erase")
    chat.gets("unlocked")
    chat.taps("yes")
    assert chat.events == ["erase"]


def test_erase_is_asked_however_late_the_unlock_comes() -> None:
    """A locked chat lies still for hours; the wish to erase is not forgotten over that."""
    chat = at("Q02")
    chat.says("erase")
    chat.put(Input("event", event="unlocked"), silence=50 * HALF_AN_HOUR)
    assert chat.said == ["erase.confirm"]


def test_unlocked_without_erase_is_neutral() -> None:
    """Nothing of what was said, until asked for."""
    assert at("Q12").gets("unlocked") == ["ask.X_resume"]


def test_stop_is_asked_once_and_then_done() -> None:
    """The intent asks; a yes is the event; a no goes on."""
    chat = at("Q02")
    assert chat.says("stop") == ["stop.confirm"]
    chat.taps("no")
    assert chat.open == "Q02"
    chat.says("stop")
    chat.says("affirm")
    assert chat.events == ["stop"]
    assert chat.says("out_of_scope") == ["ask.X_resume"]


@pytest.mark.parametrize("code", ["P0", "P2", "Q01", "Q17", "W1"])
def test_a_person_can_be_asked_for_at_any_point(code: str) -> None:
    """The event comes at once, with the truth about waiting; the conversation goes on if wanted."""
    chat = at(code)
    chat.says("human")
    assert chat.events[0] == "want_person"
    assert "handoff.waiting_unknown" in chat.said
    assert chat.payload["context"]["wants_person"] is True
    if chat.open == "X_meanwhile":
        chat.taps("yes")
        assert chat.open == code
    chat.says("human")
    assert "handoff.still" in chat.said


@pytest.mark.parametrize("duty", [True, False])
def test_asked_for_again_tells_the_truth_about_duty(duty: bool) -> None:
    """Whoever asks a second time hears no more than is so, and the question in other words each time."""
    chat = Chat(on_duty=duty).until("Q01")
    chat.says("human")
    assert chat.said[-1] == "ask.X_meanwhile"
    still = "handoff.still" if duty else "handoff.still_off_duty"
    assert chat.says("human") == [still, "again.X_meanwhile"]
    assert chat.says("why") == ["why.X_meanwhile", "ask.X_meanwhile"]
    assert chat.says("faq_cost") == ["faq.cost", "again.X_meanwhile"]


@pytest.mark.parametrize("also", [("human", "faq_other_person"), ("faq_other_person", "human")])
@pytest.mark.parametrize("code", ["", "P0", "P1", "Q01"])
def test_a_helper_who_asks_for_a_person_has_one_at_once(code: str, also: tuple[str, str]) -> None:
    """In the same turn, wherever; and is asked nothing about themselves until they want to be."""
    chat = at(code) if code else Chat()
    chat.says(*also)
    assert chat.events[0] == "want_person"
    assert chat.open == "X_other"
    assert "person" not in [choice["value"]["v"] for choice in chat.acts[-1]["choices"]]
    chat.taps("mine")
    assert chat.open == (code or "P0")
    chat.says("human")
    assert chat.open != "X_other"


@pytest.mark.parametrize("pause", ["pause", "goodbye"])
def test_an_old_button_in_a_pause_shows_nothing_of_what_was_said(pause: str) -> None:
    """Neither its own question nor the open one: it is refused, and going on is offered."""
    chat = Chat().until("Q03")
    chat.says(pause)
    for value, code in (("yes", "Q01"), ("yes", "Q03"), ("14_17", "P2"), ("yes", "P0"), ("maybe", "Q01")):
        said = chat.taps(value, code)
        assert said[0] == "stale.paused"
        assert said[1:] in (["ask.X_resume"], ["again.X_resume"])
    assert chat.taps("yes", "P3")[0] == "emergency.danger"


def test_waiting_without_more_questions_goes_to_the_end() -> None:
    """«I would rather wait»: outcome from what there is, safe contact, and no W1."""
    chat = at("Q06")
    chat.says("human")
    chat.taps("no")
    assert (chat.events, chat.open) == (["outcome"], "W2")


def test_misunderstandings_in_a_row_lead_to_numbers_and_then_to_a_person() -> None:
    """First the question again, then buttons or numbers only, the third time a person; then the question again."""
    chat = at("Q01")
    assert chat.says("out_of_scope") == ["say.unclear", "ask.Q01"]
    assert "numbers" not in chat.acts[-1]
    assert chat.says("") == ["say.unclear_numbers", "ask.Q01"]
    assert chat.acts[-1]["numbers"] is True
    assert chat.says("affirm_not_known") == ["ask.X_person.unclear"]
    assert chat.events == ["offer_person"]
    chat.taps("no")
    assert chat.open == "Q01"
    chat.taps("no")
    assert chat.says("affirm_not_known") == ["say.unclear", "ask.Q02"]


@pytest.mark.parametrize("between", ["faq_cost", "thank", "why", "repeat"])
def test_only_misunderstandings_in_a_row_count(between: str) -> None:
    """What was understood in between begins the count anew."""
    chat = at("Q01")
    chat.says("out_of_scope")
    chat.says(between)
    assert chat.says("out_of_scope") == ["say.unclear", "ask.Q01"]


def test_a_voice_note_in_between_is_no_understanding() -> None:
    """Somebody who cannot make herself understood in words sends her voice: the count goes on."""
    chat = at("Q01")
    chat.says("out_of_scope")
    chat.gets("voice")
    assert chat.says("out_of_scope") == ["say.unclear_numbers", "ask.Q01"]


def test_yes_to_a_choice_of_things_is_not_guessed() -> None:
    """«Sí» to "what do you want?" names none of them."""
    assert at("W1").says("affirm") == ["say.unclear", "ask.W1"]


def test_after_the_program_was_down() -> None:
    """An apology, then the question."""
    assert at("Q01").gets("rasa_was_down") == ["say.was_down", "ask.Q01"]


def test_back_from_a_person_is_neutral_and_clean() -> None:
    """After a person closed the talk: neutral, and a plain word goes on."""
    chat = at("Q02")
    assert chat.gets("returned_from_human") == ["ask.X_resume"]
    chat.says("affirm")
    assert chat.open == "Q02"


# ── silence ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [c for c in CODES if c != "P0"])
@pytest.mark.parametrize(
    "intent", ["affirm", "deny", "greet", "why", "faq_rights", "out_of_scope", "disclose_debt"]
)
def test_after_half_an_hour_nothing_of_what_was_said_is_shown(code: str, intent: str) -> None:
    """The first answer is the neutral question, whatever comes; going on brings the open one back."""
    chat = at(code)
    assert chat.says(intent, silence=HALF_AN_HOUR) == ["ask.X_resume"]
    chat.taps("yes")
    assert chat.acts[-1]["choices"]
    assert code == chat.open or intent == "disclose_debt"


def test_one_second_less_is_no_silence() -> None:
    """The limit is half an hour."""
    assert at("Q01").says("deny", silence=HALF_AN_HOUR - 1) == ["ask.Q02"]


def test_told_after_silence_still_counts() -> None:
    """A sign is not lost because the phone lay still."""
    chat = at("Q01")
    chat.says("disclose_violence", silence=HALF_AN_HOUR)
    assert chat.value("Q17") == "yes"
    assert chat.said == ["ask.X_resume"]


def test_a_late_tap_under_its_own_question_counts() -> None:
    """A button says which question it answers; it is kept, silently, and not asked again."""
    chat = at("Q12")
    chat.taps("yes", silence=HALF_AN_HOUR)
    assert (chat.said, chat.value("Q12")) == (["ask.X_resume"], "yes")
    chat.taps("yes")
    assert chat.open != "Q12"


def test_going_on_may_take_its_time() -> None:
    """The neutral question answered after another hour is not asked again."""
    chat = at("Q01")
    chat.says("greet", silence=HALF_AN_HOUR)
    assert chat.taps("yes", silence=2 * HALF_AN_HOUR) == ["ask.Q01"]


def test_a_person_asked_for_after_silence_is_called_without_a_word() -> None:
    """The wish is an event at once, the words wait."""
    chat = at("Q05")
    chat.says("human", silence=HALF_AN_HOUR)
    assert (chat.events, chat.said[-1]) == (["want_person"], "ask.X_resume")


# ── old buttons ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stale_tap_says_which_question_and_changes_only_after_a_yes() -> None:
    """The old question is named; "no" leaves everything, "yes" changes that answer and goes on."""
    chat = Chat().until("Q06")
    assert chat.taps("yes", "Q01") == ["stale.question", "ask.Q01", "ask.X_stale.yes"]
    chat.taps("no")
    assert (chat.value("Q01"), chat.open) == ("no", "Q06")
    chat.taps("yes", "Q01")
    chat.taps("yes")
    assert (chat.value("Q01"), chat.open) == ("yes", "Q06")


def test_a_stale_yes_brings_its_follow_up() -> None:
    """Changing an answer to yes asks what a yes asks."""
    chat = at("Q06")
    chat.taps("yes", "Q03")
    chat.taps("yes")
    assert chat.open == "Q03a"


def test_a_stale_tap_on_a_list() -> None:
    """Several ticks of an old list change it as a whole."""
    chat = Chat().until("Q06", Q02="yes", Q02_which=["pay", "hours"])
    assert "ask.X_stale.other" in chat.taps(["travel", "papers"], "Q02_which")
    chat.taps("yes")
    assert chat.value("Q02_which") == ["travel", "papers"]


def test_the_same_answer_again_changes_nothing() -> None:
    """A double tap on an old button is told so."""
    chat = at("Q02")
    assert chat.taps("no", "Q01") == ["stale.same", "ask.Q02"]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("Q20", "yes"),
        ("Q99", "yes"),
        ("Q01", "perhaps"),
        ("Q01", ["yes"]),
        ("X_tired", "go"),
        ("W2", "yes"),
        ("", None),
    ],
)
def test_a_button_that_means_nothing_now(code: str, value: object) -> None:
    """Never put, unknown or broken: said kindly, nothing recorded."""
    chat = at("Q02")
    before = dict(chat.state["answers"])
    assert chat.taps(value, code or "nothing") == ["stale.gone", "ask.Q02"]
    assert before == chat.state["answers"]


def test_an_old_person_button_is_always_honoured() -> None:
    """Whoever taps "talk to somebody" gets somebody, however old the button."""
    chat = at("Q02")
    for code, value in (("W1", "person"), ("X_person", "yes"), ("WM", "yes"), ("X_resume", "person")):
        chat.taps(value, code)
        assert "want_person" in chat.events, code


@pytest.mark.parametrize(("age", "code"), [("18", "P0"), ("14_17", "M0")])
def test_not_alone_any_more_by_the_old_button(age: str, code: str) -> None:
    """Somebody came near: the old "not now" quiets the chat at once, without a second question."""
    chat = Chat().until("M3" if code == "M0" else "Q05", P2=age)
    assert chat.taps("no", code) == ["say.later"]
    assert chat.says("greet")[-1] == "ask.X_resume"


def test_withdrawing_consent_by_its_old_button() -> None:
    """No to consent, confirmed: the answers are forgotten and nothing more is asked."""
    chat = Chat().until("Q05", Q01="yes")
    chat.taps("no", "P1")
    chat.taps("yes")
    assert {"event": "consent", "given": False, "version": "es-2026-11"} in chat.acts
    assert chat.payload["answers"] == {}
    assert chat.state["step"] == "END"


# ── states of other versions ────────────────────────────────────────────────────────────────────────────────


def test_a_state_of_another_version_is_restarted_kindly_with_its_answers() -> None:
    """The answers that are still known stay, the rest goes, and the person is told."""
    old = {
        "v": 0, "answers": {
            "Q10": {"value": "yes", "source": "button", "message_id": "x"}, "Q77": {"value": "yes", "source": "button"},
            "Q11": "yes", "Q16_which": {"value": ["sexual", "nonsense"], "source": "button"},
        }, "done": {"P0": "yes", "P1": "yes", "P2": "18", "P9": "yes"}, "emergency": "danger",
    }  # fmt: skip
    chat = Chat(state=old)
    assert chat.says("greet") == ["say.restarted", "say.hello", "ask.P3"]
    assert chat.payload["answers"] == {"Q10": "yes"}
    assert chat.payload["context"]["emergency"] == "danger"


@pytest.mark.parametrize(
    "broken", [{}, {"v": 1}, {"v": 1, "answers": []}, {"v": "x", "answers": {"Q01": None}}]
)
def test_a_broken_state_never_raises(broken: dict[str, object]) -> None:
    """Whatever came back from the store, the person gets an answer."""
    chat = Chat(state=broken)
    assert chat.says("greet")[0] == "say.restarted"
    assert chat.open == "P0"


def test_a_changed_instrument_goes_on_where_it_was() -> None:
    """Another hash: unknown codes go, the open question stays, nothing is said about it."""
    chat = at("Q03")
    chat.state["instrument_hash"] = "0" * 64
    chat.state["answers"]["Q55"] = {"value": "yes", "source": "button", "message_id": "x"}
    chat.state["step"] = "Q54"
    assert chat.says("greet") == ["say.hello", "ask.Q03"]
    assert "Q55" not in chat.payload["answers"]
    assert chat.state["instrument_hash"] == INSTRUMENTS.hash


@pytest.mark.parametrize("intent", ["deny", "decline", "unsure"])
def test_a_no_to_nothing_is_not_met_with_the_same_farewell(intent: str) -> None:
    """After a pause nothing is open: the neutral question comes, and only its no is one."""
    chat = at("Q03")
    assert chat.says("pause") == ["say.paused"]
    assert chat.says(intent) == ["ask.X_resume"]
    assert chat.says("deny") == ["say.paused"]
