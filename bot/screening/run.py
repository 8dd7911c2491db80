"""The conversation goes on: everything that is due is said and done until a question waits for its answer. Pure."""

from __future__ import annotations

from bot.screening import answers, facts, memory, order, persons
from bot.screening.assess import assess
from bot.screening.script import Item
from bot.screening.talk import ALARM, Talk


def advance(talk: Talk) -> None:
    """Go on to the next open question, or to the end; from what broke in over an alarm, back to the alarm."""
    beneath = str((talk.state["aside"] or {}).get("then", ""))
    talk.state["aside"] = None
    if beneath:
        alarm_again(talk, beneath)
        return
    for key in order.settle(talk.script, talk.state).values():
        if key and talk.mark(key):
            talk.say(key)
    while True:
        item = order.next_item(talk.script, talk.state)
        if item is None:
            finish(talk)
            return
        if _do(talk, item):
            return


def keep(talk: Talk, code: str, found: str) -> None:
    """Remember the answer to a question outside the instruments, and go on."""
    talk.state["done"][code] = found
    answers.passed(talk, code)
    advance(talk)


def pending(talk: Talk) -> None:
    """Put the open question again; where the facts have moved on, the one that is due now."""
    aside = talk.state["aside"]
    if not aside:
        advance(talk)
    elif aside["q"] == "X_resume":
        neutral(talk, again=bool(aside.get("asked")))
    elif aside["q"] in (*ALARM, "X_meanwhile"):
        talk.ask_by_turns()
    else:
        talk.ask_aside(aside["q"], aside.get("variant", ""), **_more(aside))


def pause(talk: Talk, key: str) -> None:
    """Wait for the person; the next message is answered with a neutral question."""
    talk.say(key)
    rest(talk)


def rest(talk: Talk) -> None:
    talk.set_aside("X_resume", asked=False)


def neutral(talk: Talk, *, again: bool = False) -> None:
    """Show nothing of what was said until the person wants to go on; nobody is greeted ``again``."""
    talk.set_aside("X_resume", asked=True)
    talk.ask("X_resume", "again.X_resume" if again else "")


def alarm_again(talk: Talk, code: str) -> None:
    """The question of an alarm, after something else."""
    hurts = code == "X_help" and talk.state["emergency"] == "self_harm"
    talk.set_aside(code, variant="self_harm" if hurts else "")
    talk.ask_by_turns()


def ask_no_more(talk: Talk, *, wanted: bool) -> None:
    """Whether the person would rather have no more questions; what is ticked already counts."""
    talk.state["finish"] = wanted
    if wanted:
        answers.leave(talk)


def finish(talk: Talk) -> None:
    """Everything was said: quiet after the last words, else the person is asked what is needed."""
    farewell = any(act.get("say") == "end.bye" for act in talk.acts)
    talk.state["step"] = "END"
    if not farewell:
        talk.ask("END")


def close(talk: Talk, *keys: str) -> None:
    """End here, with a few last words."""
    answers.leave(talk)
    for key in keys:
        talk.say(key)
    talk.state["aside"], talk.state["step"] = None, "END"


def _more(aside: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in aside.items() if name not in ("q", "variant")}


def _do(talk: Talk, item: Item) -> bool:
    """Do one item; True when a question now waits."""
    if item.kind == "offer":
        persons.offer(talk, item.name)
        return True
    if item.kind == "ask":
        return _put(talk, item)
    talk.mark(item.mark)
    if item.kind == "say":
        talk.say(item.name)
    elif item.kind == "lines":
        fitting = [line for line, when in item.lines if facts.holds(talk.script, talk.state, when)]
        talk.name_lines(list(dict.fromkeys(fitting))[: item.most])
    else:
        _happen(talk, item.name)
    return False


def _put(talk: Talk, item: Item) -> bool:
    if item.name.startswith("X_"):
        talk.mark(item.mark)
        talk.ask_aside(item.name)
        return True
    if item.block:
        _announce(talk, item.block)
    if item.name != talk.state["step"]:
        answers.leave(talk)
        talk.state["misses"] = 0
        told = talk.state["answers"].get(item.name, {}).get("value", [])
        talk.state["ticks"] = list(told) if isinstance(told, list) else []
    talk.state["step"] = item.name
    talk.ask(item.name)
    return True


def _announce(talk: Talk, block: int) -> None:
    key = "block.offer" if talk.value("phase") == "offer" else f"block.{block}"
    if talk.mark(key):
        talk.say(key)


def _happen(talk: Talk, name: str) -> None:
    if name == "outcome":
        memory.refresh(talk.script, talk.state)
        talk.state["result"] = assess(memory.assessment(talk.state), talk.script.instruments)["type"]
        talk.event("outcome", instrument="minor" if talk.minor else "adult")
        return
    told = talk.state["wishes"]
    talk.event(
        "contact",
        may_write=bool(told.get("may_write")),
        when=told.get("when", ""),
        word_message=talk.state["word_message"],
    )
    talk.state["word_message"] = ""
