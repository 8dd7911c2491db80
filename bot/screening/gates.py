"""Before the questions: what an answer to a gate does. Writing safely, consent, age, danger, the hard block. Pure.

Promises that danger told stops everything, and that a refusal of consent leaves no answer behind.
"""

from __future__ import annotations

from bot.screening import answers, persons, run
from bot.screening.script import Question
from bot.screening.talk import OVER, Effect, Talk


def _safe_to_write(talk: Talk, found: str, _source: str) -> None:
    if found == "no":
        run.pause(talk, "say.later")
    else:
        run.keep(talk, "P0", found)


def scored(talk: Talk, question: Question, found: str, source: str) -> None:
    """The answer to a question of an instrument, with what its data say of it: a gate, a danger, thanks."""
    if question.gate and found == "no":
        talk.say("say.later")
        talk.say("minor.lines")
        run.rest(talk)
        return
    answers.record(talk, question.code, found, source)
    if question.danger and _stops(talk, found):
        return
    if question.thanks and found == "yes":
        talk.say(question.thanks)
    run.advance(talk)


def _stops(talk: Talk, found: str) -> bool:
    """Whether danger was told: then everything else stops."""
    if found == "yes":
        persons.alarm(talk, "danger")
    elif found == "unsure":
        talk.say("say.danger_unsure")
    return found == "yes"


def _consent(talk: Talk, found: str, _source: str) -> None:
    state = talk.state
    talk.event("consent", given=found == "yes", version=talk.script.flow["consent_version"])
    if found == "yes":
        run.keep(talk, "P1", found)
        return
    state["done"]["P1"] = "no"
    answers.passed(talk, "P1")
    state["answers"], state["told"] = {}, {}
    state["finish"], state["done"]["W1"] = True, "nothing"
    talk.mark("say.end.clear")
    talk.mark("say.end.bye")
    run.close(talk, "consent.no", "info.rights")
    talk.name_lines(talk.script.flow["lines"]["refused"])
    talk.say("consent.later")


def _age(talk: Talk, found: str, _source: str) -> None:
    before = talk.minor
    talk.state["done"]["P2"] = found
    answers.passed(talk, "P2")
    if talk.minor != before:
        answers.retell(talk)
    if found == "declined" and not talk.state["minor_said"]:
        talk.say("minor.doubt")
    run.advance(talk)


def _danger(talk: Talk, found: str, source: str) -> None:
    if source == OVER:
        talk.mark(OVER)
    elif OVER in talk.state["said"]:
        talk.state["said"].remove(OVER)
    talk.state["done"]["P3"] = found
    answers.passed(talk, "P3")
    if not _stops(talk, found):
        run.advance(talk)


def _hard_block(talk: Talk, found: str, _source: str) -> None:
    notice = f"block.{talk.script.questions['B4'].block}"
    if found == "skip":
        talk.mark(f"{notice}.skipped")
        talk.say(f"{notice}.skipped")
    else:
        talk.mark(notice)
    run.keep(talk, "B4", found)


EFFECTS: dict[str, Effect] = {
    "P0": _safe_to_write,
    "P1": _consent,
    "P2": _age,
    "P3": _danger,
    "B4": _hard_block,
}
