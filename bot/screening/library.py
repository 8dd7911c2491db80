"""What the questions refer to: the catalogue of indicators, the sources, the value lists of the data standard. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.screening.records import (
    DIMENSIONS,
    INSTRUMENTS,
    SETS,
    STRENGTHS,
    Indicator,
    Instrument,
    Source,
    Standard,
    Strength,
    Value,
)
from bot.screening.rows import Lines, Problems, Row

READ = ("full", "partial", "secondary", "none")
FIELDS = ("control", "exploitation", "means")
RESULTS = ("T1", "T2", "T3", "T4", "T5", "T6", "T0-L", "T0", "MR3", "MR2", "MR1", "MR0")
INDICATOR = re.compile(r"D([1-6])\.(?:[1-9][0-9]?|x)")


def indicators(data: Lines | None, problems: Problems) -> dict[str, Indicator]:
    """``indicators.yml``: id → indicator."""
    found: dict[str, Indicator] = {}
    if data is None:
        return found
    table = Row(problems, "indicators.yml", "", data)
    for part in table.parts("indicators"):
        part.question = id_ = part.text("id")
        shape = INDICATOR.fullmatch(id_)
        if shape is None:
            part.note("an id is D, a dimension from 1 to 6, a dot and a number", "id")
        if id_ in found:
            part.note("stands twice", "id")
        found[id_] = Indicator(
            id_,
            DIMENSIONS[int(shape[1]) - 1] if shape else "",
            part.text("label"),
            _strengths(part),
            part.text("note", ""),
            part.flag("ours"),
        )
        part.done()
    table.done()
    return found


def _strengths(part: Row) -> dict[str, Strength]:
    words = part.text("sets").split()
    known = (*STRENGTHS, "-")
    if len(words) != len(SETS) or any(word.removesuffix("?") not in known for word in words):
        what = f"sets must hold {len(SETS)} of {' '.join(known)} ({' '.join(SETS)}), ? where unconfirmed"
        part.note(what, "sets")
        return {}
    return {
        name: Strength(word.removesuffix("?"), not word.endswith("?"))
        for name, word in zip(SETS, words, strict=True)
    }


def sources(data: Lines | None, problems: Problems) -> dict[str, Source]:
    """``sources.yml``: id → source."""
    found: dict[str, Source] = {}
    if data is None:
        return found
    table = Row(problems, "sources.yml", "", data)
    for part in table.parts("sources"):
        part.question = id_ = part.text("id")
        if id_ in found:
            part.note("stands twice", "id")
        items = part.part("items")
        found[id_] = Source(
            id=id_,
            title=part.text("title"),
            author=part.text("author"),
            year=part.text("year", ""),
            url=part.text("url", ""),
            read=part.one_of("read", READ),
            items={str(name): items.text(name) for name in list(items.data)} if items else {},
            open=part.text("open", ""),
        )
        part.done()
    table.done()
    return found


def cited(source: str, known: Mapping[str, Source]) -> bool:
    """Whether a reference (``TVIT``, ``ILO11/7``) names a source, and a part that it has."""
    id_, _, item = source.partition("/")
    return id_ in known and (not item or item in known[id_].items)


def standard(data: Lines | None, both: tuple[Instrument, Instrument] | None, problems: Problems) -> Standard:
    """``htcds.yml``: the values of the data standard and what gives them. Without ``both`` no code is checked."""
    if data is None:
        return Standard({}, frozenset())
    table = Row(problems, "htcds.yml", "", data)
    possible = table.texts("possible")
    for result in possible:
        if result not in RESULTS:
            table.note(f"possible names {result}, which is no result", "possible")
    fields = {name: tuple(_value(part, name, both) for part in table.parts(name)) for name in FIELDS}
    for name, values in fields.items():
        if not values:
            table.note(f"{name} holds no value", name)
    table.done()
    return Standard(fields, frozenset(possible))


def _value(part: Row, field: str, both: tuple[Instrument, Instrument] | None) -> Value:
    name = part.text("value")
    part.question = f"{field}: {name}"
    value = Value(name, part.texts("answers"), part.text("positive", ""), part.text("instrument", ""))
    if value.positive and value.positive not in DIMENSIONS:
        part.note(f"positive names {value.positive}, which is no dimension", "positive")
    if value.instrument and value.instrument not in INSTRUMENTS:
        part.note(f"there is no instrument {value.instrument}", "instrument")
    if both is not None:
        for answer in value.answers:
            if not _answerable(answer, both):
                part.note(f"answers names {answer}, which nobody can give", "answers")
    part.done()
    return value


def _answerable(answer: str, both: tuple[Instrument, Instrument]) -> bool:
    code, _, tick = answer.partition("/")
    for instrument in both:
        if code in instrument.codes:
            entry = instrument.question(code).list
            if not tick:
                return entry is None or entry.code != code
            return entry is not None and entry.code == code and tick in entry.names
    return False
