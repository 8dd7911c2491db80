"""``adult.yml`` and ``minor.yml`` → questions, each checked against the catalogue of indicators and the sources. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.screening.library import cited
from bot.screening.records import (
    DIMENSIONS,
    GROUPS,
    INSTRUMENTS,
    PHASES,
    SENSITIVITIES,
    STRENGTHS,
    Carried,
    Indicator,
    Instrument,
    Item,
    Mark,
    Question,
    Source,
    TickList,
)
from bot.screening.rows import Lines, Problems, Row


class Known(NamedTuple):
    """What a question may refer to; None where that file could not be read, so that nothing is checked then."""

    indicators: Mapping[str, Indicator] | None
    sources: Mapping[str, Source] | None


class _Reader:
    """One file while it is read."""

    def __init__(self, name: str, known: Known, problems: Problems) -> None:
        self.name, self.known, self.problems = name, known, problems
        self.prefix, self.sets = INSTRUMENTS[name]

    def question(self, row: Row, follow_ups: Mapping[str, Question]) -> Question:
        code = self._code(row, row.text("code"))
        set_ = row.one_of("set", self.sets, self.sets[0])
        phase = row.one_of("phase", tuple(PHASES))
        named = row.text("follow_up", "")
        if named and named not in follow_ups:
            row.note(f"follow_up names {named}, which is no question", "follow_up")
        question = Question(
            code=code,
            phase=phase,
            sensitivity=row.one_of("sensitivity", SENSITIVITIES),
            set=set_,
            block=row.number("block"),
            marks=self._marks(row, "marks", set_, phase),
            also=row.texts("also"),
            offer=row.flag("offer"),
            offer_marks=self._marks(row, "offer_marks", set_, "recruitment"),
            follow_up=follow_ups.get(named),
            list=self._list(row, set_, phase),
            discloses=row.texts_by_name("discloses"),
            sources=row.texts("sources"),
            purpose=row.flag("purpose"),
            gate=row.flag("gate"),
            needs=row.text("needs", ""),
            u14=row.flag("u14"),
            thanks=row.text("thanks", ""),
            carries=tuple(_carried(part) for part in row.parts("carries")),
            open=row.text("open", ""),
            annex=row.text("annex", ""),
        )
        row.done()
        self._check(row, question)
        return question

    def _check(self, row: Row, question: Question) -> None:
        items = question.list.names if question.list else ()
        for intent, ticks in question.discloses.items():
            for tick in ticks:
                if tick not in items:
                    row.note(f"{intent} ticks {tick}, which its list does not have", "discloses")
        if self.known.indicators is not None:
            for indicator in question.also:
                if indicator not in self.known.indicators:
                    row.note(f"also names {indicator}, which is no indicator", "also")
        self._check_sources(row, question)
        if self.name == "minor" and question.sensitivity == "high" and (question.follow_up or question.list):
            row.note("nothing is asked after a question of high sensitivity to a minor", "sensitivity")

    def _check_sources(self, row: Row, question: Question) -> None:
        if not question.sources and not question.gate:
            row.note("sources are missing: what does it rest on?")
        if self.known.sources is not None:
            for source in question.sources:
                if not cited(source, self.known.sources):
                    row.note(f"sources names {source}, which sources.yml does not have", "sources")

    def _list(self, row: Row, set_: str, phase: str) -> TickList | None:
        part = row.part("list")
        if part is None:
            return None
        ticks = TickList(
            code=self._code(part, part.text("code")),
            choose=part.one_of("choose", ("one", "many")),
            items=tuple(self._item(item, set_, phase) for item in part.parts("items")),
            most=part.number("most"),
            otherwise=self._marks(part, "otherwise", set_, phase),
            missing=part.text("missing", ""),
        )
        part.done()
        if len(ticks.items) < 2:
            part.note("a list needs two items or more", "items")
        for name, times in Counter(ticks.names).items():
            if times > 1:
                part.note(f"items names {name} twice", "items")
        if ticks.missing and ticks.missing not in ticks.names:
            part.note(f"missing names {ticks.missing}, which is no item", "missing")
        return ticks

    def _item(self, row: Row, set_: str, phase: str) -> Item:
        flags = {name: row.flag(name) for name in ("purpose", "control", "family", "confined", "home")}
        own = row.one_of("set", self.sets, "") if "set" in row.data else ""
        item = Item(row.text("item"), self._marks(row, "marks", own or set_, phase), **flags, set=own)
        row.done()
        return item

    def _marks(self, row: Row, name: str, set_: str, phase: str) -> tuple[Mark, ...]:
        found = (self._mark(row, name, text) for text in row.texts(name))
        marks = tuple(mark for mark in found if mark is not None)
        for mark in marks:
            if mark.dimension not in PHASES[phase]:
                row.note(f"{name}: {mark.dimension} is nothing of {phase}", name)
            self._weigh(row, name, mark, set_)
        return marks

    def _mark(self, row: Row, name: str, text: str) -> Mark | None:
        words = text.split()
        if len(words) != 3 or words[0] not in DIMENSIONS or words[1] not in STRENGTHS:
            row.note(f"{name}: {text!r} is no mark: dimension, strength, indicator, as in 'DR S D1.1'", name)
            return None
        return Mark(*words)

    def _weigh(self, row: Row, name: str, mark: Mark, set_: str) -> None:
        """A mark weighs what the catalogue says that its indicator weighs in the set in use."""
        if self.known.indicators is None:
            return
        indicator = self.known.indicators.get(mark.indicator)
        if indicator is None:
            row.note(f"{name} names {mark.indicator}, which is no indicator of indicators.yml", name)
        elif indicator.dimension != mark.dimension:
            row.note(f"{name}: {mark.indicator} belongs to {indicator.dimension}, not {mark.dimension}", name)
        elif indicator.strengths and indicator.strengths[set_].value != mark.strength:
            weighs = indicator.strengths[set_].value
            row.note(f"{name}: {mark.indicator} weighs {weighs} in {set_}, not {mark.strength}", name)

    def _code(self, row: Row, code: str) -> str:
        if code and not re.fullmatch(self.prefix + r"[0-9]{1,2}([a-z]|_[a-z]+)?", code):
            row.note(f"a code of {self.name}.yml is {self.prefix} and a number: {code!r}", "code")
        return code


def read(name: str, data: Lines | None, known: Known, problems: Problems) -> Instrument:
    """One instrument; follow-ups stand in the list of questions like all others and are named by theirs."""
    if data is None:
        return Instrument(name, (), {})
    file = f"{name}.yml"
    table = Row(problems, file, "", data)
    if table.text("instrument") != name:
        table.note(f"instrument must be {name}", "instrument")
    rows = [Row(problems, file, _name(row), row, table.line) for row in table.rows("questions")]
    if not rows:
        table.note("there is no question", "questions")
    reader = _Reader(name, known, problems)
    behind = {str(row.data["follow_up"]) for row in rows if "follow_up" in row.data}
    later = [row for row in rows if row.data.get("code") in behind]
    follow_ups = {}
    for row in later:
        follow_ups[row.question] = follow_up = reader.question(row, {})
        if follow_up.list or follow_up.block:
            row.note("a follow-up has neither a list nor a block")
    questions = tuple(reader.question(row, follow_ups) for row in rows if row not in later)
    instrument = Instrument(name, questions, _groups(table, name, {question.code for question in questions}))
    _check_codes(instrument, {row.question: row for row in rows}, table)
    table.done()
    return instrument


def _name(row: Any) -> str:
    return str(row.get("code", "")) if isinstance(row, dict) else ""


def _check_codes(instrument: Instrument, rows: Mapping[str, Row], table: Row) -> None:
    for code, times in Counter(instrument.codes).items():
        if times > 1:
            rows.get(code, table).note(f"the code {code} stands {times} times", "code")
    for question in instrument.questions:
        row = rows.get(question.code, table)
        if question.needs and question.needs not in {other.code for other in instrument.questions}:
            row.note(f"needs {question.needs}, which is no question", "needs")
        if question.needs == question.code:
            row.note("needs itself", "needs")
        if instrument.name == "adult" and not question.block:
            row.note("block is missing")


def _groups(table: Row, name: str, codes: set[str]) -> dict[str, frozenset[str]]:
    groups = {group: frozenset(members) for group, members in table.texts_by_name("groups").items()}
    for group in sorted(GROUPS[name] - groups.keys()):
        table.note(f"groups: {group} is missing")
    for group in sorted(groups.keys() - GROUPS[name]):
        table.note(f"groups: there is no group {group}")
    for group, members in groups.items():
        for code in sorted(members - codes):
            table.note(f"groups: {group} names {code}, which is no question")
    return {group: groups.get(group, frozenset()) for group in GROUPS[name]}


def _carried(row: Row) -> Carried:
    carried = Carried(row.text("code"), row.text("item", ""), row.text("tick", ""))
    row.done()
    return carried


def check_carried(adult: Instrument, minor: Instrument, data: Lines | None, problems: Problems) -> None:
    """What the minors' questions carry over must be a question of the adults', an item of its list, and a tick here."""
    rows = data.get("questions") if data is not None else None
    lines = {_name(row): getattr(row, "line", 0) for row in rows or ()}
    known = {question.code: question for question in adult.questions}
    for question in minor.questions:
        ticks = question.list.names if question.list else ()
        for carried in question.carries:
            behind = known.get(carried.code)
            items = behind.list.names if behind and behind.list else ()
            for name, there in (
                (carried.code, behind is not None),
                (carried.item, not carried.item or behind is None or carried.item in items),
                (carried.tick, not carried.tick or carried.tick in ticks),
            ):
                if not there:
                    what = f"carries names {name}, which does not exist"
                    problems.note("minor.yml", lines.get(question.code, 0), question.code, what)
