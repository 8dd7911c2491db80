"""The whole way of an adult: gate, blocks, outcome, wishes, lines; long, short, past, and only an offer."""

from __future__ import annotations

import pytest

from tests.unit.engine_chat import Chat


def test_first_contact_greets_and_asks_only_whether_writing_is_safe() -> None:
    """Before the person says that writing is safe, nothing but a greeting and that question goes out."""
    chat = Chat()
    assert chat.says("greet") == ["start.hello", "ask.P0"]
    assert chat.choices == ["yes", "no"]


@pytest.mark.parametrize(
    "intent", ["affirm", "deny", "out_of_scope", "goodbye", "thank", "why", "resume", "decline"]
)
def test_whatever_the_first_words_are_the_greeting_comes_first(intent: str) -> None:
    """No first message skips the greeting or counts as an answer to a question never put."""
    chat = Chat()
    assert chat.says(intent) == ["start.hello", "ask.P0"]
    assert chat.state["done"] == {}


def test_not_safe_to_write_ends_quietly_and_asks_again_later() -> None:
    """A no to P0 asks nothing more; the next message gets a neutral question, and P0 comes again."""
    chat = Chat()
    chat.says("greet")
    assert chat.taps("no") == ["say.later"]
    assert chat.says("out_of_scope") == ["ask.X_resume"]
    assert chat.taps("yes") == ["ask.P0"]


@pytest.mark.parametrize("word", ["affirm", "start"])
def test_consent_is_recorded_with_its_version_typed_or_tapped(word: str) -> None:
    """The consent event carries the version of the text that was agreed to."""
    for answer in (lambda c: c.says(word), lambda c: c.taps("yes")):
        chat = Chat().until("P1")
        answer(chat)
        assert chat.acts[0] == {"event": "consent", "given": True, "version": "es-2026-11"}
        assert chat.open == "P2"


def test_without_consent_there_are_rights_and_lines_and_no_question() -> None:
    """A no to P1 asks nothing, leaves lines of two kinds, and what was told before is forgotten."""
    chat = Chat()
    chat.says("disclose_documents")
    chat.until("P1").taps("no")
    assert chat.acts[0] == {"event": "consent", "given": False, "version": "es-2026-11"}
    lines = ["referral.100", "referral.1884", "referral.1810", "lines.note"]
    assert chat.said == ["consent.no", "info.rights", *lines, "consent.later"]
    assert not any(act.get("choices") for act in chat.acts)
    assert chat.payload["answers"] == {}
    assert "outcome" not in chat.events
    chat.says("greet")
    assert chat.open == "END"


def test_a_shrug_at_consent_gets_the_reason_and_is_no_yes() -> None:
    """«I don't know» is not consent: the reason is given and the question stays open."""
    chat = Chat().until("P1")
    assert chat.says("unsure") == ["why.P1", "ask.P1"]
    assert "P1" not in chat.state["done"]


def test_the_whole_path_by_buttons() -> None:
    """Every question is put once, in the order of the blocks, and the end has outcome, wish, region and lines."""
    chat = Chat().until(
        "W1",
        Q01="yes", Q02="yes", Q02_which=["pay", "papers"], Q03="yes", Q04="yes", Q05="yes", Q05_which=["trust", "family"],
        Q06="yes", Q07="yes", Q10="yes", Q13="yes", Q13_which="both", Q16="yes", Q16_which=["lying", "other"], Q18="yes",
    )  # fmt: skip
    scored = [code for code in chat.asked if code[0] == "Q"]
    order = (
        "Q01 Q02 Q02_which Q03 Q03a Q04 Q04a Q05 Q05_which Q06 Q07 Q07a Q08 Q09 "
        "Q10 Q11 Q12 Q13 Q13_which Q14 Q15 Q16 Q16_which Q17 Q18 Q19 Q20"
    )
    assert order.split() == scored
    assert [a for a in chat.acts if "event" in a] == [{"event": "outcome", "instrument": "adult"}]
    assert chat.value("Q02_which") == ["pay", "papers"]
    assert chat.payload["context"] == {"phase": "now", "age_band": "18", "danger_today": "no"}
    chat.taps("info")
    chat.taps("lima")
    assert chat.said[0] == "lines.intro"
    assert chat.said[-2:] == ["end.clear", "end.bye"]
    assert 2 <= sum(key.startswith("referral.") for key in chat.said) <= 4


def test_every_answer_keeps_where_it_came_from() -> None:
    """Source and message id stand beside each answer, so that the summary can point at them."""
    chat = Chat().until("Q01")
    chat.taps("no")
    chat.taps("unsure", source="digit")
    chat.says("deny")
    chat.says("unsure", partly=True)
    sources = {code: (a["value"], a["source"]) for code, a in chat.state["answers"].items()}
    assert sources == {
        "Q01": ("no", "button"), "Q02": ("unsure", "digit"), "Q03": ("no", "word"), "Q04": ("yes", "partly")
    }  # fmt: skip
    assert chat.state["answers"]["Q04"]["message_id"] == f"m{chat.n}"


