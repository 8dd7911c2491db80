"""What is not words: taps, on the open question or an old one, and events. Pure.

Promises that a tap on an old question never changes anything without a yes, except where it calls for help.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.screening import answering, asides, persons, run, wishes
from bot.screening.script import Question
from bot.screening.talk import RETURNS, Talk

KINDS = ("voice", "image", "sticker", "location", "contact", "edited", "unsupported")


def event(talk: Talk, event: str) -> None:
    if not talk.begun and talk.mark("say.start.hello"):
        talk.say("start.hello")
    if event == "unlocked" and talk.state["erase_asked"]:
        talk.ask_aside("X_erase")
    elif event in RETURNS:
        if not talk.begun:
            run.advance(talk)
        else:
            run.neutral(talk)
    elif event == "unfit_word":
        talk.say("say.word_other")
        run.pending(talk)
    elif event == "own_word":
        _own_word(talk)
    elif event == "rasa_was_down":
        talk.say("say.was_down")
        run.pending(talk)
    elif event == "voice":
        _voice(talk)
    else:
        talk.say(f"kind.{event if event in KINDS else 'unsupported'}")
        run.pending(talk)


def _voice(talk: Talk) -> None:
    """Who sends one audio after another may not be able to write: then a person who can listen is offered, once."""
    first = talk.mark("kind.voice")
    if talk.state["wants_person"] or talk.state["emergency"] != "none":
        talk.say("kind.voice.kept")
        run.pending(talk)
    elif first:
        talk.say("kind.voice")
        run.pending(talk)
    elif "offer.voice" not in talk.state["said"] and not talk.state["aside"]:
        persons.offer(talk, "voice")
    else:
        talk.say("kind.voice.again")
        run.pending(talk)
        talk.numbered()


def _own_word(talk: Talk) -> None:
    """A single word while the person's own is asked for: it was read by the gateway, and means nothing else here."""
    if talk.current == "W2_own":
        wishes.take_word(talk, fits=True)
    else:
        run.pending(talk)


def tap(talk: Talk, choice: Mapping[str, Any]) -> None:
    if not talk.begun:
        run.advance(talk)
        return
    code, value = str(choice.get("q")), choice.get("v")
    question = talk.script.questions.get(code)
    source = str(choice.get("source", "button"))
    if question is None or not _can(question, value):
        _gone(talk)
    elif value == "person" and code != talk.current:
        asides.ask_for_person(talk)
    elif code == talk.current:
        answering.answer(talk, code, value, source)
    elif source == "word" and question.follows and question.follows == talk.current:
        answering.named(talk, code, value, source)
    else:
        _stale(talk, question, value, source)


def _can(question: Question, value: Any) -> bool:
    allowed = {*question.values, "done"} if question.kind == "many" else set(question.values)
    if isinstance(value, list):
        return (
            question.kind == "many"
            and bool(value)
            and all(isinstance(v, str) and v in allowed for v in value)
        )
    return isinstance(value, str) and value in allowed


def _stale(talk: Talk, question: Question, value: Any, source: str) -> None:
    """A tap on a question that is not the open one; while the talk rests, only a call for help counts."""
    code = question.code
    if value == "yes" and (code == "P3" or question.danger):
        answering.answer(
            talk, code, value, source
        )  # a late yes to "are you in danger?" needs no second question
    elif value == "yes" and code in ("X_emergency", "X_check"):
        persons.emergency(talk, "danger")
    elif value == "yes" and code in ("X_person", "WM"):
        asides.ask_for_person(talk)
    elif value == "no" and (code == "P0" or question.gate):
        run.pause(talk, "say.later")
    elif code in ("X_erase", "X_stop") and value == "yes":
        talk.ask_aside(code)
    elif _rests(talk):
        _gone(talk)
    elif code == "W1o" and value != "done":
        talk.say(f"options.{value}")
        run.pending(talk)
    elif value == talk.value(code):
        talk.say("stale.same")
        run.pending(talk)
    elif code in talk.state["trail"] and not (question.kind == "many" and value == "done"):
        answering.ask_again(talk, code, value)
    else:
        _gone(talk)


def _rests(talk: Talk) -> bool:
    """Whether the talk waits for the person's word to go on: till then nothing of what was said is shown."""
    return bool((talk.state["aside"] or {}).get("q") == "X_resume")


def _gone(talk: Talk) -> None:
    talk.say("stale.paused" if _rests(talk) else "stale.gone")
    run.pending(talk)
