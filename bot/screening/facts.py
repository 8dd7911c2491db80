"""What is known of a person so far, and whether a condition of ``flow.yml`` holds. Pure; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.screening.script import Script

State = dict[str, Any]
MISSING = "missing"
PREFIX = {"adult": "Q", "minor": "M"}


def value(script: Script, state: State, code: str) -> Any:
    """The answer to a question, or a fact by its name; ``missing`` when there is none."""
    fact = _FACTS.get(code)
    if fact is not None:
        return fact(script, state)
    if code in state["answers"]:
        return state["answers"][code]["value"]
    return state["done"].get(code, MISSING)


def phase(script: Script, state: State) -> str:
    """now, past or offer; what somebody does to a person makes an offer a thing of now."""
    told = str(state["done"].get("P4", "now"))
    if told == "offer" and any(_is(script, state, code, ("yes",)) for code in script.happening):
        return "now"
    return told


def instrument(state: State) -> str:
    """``minor`` for everybody who said so, is so, or would not say."""
    young = state["minor_said"] or state["done"].get("P2") in ("u14", "14_17", "declined")
    return "minor" if young else "adult"


def age_band(state: State) -> str:
    told = state["done"].get("P2", "")
    if told in ("u14", "14_17"):
        return str(told)
    return "18" if told == "18" and not state["minor_said"] else "unknown"


def situation(script: Script, state: State) -> str:
    """What the end of the conversation is about: the first situation that holds."""
    return next(name for name, when in script.situations if holds(script, state, when))


def context(script: Script, state: State) -> dict[str, Any]:
    """The circumstances as the assessment takes them."""
    done = state["done"]
    found: dict[str, Any] = {"phase": phase(script, state), "age_band": age_band(state)}
    for name, code in (("danger_today", "P3"), ("fear_today", "P4f")):
        if code in done:
            found[name] = done[code]
    if state["emergency"] != "none":
        found["emergency"] = state["emergency"]
    if state["wants_person"]:
        found["wants_person"] = True
    if state["was_adult"] and instrument(state) == "minor":
        found["was_adult"] = True
    return found


def payload(state: Mapping[str, Any]) -> dict[str, Any]:
    """What ``assess`` takes: closed answers of the instrument in use, and its context; empty before the start.

    An adult's answers stand beside a minor's only when the person had said 18 or more.
    """
    which = state.get("instrument", "adult")
    beside = which == "minor" and state["was_adult"]
    answers = {
        code: answer["value"]
        for code, answer in state.get("answers", {}).items()
        if code.startswith(PREFIX[which]) or (beside and answer["source"] != "rule")
    }
    return {"instrument": which, "answers": answers, "context": dict(state.get("context", {}))}


def holds(script: Script, state: State, condition: Any) -> bool:
    """Whether a condition holds; no condition always does. Raises ``KeyError`` for a form it does not know."""
    if condition is None:
        return True
    for form, check in _FORMS.items():
        if form in condition:
            return check(script, state, condition)
    raise KeyError(f"no such condition: {sorted(condition)}")


def _is(script: Script, state: State, code: str, values: Any) -> bool:
    found = value(script, state, code)
    return any(v in values for v in found) if isinstance(found, list) else found in values


def _some(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return any(_is(script, state, code, condition["are"]) for code in condition["some"])


def _every(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return all(_is(script, state, code, condition["are"]) for code in condition["every"])


def _in_a_row(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    wanted = condition["declined_in_a_row"]
    row = 0
    for code in state["trail"]:
        question = script.questions[code]
        if question.block != condition["block"] or code not in state["answers"]:
            continue
        row = row + 1 if state["answers"][code]["value"] == "declined" else 0
        if row >= wanted:
            return True
    return False


def _all(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return all(holds(script, state, part) for part in condition["all"])


def _any(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return any(holds(script, state, part) for part in condition["any"])


def _not(script: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return not holds(script, state, condition["not"])


def _declined(_: Script, state: State, condition: Mapping[str, Any]) -> bool:
    return sum(1 for a in state["answers"].values() if a["value"] == "declined") >= int(condition["declined"])


_FORMS: Mapping[str, Callable[[Script, State, Mapping[str, Any]], bool]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "some": _some,
    "every": _every,
    "declined_in_a_row": _in_a_row,
    "declined": _declined,
}

_FACTS: Mapping[str, Callable[[Script, State], str | list[str]]] = {
    "instrument": lambda _, state: instrument(state),
    "phase": phase,
    "age_band": lambda _, state: age_band(state),
    "pace": lambda _, state: str(state["done"].get("P5", "full")),
    "consent": lambda _, state: str(state["done"].get("P1", MISSING)),
    "wants_person": lambda _, state: "yes" if state["wants_person"] else "no",
    "said_minor": lambda _, state: "yes" if state["minor_said"] else "no",
    "finish": lambda _, state: "yes" if state["finish"] else "no",
    "result": lambda _, state: str(state["result"] or MISSING),
    "situation": situation,
    "read": lambda _, state: state["read"],
}
