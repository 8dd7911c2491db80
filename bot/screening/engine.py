"""The dialogue: ``(state, message) → (state′, acts)``. What to ask next, what to say, what must happen.

Pure: no clock, no chance, no input or output; the same turn repeated gives the same answer. Says message keys,
never sentences. What opens a case and how urgent it is the gateway assesses, with what ``assessment`` gives; here
the result only chooses what is said at the end. The order, the rules and the choices stand in
``instrument/flow.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.screening import disclosures, memory, order, persons, silence, taps, words
from bot.screening.keys import keys
from bot.screening.memory import assessment, wishes
from bot.screening.records import Instruments
from bot.screening.script import compile_script
from bot.screening.talk import ABOUT_OTHERS, ALARM, Input, Talk, Turn, wording

__all__ = [
    "Input",
    "Turn",
    "asks_about_danger",
    "assessment",
    "check",
    "in_alarm",
    "interrupt",
    "keys",
    "kind_in_question",
    "open_question",
    "says_danger",
    "turn",
    "wishes",
]

ALARMS = {"self_harm": "self_harm", "emergency": "danger"}
UNHEARD = Input("text")  # words of which the model was not asked


def turn(
    instruments: Instruments, state: Mapping[str, Any] | None, message: Input, context: Mapping[str, Any]
) -> Turn:
    """One message answered.

    ``state`` is None for a conversation that has not begun. ``context``: ``silence_s``, ``on_duty``,
    ``wait_estimate_s``, ``window_closes_s``, ``phase``, ``locales`` (the languages that there are texts in), all
    optional. The acts always end with a question, a farewell or an event that silences; the state given is not
    changed.
    """
    talk = _open(instruments, state, message, context)
    misses = talk.state["misses"]
    _answer(talk)
    if message.kind != "event" and talk.state["misses"] <= misses:
        talk.state["misses"] = 0  # understood: only what follows one another counts
    return _close(talk)


def interrupt(
    instruments: Instruments,
    state: Mapping[str, Any] | None,
    kind: str,
    context: Mapping[str, Any],
    told: Input = UNHEARD,
) -> Turn:
    """The safety rules found an emergency of ``kind``: everything else stops. Raises ``ValueError`` for another kind.

    What the same words tell besides, as the model understood them in ``told``, is counted.
    """
    talk = _open(instruments, state, told, context)
    _know(talk, kind)
    _count(talk)
    persons.emergency(talk, kind)
    return _close(talk)


def check(
    instruments: Instruments,
    state: Mapping[str, Any] | None,
    kind: str,
    context: Mapping[str, Any],
    told: Input = UNHEARD,
) -> Turn:
    """It may be an emergency of ``kind``, not surely: ask once, raise nothing before a yes; ``told`` is counted."""
    talk = _open(instruments, state, told, context)
    _know(talk, kind)
    _count(talk)
    persons.check(talk, kind)
    return _close(talk)


def asks_about_danger(instruments: Instruments, state: Mapping[str, Any] | None) -> bool:
    """Whether a yes to the question that is open says that there is danger."""
    if state is None:
        return False
    talk = _open(instruments, state, UNHEARD, {})
    question = talk.script.questions.get(talk.current)
    return question is not None and (question.danger or question.code in silence.DANGER)


def kind_in_question(instruments: Instruments, state: Mapping[str, Any] | None) -> str:
    """The kind of emergency that the open alarm is about."""
    return persons.kind_in_question(_open(instruments, state, UNHEARD, {}))


def says_danger(instruments: Instruments, state: Mapping[str, Any] | None, choice: Mapping[str, Any]) -> bool:
    """Whether this choice says that there is danger: a yes to a question about it, open or not."""
    return silence.says_danger(_open(instruments, state, Input("choice", choice=dict(choice)), {}))


def in_alarm(state: Mapping[str, Any] | None) -> bool:
    """Whether the talk is about danger already, so that asking once more whether there is any would be asking twice."""
    return str(((state or {}).get("aside") or {}).get("q", "")) in (*ALARM, "X_check")


def open_question(instruments: Instruments, state: Mapping[str, Any]) -> str:
    """The key of the question that the instrument would ask next, for somebody who goes on by hand; empty at its end."""
    talk = _open(instruments, state, Input("event", event="unsupported"), {})
    talk.state["finish"] = False
    code = order.next_scored(talk.script, talk.state)
    return wording(talk, talk.script.questions[code]) if code else ""


def _count(talk: Talk) -> None:
    """What was told counts, and answers the open question where it does, though nothing is said about it."""
    if ABOUT_OTHERS not in talk.message.intents and disclosures.absorb(talk):
        disclosures.settles_open_question(talk)


def _know(talk: Talk, kind: str) -> None:
    if kind not in talk.script.flow["emergencies"]:
        raise ValueError("no such kind of emergency")


def _open(
    instruments: Instruments, state: Mapping[str, Any] | None, message: Input, context: Mapping[str, Any]
) -> Talk:
    script = compile_script(instruments)
    if state is None:
        return Talk(script, memory.new(script), message, context)
    mine, anew = memory.adopt(script, state)
    talk = Talk(script, mine, message, context)
    if anew:
        talk.say("say.restarted")
    return talk


def _close(talk: Talk) -> Turn:
    order.settle(talk.script, talk.state)
    memory.refresh(talk.script, talk.state)
    return Turn(talk.acts, talk.state)


def _answer(talk: Talk) -> None:
    message = talk.message
    kind = next((ALARMS[name] for name in ALARMS if name in message.intents), "")
    if message.kind == "text" and kind:
        disclosures.absorb(talk)
        if kind == "danger" and talk.current in ALARM:  # a guess that knows no kinds: it is about this alarm
            kind = persons.kind_in_question(talk)
        persons.emergency(talk, kind)
    elif silence.broken(talk):
        silence.answer(talk)
    elif message.kind == "event":
        taps.event(talk, message.event)
    elif message.kind == "choice":
        taps.tap(talk, message.choice or {})
    else:
        words.hear(talk)
