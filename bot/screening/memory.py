"""The state that travels with a conversation: made, taken over from an older version, read for assessing.

Pure. Holds closed values and message ids only: no text that a person wrote ever stands in it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bot.screening import facts
from bot.screening.script import Script

VERSION = 1
TRAIL = 90  # more steps back than any conversation has; keeps the state small

_EMPTY: dict[str, Any] = {
    "v": VERSION,
    "instrument_hash": "",
    "instrument": "adult",
    "step": "",
    "aside": None,
    "answers": {},
    "context": {},
    "done": {},
    "said": [],
    "trail": [],
    "ticks": [],
    "read": [],
    "told": {},
    "wishes": {},
    "emergency": "none",
    "misses": 0,
    "word_message": "",
    "minor_said": False,
    "was_adult": False,
    "wants_person": False,
    "finish": False,
    "erase_asked": False,
    "emergency_denied": False,
    "result": "",
}
_YOUNGER = {"result"}  # came later: a conversation that began before does without


def new(script: Script) -> dict[str, Any]:
    """A conversation that has not begun."""
    return {**copy.deepcopy(_EMPTY), "instrument_hash": script.hash}


def adopt(script: Script, state: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """A copy of a state for one turn, and whether it had to be made anew around the answers it held."""
    whole = {**{name: _EMPTY[name] for name in _YOUNGER}, **state}
    fit = state.get("v") == VERSION and all(
        name in whole and isinstance(whole[name], type(value))
        for name, value in _EMPTY.items()
        if name != "aside"
    )
    if not fit:
        return _salvage(script, state), True
    mine = copy.deepcopy({name: whole[name] for name in _EMPTY})
    if mine["instrument_hash"] != script.hash:
        _refit(script, mine)
    return mine, False


def _salvage(script: Script, state: Mapping[str, Any]) -> dict[str, Any]:
    mine = new(script)
    for name in ("answers", "done", "wishes", "told"):
        if isinstance(state.get(name), dict):
            mine[name] = copy.deepcopy(state[name])
    for name in ("minor_said", "was_adult", "wants_person", "emergency_denied"):
        mine[name] = state.get(name) is True
    if state.get("emergency") in script.flow["emergencies"]:
        mine["emergency"] = state["emergency"]
    _refit(script, mine)
    if "P0" in mine["done"]:
        mine["said"] = ["say.start.hello", "say.start.words", "say.consent.about"]
    return mine


def _refit(script: Script, mine: dict[str, Any]) -> None:
    """Keep what the present instruments still know; a question that went away takes its answer with it."""
    mine["instrument_hash"] = script.hash
    mine["answers"] = {code: a for code, a in mine["answers"].items() if _known(script, code, a)}
    mine["done"] = {
        code: v
        for code, v in mine["done"].items()
        if code in script.questions and v in script.questions[code].values
    }
    mine["trail"] = [code for code in mine["trail"] if code in script.questions]
    if mine["step"] not in script.questions:
        mine["step"] = ""
    if mine["aside"] and mine["aside"].get("q") not in script.questions:
        mine["aside"] = None
    mine["ticks"] = []


def _known(script: Script, code: str, answer: Any) -> bool:
    question = script.questions.get(code)
    if question is None or not question.scored or not isinstance(answer, dict) or "source" not in answer:
        return False
    found = answer.get("value")
    if isinstance(found, list):
        return question.kind == "many" and all(tick in question.values for tick in found)
    return found in question.values or found == "na"


def refresh(script: Script, state: dict[str, Any]) -> None:
    """Write what others read from the state: the instrument and the context of the assessment."""
    state["instrument"] = facts.instrument(state)
    state["trail"] = state["trail"][-TRAIL:]
    state["context"] = facts.context(script, state)


def assessment(state: Mapping[str, Any]) -> dict[str, Any]:
    """What ``assess`` takes, as it stands after the last turn."""
    return facts.payload(state)


def wishes(state: Mapping[str, Any]) -> dict[str, Any]:
    """What the person wants and how to reach them safely, in closed values, for the summary."""
    told = dict(state.get("wishes", {}))
    told["emergency_denied"] = bool(state.get("emergency_denied"))
    told["contradictions"] = sorted(c for c, a in state.get("answers", {}).items() if a.get("contradicted"))
    return told
