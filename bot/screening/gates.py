"""Before the questions: what an answer to a gate does. Writing safely, consent, age, danger, the hard block. Pure.

Promises that danger told stops everything, and that a refusal of consent leaves no answer behind.
"""

from __future__ import annotations

from bot.screening import answers, persons, run
from bot.screening.talk import Effect, Talk


def _safe_to_write(talk: Talk, found: str, _source: str) -> None:
    if found == "no":
        run.pause(talk, "say.later")
    else:
        run.keep(talk, "P0", found)


def _alone(talk: Talk, found: str, source: str) -> None:
    if found == "no":
        talk.say("say.later")
        talk.say("minor.lines")
        run.rest(talk)
    else:
        answers.record(talk, "M0", found, source)
        run.advance(talk)


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
    lines = ("referral.100", "referral.1884", "referral.1810")
    run.close(talk, "consent.no", "info.rights", *lines, "consent.later")


def _age(talk: Talk, found: str, _source: str) -> None:
    before = talk.minor
    talk.state["done"]["P2"] = found
    answers.passed(talk, "P2")
    if talk.minor != before:
        answers.retell(talk)
    if found == "declined" and not talk.state["minor_said"]:
        talk.say("minor.doubt")
    run.advance(talk)


def _body(talk: Talk, found: str, source: str) -> None:
    answers.record(talk, "M8", found, source)
    if found == "yes":
        talk.say("say.told_body")
    run.advance(talk)


def _danger(code: str) -> Effect:
    def effect(talk: Talk, found: str, source: str) -> None:
        if talk.script.questions[code].scored:
            answers.record(talk, code, found, source)
        else:
            talk.state["done"][code] = found
            answers.passed(talk, code)
        if found == "yes":
            persons.alarm(talk, "danger")
            return
        if found == "unsure":
            talk.say("say.danger_unsure")
        run.advance(talk)

    return effect


def _hard_block(talk: Talk, found: str, _source: str) -> None:
    if found == "skip":
        talk.mark("block.4.skipped")
        talk.say("block.4.skipped")
    else:
        talk.mark("block.4")
    run.keep(talk, "B4", found)


EFFECTS: dict[str, Effect] = {
    "P0": _safe_to_write,
    "M0": _alone,
    "P1": _consent,
    "P2": _age,
    "P3": _danger("P3"),
    "M1": _danger("M1"),
    "M8": _body,
    "B4": _hard_block,
}
