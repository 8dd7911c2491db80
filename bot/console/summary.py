"""The anonymised summary as a responder reads it: codes → words, what weighs most first.

Pure but for the catalogue. It shows what ``bot.handoff.summary`` closed over and can add nothing to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Label = Callable[[str, object], str]  # (prefix, code) → words

TOLD = frozenset({"yes", "ticks"})  # what belongs in the first list; the rest waits folded away
PLAIN = frozenset({"yes", "no", "unsure", "declined"})
QUIET = {"emergency": "none", "was_adult": False}  # values that say nothing worth a line

PRESSING = frozenset(
    {"emergency", "danger_today", "danger_unsure", "minor_danger", "violence_now", "family_threat"}
)
MISSING = frozenset({"unknown", "open", "minor_incomplete"})


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One answer: what was asked, what was said, where it was said."""

    code: str
    question: str
    value: str
    told: bool
    message_id: str
    remarks: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """Everything the page shows of a summary."""

    result: str
    reasons: Sequence[str]
    facts: Sequence[tuple[str, str]]
    signs: Sequence[tuple[str, str, str]]  # words of the dimension, its state as code, its state in words
    standard: Sequence[tuple[str, str]]  # field of the data standard, its values in words
    told: Sequence[Line]
    other: Sequence[Line]
    not_asked: Sequence[str]


def read(summary: Mapping[str, Any], label: Label) -> Reading:
    """``summary`` as ``bot.handoff.summary.build`` makes it, in words."""
    lines = [_line(line, label) for line in summary["lines"]]
    return Reading(
        result=label("console.result", summary["type"]),
        reasons=reasons(summary, label),
        facts=_facts(summary, label),
        signs=[
            (label("console.dimension", name), found["state"], label("console.dimension", found["state"]))
            for name, found in summary["dimensions"].items()
        ],
        standard=_standard(summary.get("htcds", {}), label),
        told=[line for line in lines if line.told],
        other=[line for line in lines if not line.told],
        not_asked=[label("console.answer", code) for code in summary["not_asked"]],
    )


def reasons(summary: Mapping[str, Any], label: Label) -> list[str]:
    """The reasons in words, each once: danger first, what is only missing last, else as the assessment has them."""
    codes = sorted((reason["code"] for reason in summary["reasons"]), key=_place)
    return list(dict.fromkeys(label("console.reason", code) for code in codes))


def _place(code: str) -> int:
    return 0 if code in PRESSING else 2 if code in MISSING else 1


def _standard(found: Mapping[str, Any], label: Label) -> list[tuple[str, str]]:
    """What the data standard says of these answers; a summary made before it was derived has nothing here."""
    status = found.get("status")
    rows = [(label("console.htcds", "status"), label("console.htcds.status", status))] if status else []
    for field in (name for name in found if name != "status"):
        values = [label(f"console.htcds.{field}", each["value"]) for each in found[field]]
        rows += [(label("console.htcds", field), ", ".join(values))] if values else []
    return rows


def wishes(summary: Mapping[str, Any], label: Label) -> list[tuple[str, str]]:
    """What the person wants, and how they may be written to."""
    return _words(summary["wishes"], label)


def _facts(summary: Mapping[str, Any], label: Label) -> list[tuple[str, str]]:
    return _words({**summary["context"], **summary["wishes"]}, label)


def _words(found: Mapping[str, Any], label: Label) -> list[tuple[str, str]]:
    return [
        (label("console.fact", name), _value(name, value, label))
        for name, value in found.items()
        if value not in ([], "") and not (name in QUIET and value == QUIET[name])
    ]


def _value(name: str, value: Any, label: Label) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(name, one, label) for one in value)
    plain = value in PLAIN and name not in ("was_adult", "has_word", "emergency_denied")
    if name == "contradictions":
        return label("console.answer", value)
    return label("console.fact" if plain else f"console.fact.{name}", value)


def _line(line: Mapping[str, Any], label: Label) -> Line:
    code, value = line["answer"], line["value"]
    if value == "ticks":
        said = ", ".join(label(f"console.tick.{code}", tick) for tick in line["ticks"])
    elif value in PLAIN:
        said = label("console.value", value)
    else:
        said = label(f"console.tick.{code}", value)
    remarks = [label("console.summary", line["source"])] if line["source"] in ("narrative", "partly") else []
    if line["contradicted"]:
        remarks.append(label("console.summary", "contradicted"))
    told = value not in PLAIN or value in TOLD
    return Line(code, label("console.answer", code), said, told, line["message_id"], remarks)
