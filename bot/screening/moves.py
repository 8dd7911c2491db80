"""What a person may do at any point besides answering: ask why, hear it again, go back, rest, leave. Pure.

Each function takes the turn and leaves a question open, except where the person is leaving.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.screening import answering, answers, asides, persons, run
from bot.screening.talk import ALARM, Talk, offered, rephrased

FAQ = "faq_"
UNCLEAR = "unclear"  # why a person was offered
TRIES = 3  # misunderstandings in a row until a person is offered


def why(talk: Talk) -> None:
    """The reason for the open question, in words of its own, then the question."""
    code = talk.current
    talk.say(f"why.{code}" if code in talk.script.questions else "why.other")
    run.pending(talk)


def repeat(talk: Talk) -> None:
    """The open question in other words; the next time its reason, and as it was first put."""
    aside = talk.state["aside"] or {}
    code = talk.current
    mark = f"again.{code}"
    if aside.get("q") == "X_resume" and not aside.get("asked"):
        run.neutral(talk)
    elif code == "X_stale":
        answering.ask_again(talk, str(aside["code"]), aside["value"])
    elif code not in talk.script.questions:
        run.pending(talk)
    elif talk.mark(mark):
        talk.say("say.repeat")
        talk.ask(code, rephrased(talk, talk.script.questions[code]))
    else:
        talk.state["said"].remove(mark)
        why(talk)


def back(talk: Talk) -> None:
    """Undo the last answer and ask it again; from something that broke in, only that is left."""
    aside = talk.state["aside"] or {}
    if aside.get("q") in ALARM:
        _back_in_alarm(talk)
        return
    if aside:
        run.advance(talk)
        return
    if talk.state["ticks"]:
        talk.state["ticks"] = talk.state["ticks"][:-1]
        run.pending(talk)
        return
    if not talk.state["trail"]:
        talk.say("say.back_none")
        run.pending(talk)
        return
    talk.say("say.back")
    answers.take_back(talk, talk.state["trail"][-1])
    talk.state["step"] = ""
    run.advance(talk)


def _back_in_alarm(talk: Talk) -> None:
    """Who was mistaken is asked once more whether help is needed; nothing that was raised is taken back."""
    kind = persons.kind_in_question(talk)
    talk.say("say.back" if talk.current == "X_help" else "emergency.here")
    talk.set_aside("X_emergency", kind=kind)
    talk.ask_by_turns()


def erase(talk: Talk) -> None:
    """Somebody may be looking: cover first, ask when the chat is opened again."""
    talk.state["erase_asked"] = True
    run.rest(talk)
    talk.event("lock")


def goodbye(talk: Talk) -> None:
    if talk.state["step"] == "END":
        talk.say("end.bye")
    else:
        run.pause(talk, "say.bye")


def human(talk: Talk) -> None:
    asides.ask_for_person(talk)


def language(talk: Talk) -> None:
    """A choice of the languages that are there; the truth where there is one only."""
    if len(offered(talk, talk.script.questions["X_lang"])) > 1:
        talk.ask_aside("X_lang")
        return
    talk.say("say.one_language")
    run.pending(talk)


def stop(talk: Talk) -> None:
    talk.ask_aside("X_stop")


def pause(talk: Talk) -> None:
    run.pause(talk, "say.paused")


def other_person(talk: Talk) -> None:
    """It is about somebody else: information, signs to look for, a person. Nothing is asked about the other.

    Whoever asks for a person with the same words has one; the rest can be read meanwhile.
    """
    talk.mark(persons.HELPER)
    if "human" in talk.message.intents:
        asides.ask_for_person(talk)
        return
    talk.mark("say.faq.other_person")
    talk.say("faq.other_person")
    talk.say("faq.other_person.how")
    talk.ask_aside("X_other")


def faq(talk: Talk, intent: str) -> None:
    """A short answer, then the open question again."""
    topic = intent.removeprefix(FAQ)
    talk.say(f"faq.{topic}")
    if topic == "services":
        talk.name_lines(talk.script.flow["lines"]["minor" if talk.minor else "adult"])
    run.pending(talk)


def polite(key: str) -> Callable[[Talk], None]:
    """A politeness is answered, then the open question comes again."""

    def move(talk: Talk) -> None:
        if key == "say.hello" and (talk.state["aside"] or {}).get("q") == "X_resume":
            run.neutral(talk)  # it greets by itself
            return
        talk.say(key)
        if talk.state["step"] == "END" and not talk.state["aside"] and key == "say.thanks":
            talk.say("end.bye")
            return
        run.pending(talk)

    return move


def unclear(talk: Talk) -> None:
    """Not understood: once more with the choices; then buttons or numbers only; then a person; and so on."""
    aside = talk.state["aside"] or {}
    if aside.get("q") in ALARM:
        talk.say("emergency.here")
        run.pending(talk)
        return
    if aside.get("q") == "X_resume" and not aside.get("asked"):
        run.neutral(talk)
        return
    talk.state["misses"] += 1
    tries = (talk.state["misses"] - 1) % TRIES
    if talk.current == "END" and talk.state["misses"] == 1:
        run.pending(talk)  # somebody came back and said something: not a failure to understand
    elif tries == TRIES - 1 and aside.get("q") != "X_person":
        talk.event("offer_person")
        talk.ask_aside("X_person", UNCLEAR)
    elif tries:
        talk.say("say.unclear_numbers")
        run.pending(talk)
        talk.numbered()
    else:
        talk.say("say.unclear")
        run.pending(talk)


MOVES: dict[str, Callable[[Talk], None]] = {
    "why": why,
    "repeat": repeat,
    "back": back,
    "pause": pause,
    "resume": run.pending,
    "start": run.pending,
    "erase": erase,
    "stop": stop,
    "language": language,
    "human": human,
    "thank": polite("say.thanks"),
    "goodbye": goodbye,
    "greet": polite("say.hello"),
    "faq_other_person": other_person,
}
