"""The anonymised summary a responder reads first: closed answers only, each line points at its answer.

Pure: built from the engine's assessment payload and the result of ``assess``; holds no free text, no name,
no number, no place finer than a department. Codes only, so that the console can phrase it in any language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VERSION = 1

# What may leave the state for the summary: closed values of the engine, nothing a person typed.
CONTEXT_KEYS = ("phase", "danger_today", "fear_today", "emergency", "age_band", "was_adult", "modifiers")
WISH_KEYS = ("wish", "may_write", "when", "has_word", "department", "emergency_denied", "contradictions")


def build(
    payload: Mapping[str, Any],
    result: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    order: Sequence[str],
    wishes: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The summary as JSON.

    ``payload`` is what was assessed, ``result`` what ``assess`` said, ``answers`` the state's answers with
    their sources, ``order`` the codes of the instrument as they are asked, ``wishes`` closed values of the
    state, ``values`` what ``htcds.derive`` gives. Lines come in the order of the instrument; a code without an
    answer stands in ``not_asked``.
    """
    given = payload["answers"]
    lines = [_line(code, given[code], answers.get(code, {})) for code in order if _told(given, code)]
    context = payload.get("context", {})
    return {
        "v": VERSION,
        "instrument": payload["instrument"],
        "type": result["type"],
        "urgency": result["urgency"],
        "flag": result["flag"],
        "reasons": [dict(reason) for reason in result["reasons"]],
        "dimensions": {
            name: {"state": _dimension(found), "indicators": list(found["indicators"])}
            for name, found in result["dimensions"].items()
        },
        "context": {key: context[key] for key in CONTEXT_KEYS if key in context},
        "wishes": {key: wishes[key] for key in WISH_KEYS if wishes.get(key) not in (None, "", [], ())},
        "htcds": dict(values or {}),
        "lines": lines,
        "not_asked": [code for code in order if code not in given],
    }


def _told(given: Mapping[str, Any], code: str) -> bool:
    """``na`` was removed by a rule, not said by the person: it is neither a line nor missing."""
    return code in given and given[code] != "na"


def _line(code: str, value: Any, answer: Mapping[str, Any]) -> dict[str, Any]:
    ticks = isinstance(value, (list, tuple))
    return {
        "answer": code,
        "value": "ticks" if ticks else value,
        "ticks": sorted(value) if ticks else [],
        "source": answer.get("source", ""),
        "message_id": answer.get("message_id", ""),
        "contradicted": bool(answer.get("contradicted", False)),
    }


def _dimension(found: Mapping[str, Any]) -> str:
    for name in ("positive", "near", "unknown"):
        if found[name]:
            return name
    return "none"
