"""Answers and circumstances in, dimensions, type, urgency and reasons out: the one place where a person is weighed.

Pure: no clock, no chance, no order of answers; the rule and its sources stand in the documentation and in the
YAML files of ``instrument/``. Promises that a missing answer never reads as a no, and that every result can be
traced to the answers that gave it. Must not speak, store or decide what to ask.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.screening import adult, circumstances, minor, said
from bot.screening.circumstances import Circumstances
from bot.screening.marks import Codes, Grounds, Sheet, Weight
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
    if payload.__class__ is not dict and not isinstance(payload, Mapping):
        raise BadInput("what is assessed must be a mapping with instrument and answers")
    for key in payload:
        if key not in _FIELDS:
            raise BadInput(f"{key!r:.60} is not one of {', '.join(_FIELDS)}")
    answers, context = _mapping(payload, "answers"), _mapping(payload, "context", {})
    around = circumstances.read(context)
    which = payload.get("instrument")
    if which == "adult":
        return _outcome(rules.adult_judged(said.hear(rules.adult, answers), around))
    if which == "minor":
        return _outcome(rules.minor_judged(*_told_apart(rules, answers), around))
    raise BadInput(f"instrument: {which!r:.60} is not adult or minor")


class _Judgement(NamedTuple):
    """What comes out, in a shape that nobody can change: a reason is its code, its indicators, its answers."""

    weights: tuple[tuple[str, Weight, bool], ...]  # dimension, weight, unknown
    kind: str
    level: int
    reasons: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


class _Rules:
    """What is worked out once from the data files. The last judgements are remembered: many people answer alike,
    and a set of answers says nothing of who gave it.
    """

    def __init__(self, instruments: Instruments) -> None:
        self.codes = codes = Codes(instruments)
        self.adult, self.minor = Sheet(instruments.adult, codes), Sheet(instruments.minor, codes)
        self.adult_offer = Sheet(instruments.adult, codes, offer=True)
        self.items = adult.items(instruments.adult, self.adult)
        self.not_offered = codes.of(q.code for q in instruments.adult.questions if not q.offer)
        self.table = minor.table(instruments.minor, codes, self.minor, self.adult)
        self.adult_judged = functools.lru_cache(KEPT)(functools.partial(_judge_adult, self))
        self.minor_judged = functools.lru_cache(KEPT)(functools.partial(_judge_minor, self))


KEPT = 1 << 13


@functools.lru_cache(maxsize=4)
def _rules(instruments: Instruments) -> _Rules:
    return _Rules(instruments)


def _mapping(payload: Mapping[str, Any], name: str, default: Any = None) -> Mapping[str, Any]:
    value = payload.get(name, default)
    if value.__class__ is not dict and not isinstance(value, Mapping):
        raise BadInput(f"{name} must be a mapping")
    return value


def _judge_adult(rules: _Rules, told: int, around: Circumstances) -> _Judgement:
    picture = _picture(rules, told, around.phase)
    kind, level, grounds = adult.judge(picture, around)
    weights = {dimension: look.weight for dimension, look in picture.looks.items()}
    return _judgement(rules, picture.sheet, weights, picture.unknown, kind, level, grounds)


def _picture(rules: _Rules, told: int, phase: str) -> adult.Picture:
    """What an adult said, weighed; an offer to which something already happened is weighed as now."""
    sheet = rules.adult
    heard = said.taken_apart(sheet, told)
    happening = sheet.groups["happening"]
    if phase == "offer" and heard.yes & happening:
        phase = "now"
    if phase == "offer":
        sheet = rules.adult_offer
        said.settle(sheet, heard, rules.not_offered & ~heard.given)
    else:
        said.settle(sheet, heard, 0)
    looks = sheet.looks(heard.yes, heard.missing, heard.ticks)
    unknown: list[str] = []
    if heard.missing:
        reach = {dimension for dimension, look in looks.items() if look.reach}
        if phase == "offer" and (heard.yes | heard.missing) & happening:
            # what is missing could also make it something of now
            more = rules.adult.looks(heard.yes, heard.missing, heard.ticks)
            reach |= {dimension for dimension, look in more.items() if look.reach}
        unknown = [dimension for dimension in reach if not looks[dimension].weight.positive]
    return adult.Picture(sheet, rules.items, heard, phase, looks, unknown)


def _told_apart(rules: _Rules, answers: Mapping[str, Any]) -> tuple[int, int]:
    """A minor's own answers, and those given as an adult before the age was known."""
    own, before = answers, {}
    if not rules.adult.bit.keys().isdisjoint(answers):
        own = {code: value for code, value in answers.items() if code not in rules.adult.bit}
        before = {code: value for code, value in answers.items() if code in rules.adult.bit}
    return said.hear(rules.minor, own), said.hear(rules.adult, before)


def _judge_minor(rules: _Rules, told: int, before: int, around: Circumstances) -> _Judgement:
    sheet, table = rules.minor, rules.table
    heard = said.taken_apart(sheet, told)
    said.settle(sheet, heard, minor.not_applicable(table, heard, under14=around.under14))
    found = list(minor.evidence(table, sheet, heard, rules.adult, said.taken_apart(rules.adult, before)))
    marks = minor.together(found).marks
    weights = sheet.only_marks(marks)
    imagined = sheet.imagine(heard.yes, heard.missing, heard.ticks)
    reach = sheet.only_marks(sheet.marked(*imagined) | marks)
    unknown = [d for d in weights if reach[d].positive and not weights[d].positive]
    held = minor.clauses(table, sheet, heard, found, under14=around.under14)
    kind, codes = minor.result(held, was_adult=around.was_adult)
    level, given = minor.level(kind, around)
    nothing = minor.Evidence(0, 0, 0)
    by_code = {code: held.get(code, nothing) for code in (*codes, *given)}
    grounds = {code: Grounds(each.answers, each.marks) for code, each in by_code.items()}
    return _judgement(rules, sheet, weights, unknown, kind, level, grounds)


def _judgement(
    rules: _Rules,
    sheet: Sheet,
    weights: Mapping[str, Weight],
    unknown: list[str],
    kind: str,
    level: int,
    grounds: Mapping[str, Grounds],
) -> _Judgement:
    ordered = sorted(grounds, key=_PLACE.__getitem__)
    return _Judgement(
        tuple((dimension, weight, dimension in unknown) for dimension, weight in weights.items()),
        kind,
        level,
        tuple(
            (code, sheet.indicators[grounds[code].marks], rules.codes.names[grounds[code].answers])
            for code in ordered
        ),
    )


def _outcome(judged: _Judgement) -> dict[str, Any]:
    """The judgement as everybody gets it, new each time."""
    return {
        "dimensions": {
            dimension: {
                "positive": weight.positive,
                "near": weight.near,
                "unknown": unknown,
                "indicators": list(weight.indicators),
            }
            for dimension, weight, unknown in judged.weights
        },
        "type": judged.kind,
        "urgency": f"U{judged.level}",
        "flag": judged.level >= 1,
        "reasons": [
            {"code": code, "indicators": list(indicators), "answers": list(answers)}
            for code, indicators, answers in judged.reasons
        ],
    }
