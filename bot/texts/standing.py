"""Where in a conversation a text is said, as the messages that lead there. Pure: the dialogue itself is asked.

Made-up people answer at random, the same every time, and what they are told is noted; mild answers go first, so that
the way to a question is as a rule one without an alarm.
"""

from __future__ import annotations

import functools
import itertools
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.screening import engine
from bot.screening.engine import Input, Turn
from bot.screening.model import load
from bot.texts import rules, sayable, shape

CONTEXT = {
    "silence_s": 0.0,
    "on_duty": False,
    "wait_estimate_s": None,
    "window_closes_s": None,
    "phase": "bot",
}
PEOPLE, LONGEST = 250, 90
GATES: Mapping[str, str] = yaml.safe_load((Path(__file__).parent / "standing.yml").read_text("utf-8"))
TIMES = ("now", "past", "offer")
ASIDES = ("why", "repeat")
# What people also say; whoever hears a question named first (a disclosure) is asked about it later.
SAID = (
    *(
        "human",
        "pause",
        "stop",
        "erase",
        "language",
        "back",
        "thank",
        "goodbye",
        "out_of_scope",
        "unsure",
        "decline",
    ),
    *(
        "faq_other_person",
        "faq_identity",
        "faq_rights",
        "disclose_unpaid",
        "disclose_documents",
        "disclose_debt",
    ),
    *(
        "disclose_threats",
        "disclose_violence",
        "disclose_confinement",
        "disclose_deception",
        "disclose_overwork",
    ),
    *("disclose_control", "disclose_sexual"),
)
ALARMS = {"emergency": engine.interrupt, "check": engine.check}
Way = tuple[Input, ...]
_found: dict[str, Way] = {}
_LOCK = threading.Lock()


def way(key: str) -> Way | None:
    """The messages after which ``key`` is said; None for what these people never hear (about 3 s, the first time)."""
    said = shape.act(key, rules.common()["samples"])["say"] if key in shape.shown_in() else key
    with _LOCK:
        while said not in _found and (turns := next(_people(), None)) is not None:
            for gone, turn in turns:
                for act in turn.acts:
                    if "say" in act:
                        _found.setdefault(act["say"], gone)
        return _found.get(said)


def step(state: Mapping[str, Any] | None, message: Input) -> Turn:
    """One message of a way answered; an emergency is what the safety rules would have found."""
    if message.event in ALARMS:
        return ALARMS[message.event](load(), state, message.intent, CONTEXT)
    return engine.turn(load(), state, message, CONTEXT)


@functools.cache
def _people() -> Iterator[Iterator[tuple[Way, Turn]]]:
    """One life after the other; each is lived once."""
    alarmed = (_alarmed(name, kind) for name in ALARMS for kind in sayable.script().flow["emergencies"])
    return itertools.chain(
        alarmed,
        (_life(n) for n in range(PEOPLE)),
    )


def _alarmed(name: str, kind: str) -> Iterator[tuple[Way, Turn]]:
    """Somebody in danger after the greeting."""
    hello, alarm = _text("greet"), Input("event", kind, event=name, message_id="made-up")
    turn = step(step(None, hello).state, alarm)
    yield (hello, alarm), turn
    for intent in ASIDES:
        yield (hello, alarm, _text(intent)), step(turn.state, _text(intent))


def _life(person: int) -> Iterator[tuple[Way, Turn]]:
    """Every turn of one made-up person, and those in which they ask why, or for other words; the first are mild."""
    chance, mild = random.Random(person), 1 - person / PEOPLE  # noqa: S311 - no secret hangs on it
    gates = {**GATES, "P4": TIMES[person % len(TIMES)]}
    gone: Way = (_text("greet"),)
    turn = step(None, gone[0])
    yield gone, turn
    for _ in range(LONGEST):
        offered = next((act["choices"] for act in reversed(turn.acts) if act.get("choices")), ())
        if not offered:
            return
        for intent in ASIDES:
            yield (*gone, _text(intent)), step(turn.state, _text(intent))
        if chance.random() < (1 - mild) / 8:
            said = _text(chance.choice(SAID))
        else:
            choice = {**_chosen([one["value"] for one in offered], gates, chance, mild), "source": "button"}
            said = Input("choice", choice=choice, message_id="made-up")
        gone, turn = (*gone, said), step(turn.state, said)
        yield gone, turn


def _text(intent: str) -> Input:
    return Input("text", intent, 0.9, message_id="made-up")


def _chosen(
    values: Sequence[Mapping[str, Any]], gates: Mapping[str, str], chance: random.Random, mild: float
) -> Mapping[str, Any]:
    """The answer that goes on without a sign, or any."""
    wanted = gates.get(str(values[0]["q"]), "no")
    calm = [value for value in values if value["v"] == wanted]
    return calm[0] if calm and chance.random() < mild else chance.choice(values)
