"""After the questions: what the person wants, how to write safely, where she is, and the end. Pure.

Promises that nothing is decided for the person; the text of a word of one's own never comes here.
"""

from __future__ import annotations

from bot.screening import persons, run
from bot.screening.talk import Effect, Talk


def _minor_wish(talk: Talk, found: str, _source: str) -> None:
    if found == "yes":
        persons.want(talk)
    else:
        talk.say("minor.no_person")
    run.keep(talk, "WM", found)


def _wish(talk: Talk, found: str, _source: str) -> None:
    talk.state["wishes"]["wish"] = found
    if found == "person":
        persons.want(talk)
    elif found == "options":
        talk.say("options.decide")
    elif found == "nothing":
        talk.say("say.nothing")
    run.keep(talk, "W1", found)


def _option(talk: Talk, found: str, _source: str) -> None:
    if found == "done":
        run.keep(talk, "W1o", found)
        return
    talk.say(f"options.{found}")
    talk.state["read"] = [*talk.state["read"], found]
    talk.state["misses"] = 0
    run.advance(talk)


def _kept(code: str, name: str) -> Effect:
    def effect(talk: Talk, found: str, _source: str) -> None:
        talk.state["wishes"][name] = found == "yes" if name == "may_write" else found
        run.keep(talk, code, found)

    return effect


def _own_word(talk: Talk, found: str, _source: str) -> None:
    talk.state["wishes"]["has_word"] = False
    run.keep(talk, "W2_own", found)


def take_word(talk: Talk, *, fits: bool) -> None:
    """The message is the person's own word: the gateway finds it by its id; its text never comes here.

    What means yes or "I don't know" does not fit: it would close the chat at the next answer.
    """
    if not fits:
        talk.say("say.word_other")
        run.pending(talk)
        return
    talk.state["wishes"]["has_word"] = True
    talk.state["word_message"] = talk.message.message_id
    talk.say("say.word_kept")
    run.keep(talk, "W2_own", "no")


def _after_end(talk: Talk, found: str, _source: str) -> None:
    state = talk.state
    if found == "person":
        persons.want(talk)
    elif found == "options":
        state["done"]["W1"], state["read"] = "options", []
        state["done"].pop("W1o", None)
    elif found == "lines":
        state["done"]["W1"] = "info"
        state["said"] = [m for m in state["said"] if not m.startswith(("lines.", "say.lines"))]
        talk.mark("say.info.signs")
        talk.mark("say.info.rights")
    else:
        restart(talk)
        return
    state["step"] = ""
    run.advance(talk)


def restart(talk: Talk) -> None:
    """Begin anew; age, consent, and what was asked of people stay."""
    state = talk.state
    state["done"] = {
        code: v for code, v in state["done"].items() if code == "P2" or (code == "P1" and v == "yes")
    }
    state["said"] = [mark for mark in state["said"] if mark.startswith(("say.start.", "say.consent."))]
    for name in ("answers", "told"):
        state[name] = {}
    for name in ("trail", "ticks", "read"):
        state[name] = []
    state["finish"], state["step"], state["misses"], state["result"] = False, "", 0, ""
    run.advance(talk)


EFFECTS: dict[str, Effect] = {
    "WM": _minor_wish,
    "W1": _wish,
    "W1o": _option,
    "W2": _kept("W2", "may_write"),
    "W2_when": _kept("W2_when", "when"),
    "W2_own": _own_word,
    "W3": _kept("W3", "department"),
    "END": _after_end,
}