def test_blocks_are_announced_once_and_the_hard_one_asks_first() -> None:
    """Before the sensitive block the person may skip the whole of it."""
    chat = Chat().until("B4", Q06="yes")
    assert [int(a["say"][-1]) for a in chat.all if a.get("say", "").startswith("block.")] == [1, 2, 3]
    assert chat.choices == ["go", "skip"]
    chat.taps("skip")
    assert "block.4.skipped" in chat.said
    assert chat.open == "Q18"
    assert None is chat.value("Q16")


def test_little_time_means_five_questions_and_then_a_person() -> None:
    """The short path asks Q10 Q11 Q12 Q15 Q17 and offers a person; what was not asked stays missing."""
    chat = Chat().until("X_person", P5="short")
    assert [c for c in chat.asked if c[0] == "Q"] == ["Q10", "Q11", "Q12", "Q15", "Q17"]
    assert "ask.X_person.short" in chat.said
    assert {"Q10", "Q11", "Q12", "Q15", "Q17"} == set(chat.payload["answers"])
    chat.taps("no")
    assert chat.events == ["outcome"]


def test_an_offer_has_its_own_five_questions_and_advice() -> None:
    """Only an offer: five questions in their own words, no work or violence, then how to stay safe."""
    chat = Chat().until("W1", P4="offer", Q02="yes", Q02_which=["pay", "hours"], Q04="yes", Q10="yes")
    asked = [a["say"] for a in chat.all if str(a.get("about", "")).startswith("Q")]
    assert asked == [
        "ask.Q01.offer", "ask.Q02.offer", "ask.Q02_which.offer", "ask.Q04.offer", "ask.Q05.offer", "ask.Q10.offer"
    ]  # fmt: skip
    assert "offer.advice" in chat.said
    assert [act["say"] for act in chat.all if act.get("say", "").startswith("block")] == ["block.offer"]
    assert "na" == chat.value("Q06") == chat.value("Q04a") == chat.value("Q17")
    assert chat.payload["context"]["phase"] == "offer"


def test_an_offer_that_is_more_becomes_now() -> None:
    """Told of an offer that somebody locks them in: the questions about now are asked after all."""
    chat = Chat().until("Q02", P4="offer")
    chat.says("disclose_confinement")
    assert chat.payload["context"]["phase"] == "now"
    chat.until("Q06")
    assert "ask.Q06" in chat.said


def test_the_past_is_asked_in_past_tense_and_fear_today_too() -> None:
    """It is over: is there fear today? Then the same questions in the past."""
    chat = Chat().until("P4f", P4="past")
    chat.taps("yes")
    chat.until("Q12")
    assert "ask.Q12.past" in chat.said
    assert {"phase": "past", "fear_today": "yes"}.items() <= chat.payload["context"].items()


def test_options_are_read_one_by_one_and_only_those_that_fit() -> None:
    """The subjects fit what was told, each is shown once, and "that is all" ends the list."""
    chat = Chat().until("W1", Q07="yes", Q11="yes")
    chat.taps("options")
    assert chat.choices == ["lawyer", "labour", "health", "debt", "report", "done"]
    assert chat.taps("debt") == ["options.debt", "ask.W1o.more"]
    assert "debt" not in chat.choices
    chat.taps("done")
    assert chat.open == "W3"


def test_wanting_nothing_ends_with_nothing_more_asked() -> None:
    """«Nothing for now» is respected: no region, no lines, how to clear the chat."""
    chat = Chat().until("W1")
    assert chat.taps("nothing") == ["say.nothing", "end.clear", "end.bye"]


@pytest.mark.parametrize(
    ("duty", "wait", "key"),
    [
        (True, 1200, "handoff.waiting"),
        (True, None, "handoff.waiting_unknown"),
        (False, 1200, "handoff.waiting_off_duty"),  # nobody there: an estimate would be a promise
    ],
)
def test_a_person_at_the_end_says_the_truth_about_waiting_and_asks_how_to_write(
    duty: bool, wait: int | None, key: str
) -> None:
    """Wanting a person opens the case; then safe contact, a word of one's own, region, lines."""
    chat = Chat(on_duty=duty, wait_estimate_s=wait).until("W1")
    chat.taps("person")
    assert chat.events == ["want_person"]
    waiting = next(act for act in chat.acts if act.get("say") == key)
    assert waiting["params"] == ({"minutes": 20} if key == "handoff.waiting" else {})
    assert chat.open == "W2"
    chat.taps("yes")
    chat.taps("morning")
    chat.taps("yes")
    assert chat.open == "W2_own"
    assert "say.word_kept" in chat.says("out_of_scope")
    contact = next(act for act in chat.acts if act.get("event") == "contact")
    assert {"event": "contact", "may_write": True, "when": "morning", "word_message": f"m{chat.n}"} == contact
    chat.taps("puno")
    assert chat.said[-1] == "end.bye"
    assert chat.payload["context"]["wants_person"] is True


def test_the_end_can_be_left_again() -> None:
    """Writing after the end asks what is needed; lines, options, a person and a new start are there."""
    chat = Chat().until("W1")
    chat.taps("nothing")
    assert chat.says("thank") == ["say.thanks", "end.bye"]
    assert chat.says("out_of_scope") == ["ask.END"]
    assert chat.choices == ["person", "options", "lines", "again"]
    chat.taps("lines")
    chat.taps("other")
    assert "referral.100" in chat.said
    chat.says("greet")
    chat.taps("again")
    assert chat.open == "P0"
    assert chat.payload["answers"] == {}
