"""What the rules and the model make of words together, and what that does to the turn that the dialogue answered.

Stage: after the dialogue, before its acts are taken. Pure. Promise: nobody is asked about danger twice in one
sitting, unless they call for help once more, nor asked whether a yes to that question was meant; what was told counts,
whatever it is answered with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.draft import Draft
from bot.reading import Message
from bot.safety import past
from bot.safety.combine import conclude
from bot.safety.rules import CALL, Finding
from bot.screening import engine
from bot.screening.model import Instruments

WHEN = "P4"  # now, past or an offer?


def over(instruments: Instruments, draft: Draft, text: str) -> Mapping[str, Any] | None:
    """The choice that "it is over" is: "not now" to a question about danger, "past" to the one that asks when.

    None where neither is open: by itself "before" may mean anything. What was raised before stays raised.
    """
    value = "no" if engine.asks_about_danger(instruments, draft.state) else "past"
    offered = [choice["value"] for choice in draft.shown.last if choice["value"].get("v") == value]
    found = next((one for one in offered if value == "no" or one.get("q") == WHEN), None)
    return found if found is not None and past.over(text) else None


def told(nlu: Mapping[str, Any], batch: Sequence[Message]) -> engine.Input:
    """What was told in words that are answered with an alarm, or a question about danger: it counts all the same."""
    return engine.Input(
        "text",
        intent=str(nlu.get("intent", "")),
        also=tuple(nlu.get("also") or ()),
        message_id=batch[-1].id,
    )


def judged(
    instruments: Instruments,
    draft: Draft,
    batch: Sequence[Message],
    turn: engine.Turn,
    finding: Finding,
    nlu: Mapping[str, Any],
    context: Mapping[str, Any],
) -> engine.Turn:
    """Rules and model conclude together: alarm, ask once, or go on."""
    conclusion = conclude(finding, nlu.get("danger"))
    alarmed = any(act.get("event") == "handoff" for act in turn.acts)
    words = told(nlu, batch)
    if conclusion.emergency:
        if alarmed:
            return turn
        return engine.interrupt(instruments, draft.state, conclusion.kind, dict(context), words)
    called = finding.doubt == CALL  # whatever the model took it for ("ede m" for a "don't know")
    answered = not called and nlu.get("intent") in ("affirm", "deny", "unsure", "decline")
    if called and not alarmed and engine.in_alarm(draft.state):
        kind = engine.kind_in_question(instruments, draft.state)
        return engine.interrupt(instruments, draft.state, kind, dict(context), words)
    if engine.in_alarm(draft.state) or (answered and engine.asks_about_danger(instruments, draft.state)):
        return turn  # asked already; and a yes to "are you in danger?" is no guess of the model's
    if alarmed:  # the model alone, and not sure enough: a question, not an alarm
        kind = next(act["kind"] for act in turn.acts if act.get("event") == "handoff")
        return engine.check(instruments, draft.state, kind, dict(context), words)
    if conclusion.check and (called or not (answered or draft.shown.checked)):
        draft.shown.checked = True
        return engine.check(instruments, draft.state, "danger", dict(context), words)
    return turn


def without_rasa(
    instruments: Instruments,
    state: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    batch: Sequence[Message],
    context: Mapping[str, Any],
) -> dict[str, Any] | None:
    """The answer to a yes under a question about danger, which waits for no Rasa; None for whatever else was sent."""
    choice = given.get("choice")
    if not choice or not engine.says_danger(instruments, state, choice):
        return None
    message = engine.Input("choice", choice=dict(choice), message_id=batch[-1].id)
    turn = engine.turn(instruments, state, message, dict(context))
    return {"acts": turn.acts, "state": turn.state}
