"""Drills, played without a console: the made-up people answer to what they are asked, and the feedback is by rule."""

from __future__ import annotations

from typing import Any

import pytest

from bot.phrasing import read_catalogue
from bot.training import play
from bot.training.persona import Persona, personas, topics
from tests.conftest import ROOT

GOOD = {
    "hello": "Hola, soy Salvia, del equipo.",
    "safe_now": "¿Puedes escribir con seguridad ahora?",
    "danger_now": "¿Estás en peligro ahora?",
    "wish": "¿Qué quieres tú?",
    "options": "Hay varias opciones, por ejemplo un abogado gratis.",
    "reply_when": "¿A qué hora te puedo escribir?",
    "children": "¿Hay niños contigo?",
    "adult": "¿Hay una persona adulta en quien confías?",
}


def played(persona: Persona, *texts: str, every: float = 60) -> list[dict[str, Any]]:
    """The talk after these answers, one a minute."""
    talk = play.opening(persona, 0)
    for n, text in enumerate(texts):
        talk += play.answer(persona, talk, text, every * (n + 1))
    return talk


@pytest.mark.parametrize("name", personas())
def test_who_asks_everything_hears_everything(name: str) -> None:
    """A good talk: every topic is answered in the person's words, nothing is missed, nobody leaves."""
    persona = personas()[name]
    talk = played(persona, *(GOOD[topic] for topic in persona.wanted))
    found = play.feedback(persona, talk, "Salvia")
    assert (found.missed, found.forbidden, found.after_leaving) == ([], [], 0)
    said = [line["text"] for line in talk if line["from"] == "person"]
    for topic in persona.wanted:
        assert persona.says[topic][0] in said
    assert not play.gone(persona, talk)


@pytest.mark.parametrize("name", personas())
def test_who_never_asks_writes_to_other_eyes(name: str) -> None:
    """The person leaves, answers no more, and whatever is written after it is counted."""
    persona = personas()[name]
    talk = played(persona, *["ya veo"] * (persona.after + 2))
    found = play.feedback(persona, talk, "Salvia")
    assert play.gone(persona, talk)
    assert talk[-1]["from"] == "staff"
    assert found.after_leaving == 2
    assert list(found.missed) == list(persona.wanted)


def test_a_promise_and_an_order_are_named() -> None:
    """With the words that were written, by the checks of real replies."""
    persona = personas()["waitress"]
    talk = played(persona, "Te prometo que mañana te sacamos de ahí", "Tienes que denunciar a tu jefe")
    kinds = {kind for kind, _ in play.feedback(persona, talk, "Salvia").forbidden}
    assert "promise" in kinds
    assert kinds & {"danger", "legal"}


def test_the_first_answer_is_timed_against_the_target() -> None:
    """Five minutes for danger; no answer is late too."""
    persona = personas()["danger"]
    assert persona.urgency == 3
    soon = play.feedback(persona, played(persona, "hola, soy Salvia", every=200), "Salvia")
    late = play.feedback(persona, played(persona, "hola, soy Salvia", every=400), "Salvia")
    assert (soon.first, soon.late, late.first, late.late) == (200, False, 400, True)
    assert play.feedback(persona, play.opening(persona, 0), "Salvia").late


def test_a_question_is_answered_once_and_small_talk_goes_on() -> None:
    """Asked again, the person says something else; the last of it again and again."""
    persona = personas()["miner"]
    talk = played(persona, GOOD["safe_now"], GOOD["safe_now"], *["ajá"] * 6)
    said = [line["text"] for line in talk if line["from"] == "person"]
    assert said.count(persona.says["safe_now"][0]) == 1
    assert said[-1] == said[-2] == persona.otherwise[-1]


def test_every_topic_and_person_has_words() -> None:
    """In the catalogue, with the reason why."""
    words = read_catalogue(ROOT / "locales/es/LC_MESSAGES/console.po")
    for name in topics():
        assert words[f"console.training.topic.{name}"]
        assert words[f"console.training.why.{name}"]
        assert play.touched([GOOD[name]]) == [name] or name in play.touched([GOOD[name]])
    assert all(words[f"console.training.persona.{name}"] for name in personas())
    assert {one.urgency for one in personas().values()} >= {2, 3}
