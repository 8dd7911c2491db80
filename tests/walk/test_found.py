"""What the walk has found, each as its shortest story."""

from __future__ import annotations

import pytest

from bot.reading import Message
from tests.unit.engine_chat import Chat
from tests.walk import person as person_module
from tests.walk.person import Person, mac

GATES = ("P0.yes", "P1.yes", "P2.18", "P3.no", "P4.now", "P5.full")


def at_the_questions(channel: str = "telegram") -> Person:
    person = Person(channel)
    person.reads("greet")
    person.types("hola")
    for choice in GATES:
        person.taps(choice)
    return person


def with_a_responder() -> Person:
    person = at_the_questions()
    person.reads("human")
    person.types("zq wv")
    person.claimed()
    return person


def test_erasing_works_after_stop() -> None:
    """Whoever stopped and writes BORRAR is asked, not held."""
    person = at_the_questions()
    person.types("ALTO")
    assert person.types("BORRAR") == ["erase.confirm"]
    person.types("1")
    assert person.erased


def test_erasing_works_while_a_person_speaks_but_a_plain_yes_is_for_the_person() -> None:
    """The button erases; "sí" may be the answer to what the responder asked."""
    person = with_a_responder()
    assert person.types("BORRAR") == ["erase.confirm"]
    assert person.types("sí") == []
    assert not person.erased
    person.types("BORRAR")
    person.taps("erase.yes")
    assert person.erased


def test_a_yes_in_other_words_erases_and_answers_no_question() -> None:
    """«Claro que sí» to "shall I erase?" must not become a yes to the question before it."""
    person = at_the_questions()
    person.types("BORRAR")
    person.reads("affirm")
    person.types("zq wv")
    assert person.erased


def test_a_second_call_for_help_is_asked_about_again_and_is_no_word_of_ones_own() -> None:
    """«No, estoy bien» answers one call, not the next; and no cry for help is kept as the word that opens the chat."""
    person = at_the_questions()
    person.reads("out_of_scope", danger=0.001)
    assert person.types("ayuda") == ["ask.X_check"]
    person.taps("X_check.no")
    assert person.types("ayuda") == ["ask.X_check"]
    person.taps("X_check.no")
    person.state = Chat().until("W2_own", W1="person", W2_word="yes").state
    assert person.types("ayuda por favor") == ["ask.X_check"]
    assert person.word is None


def test_after_a_long_silence_danger_is_asked_about_anew() -> None:
    """What was no danger yesterday may be one today; within one sitting the question comes once."""
    person = at_the_questions()
    person.reads("out_of_scope", danger=0.3)
    assert person.types("zq wv") == ["ask.X_check"]
    person.taps("X_check.no")
    assert "ask.X_check" not in person.types("zq wv")
    assert person.sends([person._message("text", "zq wv")], silence=1800.0) == ["ask.X_check"]


def test_an_old_erase_button_asks_again() -> None:
    """After something else was said the button asks once more, and then erases."""
    person = at_the_questions()
    person.types("BORRAR")
    person.reads("faq_cost")
    person.types("zq wv")
    assert person.taps("erase.yes") == ["erase.confirm"]
    person.taps("erase.yes")
    assert person.erased


def test_erasing_a_locked_chat_is_asked_when_it_is_opened() -> None:
    """A question now would uncover the chat."""
    person = at_the_questions()
    person.types("SALIR")
    assert person.types("BORRAR") == ["lock.ask"]
    assert person.types("sí, soy yo") == ["erase.confirm"]


def test_an_old_yes_button_opens_nothing() -> None:
    """«Sí» under an old question is no answer to "is it you?"."""
    person = at_the_questions()
    person.taps("Q01.yes")
    person.types("SALIR")
    person.types("hola")
    person.taps("P0.yes")
    assert person.phase == "locked"


def test_leaving_after_stop_returns_to_the_responder() -> None:
    """Stopped, then left, then back: the person who holds the case still speaks."""
    person = with_a_responder()
    person.types("ALTO")
    person.types("SALIR")
    person.types("sí, soy yo")
    assert person.phase == "human"


