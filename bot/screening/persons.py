"""A person is offered, asked for, or alarmed: what the dialogue does about people who can help. Pure.

Promises that asking for a person works at any point, that no waiting time is promised, and that an emergency
is recorded for good: saying "I am fine" ends the talk about it, not the alarm.
"""

from __future__ import annotations

import math

from bot.screening import answers, order
from bot.screening.talk import ABOUT_OTHERS, ALARM, Talk

HELPER = "helper"  # the mark of somebody who writes for another


def want(talk: Talk) -> None:
    """The person wants to talk to somebody: the gateway opens the case, the truth about waiting is told."""
    again = talk.state["wants_person"]
    talk.state["wants_person"] = True
    talk.state["wishes"]["wish"] = "person"
    talk.event("want_person")
    if again:
        still(talk)
    else:
        waiting(talk)


def still(talk: Talk) -> None:
    """They know already; and the truth about whether anybody is there."""
    talk.say("handoff.still" if talk.context.get("on_duty") else "handoff.still_off_duty")


def waiting(talk: Talk) -> None:
    """What is known of the wait: never a promise."""
    seconds = talk.context.get("wait_estimate_s")
    if not talk.context.get("on_duty"):
        talk.say("handoff.waiting_off_duty")
    elif seconds:
        talk.say("handoff.waiting", minutes=told_minutes(seconds))
    else:
        talk.say("handoff.waiting_unknown")


def told_minutes(seconds: float) -> int:
    """A wait as it is told: rounded up to five minutes, so that it sounds no surer than it is.

    >>> [told_minutes(s) for s in (20, 300, 301)]
    [5, 5, 10]
    """
    return 5 * max(1, math.ceil(seconds / 300))


def offer(talk: Talk, name: str) -> None:
    """Offer a person once; ``name`` says what led to it."""
    talk.mark(f"offer.{name}")
    talk.event("offer_person")
    talk.ask_aside("X_person", name)


def helps(talk: Talk) -> bool:
    """Whether the person writes for somebody else: says so now, or said so and was asked nothing since."""
    if ABOUT_OTHERS in talk.message.intents:
        talk.mark(HELPER)
        return True
    return talk.current == "X_other" or (HELPER in talk.state["said"] and "P1" not in talk.state["done"])


def speaks_for_self(talk: Talk) -> None:
    """The questions are to be about the person who writes, after all."""
    if HELPER in talk.state["said"]:
        talk.state["said"].remove(HELPER)


def asked(talk: Talk) -> bool:
    """Whether the person agreed to be asked, and questions would still come."""
    return talk.state["done"].get("P1") == "yes" and screening(talk)


def screening(talk: Talk) -> bool:
    """Whether questions would still come."""
    item = order.next_item(talk.script, talk.state)
    return item is not None and item.stage in order.EARLY


def emergency(talk: Talk, kind: str) -> None:
    """What was written, or what the safety rules found, is an emergency: it stays recorded for good."""
    ranks = talk.script.flow["emergencies"]
    known = talk.state["emergency"]
    open_now = (talk.state["aside"] or {}).get("q") in ALARM and kind == kind_in_question(talk)
    talk.state["emergency"] = min((k for k in (kind, known) if k in ranks), key=ranks.index)
    if open_now:
        _still(talk, kind)
    else:
        alarm(talk, kind)


def alarm(talk: Talk, kind: str) -> None:
    """Stop everything: the alarm, one warm line, numbers to call, and room to say that it is not so."""
    talk.state["emergency_denied"] = False
    talk.event("handoff", kind=kind)
    talk.say(f"emergency.{kind}")
    talk.set_aside("X_emergency", kind=kind)
    talk.ask("X_emergency", f"emergency.{kind}.lines.minor" if talk.minor else f"emergency.{kind}.lines")


def _still(talk: Talk, kind: str) -> None:
    """More of the same while the alarm is open: somebody reads it; the lines stand above, and are not said again."""
    talk.state["emergency_denied"] = False
    talk.event("handoff", kind=kind)
    talk.say("emergency.here")
    talk.ask_by_turns()


def kind_in_question(talk: Talk) -> str:
    """The kind of emergency that the open question is about."""
    told = (talk.state["aside"] or {}).get("kind") or talk.state["emergency"]
    return "danger" if told == "none" else str(told)


def check(talk: Talk, kind: str) -> None:
    """Ask once whether there is danger now; no alarm before a yes."""
    talk.ask_aside("X_check", kind=kind)


def switch_to_minor(talk: Talk) -> None:
    """Somebody turned out to be under 18: the short variant, whatever was said before."""
    answers.leave(talk)
    state = talk.state
    state["was_adult"] = state["was_adult"] or state["done"].get("P2") == "18"
    state["minor_said"] = True
    state["done"].pop("P2", None)
    if "P2" in state["trail"]:
        state["trail"].remove("P2")
    state["ticks"], state["finish"] = [], False
