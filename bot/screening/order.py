"""What comes next: rules leave questions out, the sequence is walked, the first open item is it.

Pure. Promises that nothing answered is asked again (but what was told in passing is confirmed once), and that
a question left out by a rule reads ``na`` only while that rule holds.
"""

from __future__ import annotations

from bot.screening.facts import State, holds, instrument
from bot.screening.script import Item, Script

EARLY = ("gate", "screen")


def settle(script: Script, state: State) -> dict[str, str]:
    """Write ``na`` where a rule removes a question; returns code → the text that goes with its leaving."""
    answers = state["answers"]
    for code in [code for code, answer in answers.items() if answer["source"] == "rule"]:
        del answers[code]
    out: dict[str, str] = {}
    for rule in script.rules:
        if not holds(script, state, rule.when):
            continue
        for code in rule.na:
            if script.questions[code].instrument == instrument(state):
                answers.setdefault(code, {"value": "na", "source": "rule", "message_id": ""})
        told = () if rule.whole else [code for code in rule.na if confirming(state, code)]
        for code in (*rule.na, *rule.skip):
            if code not in told:
                out.setdefault(code, rule.say)
    return out


def answered(state: State, code: str) -> bool:
    """Whether a question needs no more asking; what was told in the person's own words needs confirming."""
    answer = state["answers"].get(code)
    if answer is None:
        return code in state["done"]
    if answer["source"] == "narrative":
        return bool(answer.get("confirmed"))
    return True


def confirming(state: State, code: str) -> bool:
    """Whether asking this question now means confirming what was told."""
    return code in state["answers"] and not answered(state, code)


def next_item(script: Script, state: State) -> Item | None:
    """The first item that is due; None at the end of the conversation."""
    out = settle(script, state)
    found = next((item for item in script.sequence if _due(script, state, item, out)), None)
    if found is not None and (found.stage == "gate" or "event.outcome" in state["said"]):
        return found
    if state["finish"] or state["done"].get("P1") != "yes":
        return found
    urgent = next((item for item in script.at_once if _once(script, state, item)), None)
    return urgent or found


def next_scored(script: Script, state: State) -> str:
    """The code of the first question of the instrument that is still due; empty when none is."""
    out = settle(script, state)
    due = (
        item.name
        for item in script.sequence
        if item.kind == "ask" and script.questions[item.name].scored and _due(script, state, item, out)
    )
    return next(due, "")


def _due(script: Script, state: State, item: Item, out: dict[str, str]) -> bool:
    if state["finish"] and item.stage in EARLY:
        return False
    if item.kind == "ask":
        if item.name in out or answered(state, item.name):
            return False
        waits = item.late is not None and holds(script, state, item.late)
        return not waits and holds(script, state, item.when) and holds(script, state, item.follow)
    return _once(script, state, item)


def _once(script: Script, state: State, item: Item) -> bool:
    said = state["said"]
    if item.mark in said or any(f"offer.{name}" in said for name in item.unless):
        return False
    if item.kind == "offer" and state["wants_person"]:
        return False
    return holds(script, state, item.when)
