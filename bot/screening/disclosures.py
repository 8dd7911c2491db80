"""What a person tells in their own words: thanked for once, counted at once, confirmed when its turn comes. Pure."""

from __future__ import annotations

from bot.screening import answers, facts, order, persons
from bot.screening.talk import Talk

PREFIX = "disclose_"
MINOR = "disclose_minor"


def absorb(talk: Talk) -> list[str]:
    """Count every disclosure of the message, without a word; returns what was told, the gravest first.

    ``disclose_minor`` comes first of all and has switched the instrument when this returns.
    """
    told = [name for name in talk.message.intents if name.startswith(PREFIX)]
    if MINOR in told and not _young(talk):
        persons.switch_to_minor(talk)
        answers.retell(talk)
    known = talk.script.flow["disclosures"]
    for name in sorted((n for n in told if n in known), key=known.index):
        talk.state["told"].setdefault(name, talk.message.message_id)
        for code, tick in answers.targets(talk.script, talk.state, name):
            answers.tell(talk, code, tick)
    return [*(n for n in told if n == MINOR), *sorted((n for n in told if n in known), key=known.index)]


def acknowledge(talk: Talk, told: list[str]) -> None:
    """One warm line for the gravest thing told; a short one when that had been told before."""
    name = told[0]
    talk.say(f"ack.{name}" if talk.mark(f"ack.{name}") else "say.noted")


def settles_open_question(talk: Talk) -> bool:
    """Whether what was told just now answers the very question that is open; then nothing is left to confirm."""
    code = str(talk.state["step"])
    answer = talk.state["answers"].get(code)
    if talk.state["aside"] or answer is None or answer["source"] != "narrative":
        return False
    if answer["message_id"] != talk.message.message_id and not order.confirming(talk.state, code):
        return False
    answer["confirmed"] = True
    answers.passed(talk, code)
    return True


def _young(talk: Talk) -> bool:
    return talk.state["minor_said"] or facts.age_band(talk.state) in ("u14", "14_17")
