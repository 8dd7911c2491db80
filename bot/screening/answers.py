"""Answers: recorded, told in passing, taken back. Pure on one turn's state.

Promises that a yes told in the person's own words is never lost to a later no: both are kept, the safer reading
counts, and the contradiction is marked for the person who reads the case.
"""

from __future__ import annotations

from typing import Any

from bot.screening import facts
from bot.screening.script import SHRUGS, Script
from bot.screening.talk import Talk

OUTCOME = "event.outcome"


def record(talk: Talk, code: str, found: Any, source: str) -> None:
    """Keep the answer to a question of an instrument."""
    answers = talk.state["answers"]
    old = answers.get(code)
    if old and old["source"] == "narrative":
        old["confirmed"] = True
        if isinstance(old["value"], list) and isinstance(found, list):
            old["value"] = list(dict.fromkeys([*old["value"], *found]))
        if found == "no":
            old["contradicted"] = True
    else:
        answers[code] = {"value": found, "source": source, "message_id": talk.message.message_id}
    if talk.script.questions[code].kind == "yesno" and answers[code]["value"] != "yes":
        _drop_follow_ups(talk, code)
    passed(talk, code)


def leave(talk: Talk) -> None:
    """What was ticked of a list that the person does not go on with is its answer."""
    question, ticks = talk.script.questions.get(talk.state["step"]), talk.state["ticks"]
    if question is None or question.kind != "many" or not ticks:
        return
    if talk.state["answers"].get(question.code, {}).get("value") != ticks:
        record(talk, question.code, ticks, "button")


def passed(talk: Talk, code: str) -> None:
    """The question was answered: it can be gone back to, and the outcome is drawn again from here."""
    state = talk.state
    if code in state["trail"]:
        state["trail"].remove(code)
    state["trail"].append(code)
    state["ticks"], state["misses"] = [], 0
    if talk.script.questions[code].scored and OUTCOME in state["said"]:
        state["said"].remove(OUTCOME)


def tell(talk: Talk, code: str, tick: str = "") -> None:
    """Count a yes (or one tick of a list) that the person told in their own words."""
    answers = talk.state["answers"]
    old = answers.get(code)
    if old and old["source"] == "rule":
        old = None
    if tick and talk.script.questions[code].kind == "many":
        _tell_tick(talk, code, tick, old)
        return
    wanted = tick or "yes"
    if old and old["value"] not in ("no", *SHRUGS):
        return
    new: dict[str, Any] = {"value": wanted, "source": "narrative", "message_id": talk.message.message_id}
    if old:
        new["confirmed"] = True
        if old["value"] == "no":
            new["contradicted"] = True
    answers[code] = new
    _reopen_outcome(talk)


def _tell_tick(talk: Talk, code: str, tick: str, old: dict[str, Any] | None) -> None:
    ticks = list(old["value"]) if old and isinstance(old["value"], list) else []
    if tick in ticks:
        return
    if code == talk.state["step"] and not old:
        talk.state["ticks"] = [*talk.state["ticks"], tick]
        return
    source = old["source"] if old and ticks else "narrative"
    talk.state["answers"][code] = {
        "value": [*ticks, tick],
        "source": source,
        "message_id": talk.message.message_id,
    }
    _reopen_outcome(talk)


def _reopen_outcome(talk: Talk) -> None:
    if OUTCOME in talk.state["said"]:
        talk.state["said"].remove(OUTCOME)


def take_back(talk: Talk, code: str) -> None:
    """Undo one answer, and what followed from it. What was told in own words is only unconfirmed."""
    state = talk.state
    if state["done"].pop(code, None) == "18":
        state["was_adult"] = True  # counts only if the new answer is a younger age
    state["ticks"], state["finish"] = [], False
    if code in state["trail"]:
        state["trail"].remove(code)
    _forget(state, code)
    _drop_follow_ups(talk, code)
    if talk.script.questions[code].scored:
        _reopen_outcome(talk)


def _drop_follow_ups(talk: Talk, code: str) -> None:
    for question in talk.script.follow_ups(code):
        _forget(talk.state, question.code)
        if question.code in talk.state["trail"]:
            talk.state["trail"].remove(question.code)


def _forget(state: dict[str, Any], code: str) -> None:
    answer = state["answers"].get(code)
    if answer is None:
        return
    if answer["source"] == "narrative":
        answer.pop("confirmed", None)
        answer.pop("contradicted", None)
    else:
        del state["answers"][code]


def retell(talk: Talk) -> None:
    """After the instrument changed: what was told counts in the questions of the new one."""
    for intent, message_id in talk.state["told"].items():
        for code, tick in targets(talk.script, talk.state, intent):
            if code not in talk.state["answers"] or talk.state["answers"][code]["source"] == "rule":
                tell(talk, code, tick)
                if code in talk.state["answers"]:
                    talk.state["answers"][code]["message_id"] = message_id


def targets(script: Script, state: dict[str, Any], intent: str) -> list[tuple[str, str]]:
    """The questions, and ticks of lists, that a disclosure answers in the instrument in use."""
    return script.discloses[facts.instrument(state)].get(intent, [])
