"""Answers → the value lists of the data standard of IOM (HTCDS), for the summary that staff read. Pure.

Promises that every value names the answers it rests on, and that the status is never more than "possible".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.screening.records import Instrument, Instruments, Value

YES = ("yes", "partly")
POSSIBLE = "possible"


def derive(instruments: Instruments, payload: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """``{"status": "possible" | "", field: [{"value", "answers"}, …]}``, values in the order of the standard.

    ``payload`` is what was assessed, ``result`` what came out. A value without an answer behind it is left out:
    a person may add it.
    """
    standard = instruments.standard
    found: dict[str, Any] = {"status": POSSIBLE if result["type"] in standard.possible else ""}
    for field, values in standard.fields.items():
        rows = ((value.value, list(_behind(instruments, value, payload, result))) for value in values)
        found[field] = [{"value": name, "answers": answers} for name, answers in rows if answers]
    return found


def _behind(
    instruments: Instruments, value: Value, payload: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterator[str]:
    """The codes of the answers that give a value."""
    given = payload["answers"]
    seen: dict[str, None] = {}
    for answer in value.answers:
        code, _, tick = answer.partition("/")
        if _said(given.get(code), tick):
            seen[code] = None
    asked = value.positive and value.instrument == payload["instrument"]
    if asked and result["dimensions"][value.positive]["positive"]:
        marking = _marking(instruments.of(value.instrument), value.positive)
        seen |= dict.fromkeys(code for code in marking if _said(given.get(code), ""))
    yield from seen


def _said(answer: Any, tick: str) -> bool:
    if not tick:
        return isinstance(answer, str) and answer in YES
    return answer == tick or (isinstance(answer, list | tuple) and tick in answer)


def _marking(instrument: Instrument, dimension: str) -> Iterator[str]:
    """The questions and follow-ups whose yes can leave a mark in a dimension."""
    for question in instrument.questions:
        for one in (question, question.follow_up):
            if one is not None and any(mark.dimension == dimension for mark in one.marks):
                yield one.code
