"""Rules, model and the dialogue's turn together: nobody is asked twice, and what was told counts."""

from __future__ import annotations

from typing import Any

import pytest

from bot import own_word
from bot.draft import Draft, Shown
from bot.judging import judged
from bot.reading import Message
from bot.safety.rules import check
from bot.screening import engine
from tests.unit.engine_chat import INSTRUMENTS, Chat

CALM = {"share": 0.01, "kind": "danger"}


def at(code: str) -> Chat:
    return Chat().until(code)


def draft(chat: Chat, shown: Shown | None = None) -> Draft:
    return Draft("c", "sim-whatsapp", "es", "bot", "", chat.state, shown or Shown(), True, None, False)


def judge(chat: Chat, text: str, intent: str, *also: str, shown: Shown | None = None) -> list[str]:
    """One typed message through the engine and the judgement; the keys said."""
    message = Message("m1", "text", text, "", 0.0)
    heard = engine.Input("text", intent, 0.9, also, message_id="m1")
    turn = engine.turn(INSTRUMENTS, chat.state, heard, {})
    nlu: dict[str, Any] = {"intent": intent, "also": list(also), "danger": CALM}
    turn = judged(INSTRUMENTS, draft(chat, shown), [message], turn, check(text, "es"), nlu, {})
    chat.state = turn.state
    return [act["say"] for act in turn.acts if "say" in act]


def test_a_yes_in_other_words_to_danger_is_the_yes() -> None:
    """At the gate, under the one question that may be asked, and under "do you need help?"."""
    chat = at("P3")
    assert judge(chat, "ajá", "affirm")[0] == "emergency.danger"
    assert judge(chat, "ajá", "affirm")[-1] == "ask.X_help"
    chat = at("Q12")
    chat.state = engine.check(INSTRUMENTS, chat.state, "danger", {}).state
    assert judge(chat, "ajá", "affirm")[0] == "emergency.danger"


def test_a_guess_of_the_model_is_still_asked_about() -> None:
    """Elsewhere the model alone raises no alarm; and once the question is open it is not asked again."""
    chat = at("Q12")
    assert judge(chat, "esto se puso feo", "emergency") == ["ask.X_check"]
    assert "ask.X_check" not in judge(chat, "esto se puso feo", "emergency")


def test_what_is_answered_with_a_question_counts() -> None:
    """A disclosure that answers the open question is its answer, though only danger is asked about."""
    chat = at("Q12")
    assert judge(chat, "no me pega, pero no me dejan salir", "emergency", "disclose_confinement") == [
        "ask.X_check"
    ]
    assert chat.value("Q12") == "yes"
    assert "ask.Q12" not in chat.taps("no")


def test_a_call_in_an_alarm_about_oneself_is_heard_in_that_alarm() -> None:
    """After «me quiero matar» and what followed, «ayuda» brings no lines about somebody else's violence."""
    chat = at("Q12")
    chat.put(kind="self_harm")
    chat.taps("yes")
    chat.says("human")
    assert judge(chat, "ayuda", "out_of_scope")[0] == "emergency.here"


WORDS = {"own_word": frozenset({"arepa"})}
ASKED = Shown(last=[{"id": "W2_own.no", "title": "Mejor sin palabra", "value": {"q": "W2_own", "v": "no"}}])


def test_a_word_of_ones_own_is_one_only_while_it_is_asked_for() -> None:
    """The list of words that may be chosen though they cover the chat opens nothing elsewhere."""
    chat = at("Q01")
    assert own_word.chosen(draft(chat, ASKED), " Arepa ", WORDS)
    assert not own_word.chosen(draft(chat), "arepa", WORDS)
    assert not own_word.chosen(draft(chat, ASKED), "salir", WORDS)


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "taken"),
    [
        ("amarillo", "disclose_minor", 0.93, True),
        ("chévere", "deny", 0.62, True),
        ("pausa", "pause", 1.0, False),
        ("hola", "greet", 1.0, False),
    ],
)
def test_a_single_word_is_the_word_unless_it_surely_is_a_wish(
    text: str, intent: str, confidence: float, *, taken: bool
) -> None:
    """A colour tells no age; "pausa" is a pause."""
    given = {"kind": "text", "text": text}
    assert own_word.single(draft(at("Q01"), ASKED), given, check(text, "es"))
    assert own_word.taken({"intent": intent, "confidence": confidence}) is taken


@pytest.mark.parametrize("text", ["me tienen encerrada", "auxilio", "a", "1234"])
def test_a_story_or_a_cry_is_never_a_word(text: str) -> None:
    """More than a word, or what the rules of safety mind, stays what it is."""
    assert not own_word.single(draft(at("Q01"), ASKED), {"kind": "text", "text": text}, check(text, "es"))


@pytest.mark.parametrize("intent", ["unsure", "deny", "affirm", "decline"])
def test_a_call_for_help_is_no_answer_whatever_the_model_takes_it_for(intent: str) -> None:
    """Asked about, also after it was asked once before; asked "are you in danger?", it is the yes."""
    for code in ("Q12", "P3"):
        chat = at(code)
        shown = Shown(checked=True)
        assert judge(chat, "ede m", intent, shown=shown) == ["ask.X_check"]
        assert judge(chat, "ede m", intent)[0] == "emergency.danger"
        chat.taps("yes")
        assert judge(chat, "ede m", intent)[0] == "emergency.here"
