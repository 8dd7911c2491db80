"""What breaks in for a moment: alarm, offer of a person, pause, stop, erase, language, somebody else. Pure.

Each takes the turn and the value, and lets the conversation go on where it was.
"""

from __future__ import annotations

from bot.screening import persons, run
from bot.screening.talk import OVER, Effect, Talk


def _emergency(talk: Talk, found: str, source: str) -> None:
    kind = persons.kind_in_question(talk)
    if found == "no":
        talk.state["emergency_denied"] = True
        if source == OVER:
            talk.mark(OVER)
        talk.say("emergency.denied")
        run.advance(talk)
        return
    talk.event("handoff", kind=kind)
    on_duty = talk.context.get("on_duty")
    talk.say("handoff.emergency_again" if on_duty else "handoff.emergency_again_off_duty")
    talk.set_aside("X_help", variant="self_harm" if kind == "self_harm" else "", kind=kind)
    talk.ask_by_turns(anew=True)


def _check(talk: Talk, found: str, _source: str) -> None:
    if found == "yes":
        persons.emergency(talk, persons.kind_in_question(talk))
    elif found == "person":
        ask_for_person(talk)
    else:
        talk.say("say.check_no")
        run.advance(talk)


def _go_on(talk: Talk, _found: str, _source: str) -> None:
    run.advance(talk)


def _person(talk: Talk, found: str, _source: str) -> None:
    if found == "yes":
        ask_for_person(talk)
        return
    run.ask_no_more(talk, wanted=found == "end")
    talk.say("say.person_later")
    run.advance(talk)


def ask_for_person(talk: Talk) -> None:
    """A person is wanted; where questions are still to come, whether to go on with them meanwhile.

    In an alarm nobody is asked for more answers: there is room to write, as after "I need help". Nor is anybody led
    to questions about themselves who writes for somebody else.
    """
    helps = persons.helps(talk)
    persons.want(talk)
    if talk.alarm:
        run.alarm_again(talk, "X_help")
        return
    if helps:
        if talk.mark("say.faq.other_person"):
            talk.say("faq.other_person")
        talk.ask_aside("X_other")
    elif persons.asked(talk):
        talk.ask_meanwhile()
    else:
        run.advance(talk)


def _meanwhile(talk: Talk, found: str, _source: str) -> None:
    run.ask_no_more(talk, wanted=found == "no")
    run.advance(talk)


def _tired(talk: Talk, found: str, _source: str) -> None:
    if found == "person":
        ask_for_person(talk)
    elif found == "pause":
        run.pause(talk, "say.paused")
    else:
        run.ask_no_more(talk, wanted=found == "end")
        run.advance(talk)


def _resume(talk: Talk, found: str, _source: str) -> None:
    if found == "no":
        run.pause(talk, "say.paused")
    elif found == "person":
        ask_for_person(talk)
    else:
        run.advance(talk)


def _stop(talk: Talk, found: str, _source: str) -> None:
    if found == "yes":
        talk.event("stop")
        run.rest(talk)
    else:
        run.advance(talk)


def _erase(talk: Talk, found: str, _source: str) -> None:
    talk.state["erase_asked"] = False
    if found == "yes":
        talk.event("erase")
        run.rest(talk)
    else:
        run.neutral(talk)


def _language(talk: Talk, found: str, _source: str) -> None:
    talk.event("language", locale=found)
    run.advance(talk)


def _other(talk: Talk, found: str, _source: str) -> None:
    if found == "signs":
        talk.say("other.signs")
        talk.acts[-1]["lines"] = [
            f"ask.{code}.other" for code in talk.script.flow["variants"].get("other", ())
        ]
        talk.say("other.help")
        talk.ask_aside("X_other")
    elif found == "person":
        ask_for_person(talk)
    elif found == "enough" and talk.message.kind == "text" and persons.asked(talk):
        run.advance(talk)  # a "no" is no goodbye of somebody who was answering about themselves
    elif found == "enough":
        run.close(talk, "end.clear", "end.bye")
    else:
        persons.speaks_for_self(talk)
        run.advance(talk)


EFFECTS: dict[str, Effect] = {
    "X_emergency": _emergency,
    "X_help": _go_on,
    "X_check": _check,
    "X_person": _person,
    "X_meanwhile": _meanwhile,
    "X_tired": _tired,
    "X_resume": _resume,
    "X_stop": _stop,
    "X_erase": _erase,
    "X_lang": _language,
    "X_other": _other,
}