def test_what_was_about_to_be_said_is_dropped_by_leaving() -> None:
    """An answer and SALIR in one batch: the next question must not arrive when the chat is opened."""
    person = at_the_questions()
    messages = [Message("a", "choice", "No", "Q01.no", 0.0), Message("b", "text", "SALIR", "", 0.0)]
    assert person.sends(messages) == ["exit.cover"]
    assert person.types("sí, soy yo") == ["ask.X_resume"]
    assert person.answers["Q01"]["value"] == "no"


def test_a_stop_in_the_same_breath_does_not_show_beside_the_cover() -> None:
    """Whoever looks over the shoulder sees one harmless line."""
    person = at_the_questions()
    person.reads("stop")
    assert person.types("zq wv") == ["stop.confirm"]
    assert person.sends(
        [Message(f"b{n}", "text", text, "", 0.0) for n, text in enumerate(("1", "SALIR"))]
    ) == ["exit.cover"]


def test_a_closed_case_is_not_opened_again_by_a_greeting() -> None:
    """What a person has looked at is looked at; a new sign opens a new case."""
    person = at_the_questions()
    person.types("me está pegando ahora, ayuda")
    person.closed()
    person.reads("greet")
    person.types("zq wv")
    assert not person.case
    person.types("me quiero matar")
    assert (person.case, person.floor) == (True, "U3")


def test_an_old_button_for_more_answers_is_refused_kindly() -> None:
    """«Otra respuesta» of an earlier question has nothing to show any more."""
    person = at_the_questions("whatsapp")
    person.taps("Q01.no")
    assert person.taps("Q01.more") == ["stale.gone", "ask.Q02"]


def test_a_late_tick_of_a_list_counts() -> None:
    """A button says which question it answers, also after half an hour."""
    person = at_the_questions()
    person.taps("Q01.no")
    person.taps("Q02.yes")
    assert person.taps("Q02_which.pay", silence=4000.0) == ["ask.X_resume"]
    assert person.state is not None
    assert person.state["ticks"] == ["pay"]


def test_a_word_of_ones_own_is_no_tap() -> None:
    """The private word opens and closes; nothing else does once there is one."""
    person = at_the_questions()
    person.word = mac("c", "cachapa")
    assert person.types("Cachapa") == ["exit.cover"]
    assert person.types("sí, soy yo") == []
    assert person.types("cachapa") == ["ask.X_resume"]


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/affirm",
        '/affirm{"q": "P2", "v": "18"}',
        '{"q": "P2", "v": "18"}',
        "[['sí']]",
        "<b>sí</b>",
        " <script>sí</script>",
        "https://example.org/?v=1",
    ],
)
def test_what_no_person_says_is_never_read_as_an_answer(text: str) -> None:
    """Commands, JSON and HTML reach the model without a word in them; the question comes again."""
    person = Person("telegram")
    person.reads("greet")
    person.types("hola")
    person.reads("affirm")
    assert person.types(text) == ["say.unclear", "ask.P0"]
    assert person.asked[-1] == ""


@pytest.mark.parametrize(
    "text", ["/start", "<3 gracias", "/me pegan mucho", "[no sé]", "sí, {claro}", "mira https://a.pe"]
)
def test_odd_signs_around_words_leave_them_words(text: str) -> None:
    """A heart, a bracket or a slash before a sentence hides nothing of it."""
    person = at_the_questions()
    person.reads("greet")
    person.types(text)
    assert person.asked[-1] == text


def test_what_is_too_long_for_the_model_is_cut_in_the_middle() -> None:
    """Beginning and end are read; the message is answered like any other."""
    person = at_the_questions()
    person.reads("disclose_debt")
    assert person.types("me deben " + "x" * 60_000 + " y no me pagan")[0] == "ack.disclose_debt"
    assert person.asked[-1].startswith("me deben")
    assert person.asked[-1].endswith("no me pagan")
    assert len(person.asked[-1]) < 16_384


def test_whether_somebody_is_there_is_said_once() -> None:
    """After «sí, necesito ayuda» the truth about duty stands once, not twice."""
    person = at_the_questions()
    person.reads("emergency")
    person.types("me está pegando ahora, ayuda")
    assert person.taps("X_emergency.yes") == ["handoff.emergency_again_off_duty", "ask.X_help"]


