"""What ``flow.yml`` may name: the questions of the conversation, the facts, and the values that each can have. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.screening.circumstances import AGE_BANDS, PHASES
from bot.screening.conditions import Codes
from bot.screening.library import RESULTS
from bot.screening.records import Instrument, Instruments

MISSING = "missing"
SHRUGS = ("unsure", "declined")
YES_NO = ("yes", "no", *SHRUGS)
ASIDES = (  # questions that break in
    *("X_emergency", "X_help", "X_check", "X_person", "X_meanwhile", "X_tired", "X_resume", "X_stop"),
    *("X_erase", "X_lang", "X_stale", "X_other"),
)
FIXED = (  # the dialogue gives each of these an effect of its own
    *(
        "P0",
        "P1",
        "P2",
        "P3",
        "P4",
        "P4f",
        "P5",
        "B4",
        "WM",
        "W1",
        "W1o",
        "W2",
        "W2_when",
        "W2_word",
        "W2_own",
    ),
    *("W3", "END", *ASIDES),
)
FACTS: Mapping[str, tuple[str, ...]] = {
    "instrument": ("adult", "minor"),
    "phase": PHASES,
    "age_band": AGE_BANDS,
    "pace": ("full", "short"),
    "consent": ("yes", "no", MISSING),
    "wants_person": ("yes", "no"),
    "said_minor": ("yes", "no"),
    "finish": ("yes", "no"),
    "result": (*RESULTS, MISSING),
}
READ = "read"  # the subjects of W1o that were read


def codes(found: Instruments, flow: Mapping[Any, Any]) -> Codes:
    """Everything that a condition may ask about."""
    values: dict[str, frozenset[str]] = {name: frozenset(known) for name, known in FACTS.items()}
    values["situation"] = frozenset(str(row.get("name")) for row in mappings(flow, "situations"))
    many = {READ}
    asked = flow.get("questions")
    for code, row in (asked if isinstance(asked, dict) else {}).items():
        choices = row.get("choices") if isinstance(row, dict) else None
        values[str(code)] = frozenset([*map(str, choices if isinstance(choices, list) else ()), MISSING])
    values[READ] = values.get("W1o", frozenset()) - {MISSING}
    for instrument in (found.adult, found.minor):
        for code, known, several in _answers(instrument):
            values[code] = frozenset([*known, *SHRUGS, "na", MISSING])
            if several:
                many.add(code)
    return Codes(values, frozenset(many), _blocks(found))


def mappings(flow: Mapping[Any, Any], name: str) -> list[dict[str, Any]]:
    """The mappings of a list of the file, whatever else stands there."""
    rows = flow.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _answers(instrument: Instrument) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Each code, its answers beside the shrugs, and whether it takes several."""
    for question in instrument.questions:
        if question.answer == "yes_no":
            yield question.code, ("yes", "no"), False
        if question.follow_up:
            yield question.follow_up.code, ("yes", "no"), False
        if question.list:
            yield question.list.code, question.list.names, question.list.choose == "many"


def _blocks(found: Instruments) -> dict[int, int]:
    """Block → how many questions can be declined in it; 0: in an instrument at all."""
    blocks = {0: max(len(found.adult.codes), len(found.minor.codes))}
    for question in found.adult.questions:
        blocks[question.block] = blocks.get(question.block, 0) + len(list(question.codes))
    return blocks
