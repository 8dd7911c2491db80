"""One answer taken: an effect of its own where the question has one, else recorded; then on. Pure."""

from __future__ import annotations

from typing import Any

from bot.screening import answers, asides, gates, run, wishes
from bot.screening.talk import Talk, wording

TICK_ENDS = ("done", "unsure", "declined")
EFFECTS = {**gates.EFFECTS, **wishes.EFFECTS, **asides.EFFECTS}


def answer(talk: Talk, code: str, found: Any, source: str) -> None:
    """Take ``found`` as the answer to ``code`` and go on."""
    question = talk.script.questions[code]
    if code == "X_stale":
        _stale(talk, found, source)
    elif code in EFFECTS:
        EFFECTS[code](talk, found, source)
    elif question.kind == "many":
        _ticked(talk, code, found, source)
    elif question.scored:
        gates.scored(talk, question, found, source)
    else:
        run.keep(talk, code, found)


def named(talk: Talk, code: str, found: Any, source: str) -> None:
    """What the list ``code`` holds was named when the question before it was open: a yes, and the list's answer."""
    answers.record(talk, talk.script.questions[code].follows, "yes", source)
    talk.state["step"] = code
    answer(talk, code, found, source)


def _ticked(talk: Talk, code: str, found: Any, source: str) -> None:
    """Several ticks at once are the whole list; one tick asks "¿algo más?" as long as something is left."""
    values = talk.script.questions[code].values
    given = found if isinstance(found, list) else [found]
    ticks = [v for v in (*talk.state["ticks"], *given) if v in values and v not in TICK_ENDS]
    ticks = list(dict.fromkeys(ticks))
    ended = len(given) > 1 or any(v in TICK_ENDS for v in given)
    left = [v for v in values if v not in ticks and v not in TICK_ENDS]
    if ticks and left and not ended:
        talk.state["ticks"] = ticks
        run.advance(talk)
        return
    shrug = "declined" if "declined" in given else "unsure"
    answers.record(talk, code, ticks or shrug, source)
    run.advance(talk)


def _stale(talk: Talk, found: str, source: str) -> None:
    aside = talk.state["aside"] or {}
    if found != "yes":
        run.advance(talk)
        return
    code, value = str(aside["code"]), aside["value"]
    talk.state["aside"] = None
    answers.take_back(talk, code)
    if talk.script.questions[code].kind == "many" and not isinstance(value, list):
        value = [value, "done"]
    answer(talk, code, value, source)


def ask_again(talk: Talk, code: str, value: Any) -> None:
    """A tap on an earlier question: say which one, and change it only after a yes."""
    talk.say("stale.question")
    talk.say(wording(talk, talk.script.questions[code]))
    talk.acts[-1]["about"] = code
    variant = value if value in ("yes", "no", "unsure", "declined") else "other"
    talk.ask_aside("X_stale", variant, code=code, value=value)