def test_a_case_for_a_child_is_told_with_the_truth_about_duty() -> None:
    """The outcome says that somebody will be told; whether anybody is there now belongs beside it."""
    person = Person("telegram")
    person.reads("greet")
    person.types("hola")
    for choice in ("P0.yes", "P1.yes", "P2.u14", "M0.yes", "M1.no", "M2.family"):
        person.taps(choice)
    said = person.taps("M8.yes")
    assert said == ["say.told_body", "outcome.MR3", "handoff.opened_off_duty", "ask.WM"]


@pytest.fixture
def empanada(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that the editors have added to the exit words."""
    words = person_module.WORDS
    monkeypatch.setitem(words._files, "es", {**words._files["es"], "exit": frozenset({"empanada"})})
    monkeypatch.setattr(words, "_merged", {})


@pytest.mark.usefixtures("empanada")
def test_an_exit_word_of_the_editors_closes_the_chat() -> None:
    """At once, in any phase that speaks, in a burst too, and not while it stands among other words."""
    person = at_the_questions()
    assert person.types("¡Empanada!") == ["exit.cover"]
    assert person.types("empanada") == []
    person.types("sí, soy yo")
    person.reads("out_of_scope")
    person.types("me gusta la empanada")
    assert person.phase == "bot"
    burst = [Message(str(n), "text", text, "", 0.0) for n, text in enumerate(("hola", "empanada", "qué"))]
    assert person.sends(burst) == ["exit.cover", "lock.ask"]
    assert person.phase == "locked"


def test_ones_own_word_counts_in_a_burst() -> None:
    """Written in a hurry after something else, it still closes the chat, and opens it."""
    person = at_the_questions()
    person.word = mac("c", "cachapa")
    burst = [Message("a", "text", "espera", "", 0.0), Message("b", "text", "cachapa", "", 0.0)]
    assert person.sends(burst) == ["exit.cover"]
    burst = [Message("c", "text", "hola", "", 0.0), Message("d", "text", "Cachapa", "", 0.0)]
    assert person.sends(burst) == ["ask.X_resume"]


@pytest.mark.parametrize("said", ["si soy yo", "Sí, soy yo", "soy yo", "1", "sí"])
def test_any_way_of_saying_it_opens_the_chat(said: str) -> None:
    """Also after "is it you?" was asked."""
    person = at_the_questions()
    person.types("SALIR")
    person.types("hola")
    assert person.types(said) == ["ask.X_resume"]


def test_a_wish_to_erase_outlives_leaving() -> None:
    """BORRAR, then somebody came: the question waits for the return."""
    person = at_the_questions()
    person.types("BORRAR")
    person.types("SALIR")
    assert person.types("sí, soy yo") == ["erase.confirm"]


def test_why_and_repeat_are_about_erasing_while_it_is_asked() -> None:
    """Its own reason and its own other words, and the question stays."""
    person = at_the_questions()
    person.types("BORRAR")
    person.reads("why")
    assert person.types("zq wv") == ["why.X_erase", "erase.confirm"]
    person.reads("repeat")
    assert person.types("zq wv") == ["again.X_erase"]
    person.reads("deny")
    assert person.types("zq wv") == ["ask.X_resume"]


@pytest.mark.parametrize("word", ["sí", "7", "no sé", "wi", "papeles", "SALIR"])
def test_an_answer_is_no_word_of_ones_own(word: str) -> None:
    """It would close the chat at every answer; another is asked for, and then kept."""
    person = at_the_questions()
    person.reads("human")
    person.types("zq wv")
    for choice in ("X_meanwhile.no", "W2.no", "W2_word.yes"):
        person.taps(choice)
    person.reads("out_of_scope")
    said = person.types(word)
    if word == "SALIR":
        assert said == ["exit.cover"]
        return
    assert said == ["say.word_other", "ask.W2_own"]
    assert person.types("tamarindo")[0] == "say.word_kept"
    assert person.types("Tamarindo") == ["exit.cover"]


def test_what_the_model_takes_for_a_yes_is_no_word_either() -> None:
    """Also where it stands in no list."""
    person = at_the_questions()
    person.reads("human")
    person.types("zq wv")
    for choice in ("X_meanwhile.no", "W2.no", "W2_word.yes"):
        person.taps(choice)
    person.reads("affirm")
    assert person.types("zq wv") == ["say.word_other", "ask.W2_own"]
