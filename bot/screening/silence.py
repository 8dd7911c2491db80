"""After half an hour of silence: nothing of what was said is shown, and nothing that is told is lost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.screening import answers, disclosures, moves, persons, run
from bot.screening.script import SHRUGS
from bot.screening.talk import ABOUT_OTHERS, RETURNS, Talk

DANGER = ("P3", "X_emergency", "X_check")


def broken(talk: Talk) -> bool:
    if talk.message.event in RETURNS:
        return False  # answered neutrally anyway, and a wish to erase must not be forgotten
    long = float(talk.context.get("silence_s") or 0) >= talk.script.flow["silence_seconds"]
    return talk.begun and long and not _goes_on(talk) and not says_danger(talk)


def says_danger(talk: Talk) -> bool:
    """A yes chosen under a question about danger: never too late, and no reason to wait."""
    choice = talk.message.choice or {}
    question = talk.script.questions.get(str(choice.get("q")))
    danger = question is not None and (question.danger or question.code in DANGER)
    return danger and choice.get("v") == "yes"


def _goes_on(talk: Talk) -> bool:
    """The neutral question was the last thing shown, and this answers it."""
    aside = talk.state["aside"] or {}
    if aside.get("q") != "X_resume" or not aside.get("asked"):
        return False
    choice = talk.message.choice or {}
    return choice.get("q") == "X_resume" or talk.message.intent in ("affirm", "resume", "start", "human")


def answer(talk: Talk) -> None:
    """Nothing of what was said is shown; what was told now still counts."""
    message = talk.message
    if message.kind == "text" and ABOUT_OTHERS not in message.intents:
        disclosures.absorb(talk)
    if message.intent == "erase":
        moves.erase(talk)
        return
    if message.intent == "stop":
        moves.stop(talk)
        return
    if "human" in message.intents or (message.choice or {}).get("v") == "person":
        persons.want(talk)
    if message.kind == "choice":
        _keep_tap(talk, message.choice or {})
    run.neutral(talk)


def _keep_tap(talk: Talk, choice: Mapping[str, Any]) -> None:
    """A button says which question it answers: it counts even when its answer came late."""
    question = talk.script.questions.get(str(choice.get("q")))
    value = choice.get("v")
    if question is None or not question.scored or question.code != talk.current:
        return
    if value not in question.values or question.gate or question.danger:
        return
    if question.kind == "many":
        ticks = [*talk.state["ticks"], *([] if value in SHRUGS else [value])]
        talk.state["ticks"] = list(dict.fromkeys(ticks))
    else:
        answers.record(talk, question.code, value, str(choice.get("source", "button")))
