"""Answers and circumstances in, dimensions, type, urgency and reasons out: the one place where a person is weighed.

Pure: no clock, no chance, no order of answers; the rule and its sources stand in the documentation and in the
YAML files of ``instrument/``. Promises that a missing answer never reads as a no, and that every result can be
traced to the answers that gave it. Must not speak, store or decide what to ask.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bot.screening import adult, circumstances, minor, said
from bot.screening.circumstances import Circumstances
from bot.screening.marks import Codes, Sheet, Weight
from bot.screening.model import load
from bot.screening.records import Instruments
from bot.screening.said import BadInput

__all__ = ["REASONS", "BadInput", "assess"]

REASONS = (  # in the order of the output
    *("exploitation", "purpose", "deception", "coercion", "vulnerability", "control_destination"),
    *("vulnerability_destination", "near", "unknown", "sign", "core", "open", "labour", "strong_control"),
    *(
        "family_threat",
        "violence_now",
        "danger_today",
        "fear_today",
        "danger_unsure",
        "emergency",
        "wants_person",
    ),
    *(
        "modifier",
        "past_cap",
        "minor_danger",
        "minor_sexual",
        "minor_violence",
        "minor_confined",
        "minor_under14",
    ),
    *("minor_exploitation", "minor_work", "minor_deceived", "minor_home", "minor_incomplete", "was_adult"),
)
_PLACE = {code: place for place, code in enumerate(REASONS)}

_FIELDS = ("instrument", "answers", "context")


def assess(payload: Mapping[str, Any], instruments: Instruments | None = None) -> dict[str, Any]:
    """Weigh ``{"instrument": "adult"|"minor", "answers": {code: value}, "context": {…}}``.

    Returns, ready for JSON, ``{"dimensions": {"DR": {"positive", "near", "unknown", "indicators"}, … all six},
    "type", "urgency", "flag", "reasons": [{"code", "indicators", "answers"}]}``; indicators are sorted, codes stand
    in the order of the instrument. ``context`` may be absent; without ``instruments`` the shipped ones are used.
    Raises ``BadInput`` naming whatever code, value or key is unknown.
    """
    rules = _rules(instruments or load())
    if not isinstance(payload, Mapping):
        raise BadInput("what is assessed must be a mapping with instrument and answers")
    for key in payload:
        if key not in _FIELDS:
            raise BadInput(f"{key!r:.60} is not one of {', '.join(_FIELDS)}")
    answers, context = _mapping(payload, "answers"), _mapping(payload, "context", {})
    around = circumstances.read(context)
    which = payload.get("instrument")
    if which == "adult":
        return _assess_adult(rules, answers, around)
    if which == "minor":
        return _assess_minor(rules, answers, around)
    raise BadInput(f"instrument: {which!r:.60} is not adult or minor")


class _Rules(NamedTuple):
    """What is worked out once from the data files."""

    codes: Codes
    adult: Sheet
    adult_offer: Sheet
    items: adult.Items
    not_offered: int
    minor: Sheet
    table: minor.Table


@functools.lru_cache(maxsize=4)
def _rules(instruments: Instruments) -> _Rules:
    codes = Codes(instruments)
    adult_sheet, minor_sheet = Sheet(instruments.adult, codes), Sheet(instruments.minor, codes)
    return _Rules(
        codes=codes,
        adult=adult_sheet,
        adult_offer=Sheet(instruments.adult, codes, offer=True),
        items=adult.items(instruments.adult),
        not_offered=codes.of(q.code for q in instruments.adult.questions if not q.offer),
        minor=minor_sheet,
        table=minor.table(instruments.minor, codes, minor_sheet, adult_sheet),
    )


def _mapping(payload: Mapping[str, Any], name: str, default: Any = None) -> Mapping[str, Any]:
    value = payload.get(name, default)
    if not isinstance(value, Mapping):
        raise BadInput(f"{name} must be a mapping")
    return value


def _assess_adult(rules: _Rules, answers: Mapping[str, Any], around: Circumstances) -> dict[str, Any]:
    picture = _picture(rules, answers, around.phase)
    kind = adult.result(picture)
    level, given = adult.level(picture, kind, around)
    grounds: dict[str, tuple[int, int]] = dict.fromkeys(given, adult.NOTHING)
    for code in (*adult.TYPE_REASONS[kind], *given):
        if code in adult.CLAUSES and picture.grounds(code).answers:
            grounds[code] = picture.grounds(code)
    reasons = _reasons(rules.codes, picture.sheet, grounds)
    return _outcome(picture.weights, picture.unknown, kind, level, reasons)


def _picture(rules: _Rules, answers: Mapping[str, Any], phase: str) -> adult.Picture:
    """What an adult said, weighed; an offer to which something already happened is weighed as now."""
    sheet = rules.adult
    heard = said.hear(sheet, answers)
    happening = sheet.groups["happening"]
    if phase == "offer" and heard.yes & happening:
        phase = "now"
    if phase == "offer":
        sheet = rules.adult_offer
        said.settle(sheet, heard, rules.not_offered & ~heard.given)
    else:
        said.settle(sheet, heard, 0)
    marks = sheet.marked(heard.yes, heard.ticks)
    weights = sheet.weigh(marks)
    unknown: list[str] = []
    if heard.missing:
        yes, ticks = said.imagine(sheet, heard)
        reachable = [sheet.weigh(sheet.marked(yes, ticks))]
        if phase == "offer" and yes & happening:  # what is missing could also make it something of now
            reachable.append(rules.adult.weigh(rules.adult.marked(yes, ticks)))
        unknown = _unknown(weights, reachable)
    return adult.Picture(sheet, rules.items, heard, phase, marks, weights, unknown)


def _unknown(weights: Mapping[str, Weight], reachable: Iterable[Mapping[str, Weight]]) -> list[str]:
    found = {d for each in reachable for d, weight in each.items() if weight.positive}
    return [d for d in found if not weights[d].positive]


def _assess_minor(rules: _Rules, answers: Mapping[str, Any], around: Circumstances) -> dict[str, Any]:
    sheet, table = rules.minor, rules.table
    heard = said.hear(sheet, {code: value for code, value in answers.items() if code not in rules.adult.bit})
    told = said.hear(rules.adult, {code: value for code, value in answers.items() if code in rules.adult.bit})
    said.settle(sheet, heard, minor.not_applicable(table, heard, under14=around.under14))
    found = list(minor.evidence(table, sheet, heard, rules.adult, told))
    marks = minor.together(found).marks
    weights = sheet.weigh(marks)
    unknown = _unknown(weights, [sheet.weigh(sheet.marked(*said.imagine(sheet, heard)) | marks)])
    held = minor.clauses(table, sheet, heard, found, under14=around.under14)
    kind, codes = minor.result(held, was_adult=around.was_adult)
    level, given = minor.level(kind, around)
    nothing = minor.Evidence(0, 0, 0)
    by_code = {code: held.get(code, nothing) for code in (*codes, *given)}
    reasons = _reasons(
        rules.codes, sheet, {code: (each.answers, each.marks) for code, each in by_code.items()}
    )
    return _outcome(weights, unknown, kind, level, reasons)


def _reasons(codes: Codes, sheet: Sheet, grounds: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "indicators": sheet.indicators(grounds[code][1]),
            "answers": codes.named(grounds[code][0]),
        }
        for code in sorted(grounds, key=_PLACE.__getitem__)
    ]


def _outcome(
    weights: Mapping[str, Weight], unknown: list[str], kind: str, level: int, reasons: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "dimensions": {
            dimension: {
                "positive": weight.positive,
                "near": weight.near,
                "unknown": dimension in unknown,
                "indicators": list(weight.indicators),
            }
            for dimension, weight in weights.items()
        },
        "type": kind,
        "urgency": f"U{level}",
        "flag": level >= 1,
        "reasons": reasons,
    }
