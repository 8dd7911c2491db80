"""The adult's result: type, level and reasons from what was said.

Pure. Promises that nobody with a mark of deceit or coercion is told "no signs". Each clause of the rule is one
function that gives the grounds it rests on (no answers: it does not hold), so a reason cannot differ from the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.screening.circumstances import Circumstances
from bot.screening.marks import Sheet, Weight
from bot.screening.records import DIMENSIONS, Instrument
from bot.screening.said import Said
from bot.screening.urgency import urgency

LEVELS = {"T1": 2, "T2": 2, "T3": 1, "T4": 1, "T5": 1, "T6": 0, "T0-L": 0, "T0": 0}


class Grounds(NamedTuple):
    """What a clause rests on: a set of codes, and a set of marks. Without codes it does not hold."""

    answers: int
    marks: int


class Items(NamedTuple):
    """The items of the lists that say more than their marks: list code → item names."""

    purpose: Mapping[str, frozenset[str]]
    control: Mapping[str, frozenset[str]]
    family: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class Picture:
    """Everything that the clauses look at; ``phase`` is the one that counts after the answers.

    ``unknown`` are the dimensions that a missing answer could still make positive.
    """

    sheet: Sheet
    items: Items
    said: Said
    phase: str
    marks: int
    weights: Mapping[str, Weight]
    unknown: list[str]
    _found: dict[str, Grounds] = field(default_factory=dict)

    def grounds(self, code: str) -> Grounds:
        """What the clause of a reason rests on (``CLAUSES``), worked out once."""
        found = self._found.get(code)
        if found is None:
            found = self._found[code] = CLAUSES[code](self)
        return found

    def resting(self, dimensions: Iterable[str]) -> Grounds:
        """The marks of some dimensions, and the codes on which they rest."""
        said, sheet = self.said, self.sheet
        touched = mask = 0
        for dimension in dimensions:
            touched |= sheet.touch[dimension]
            mask |= sheet.mask[dimension]
        return Grounds(said.behind(sheet, touched & (said.yes | said.ticked)), self.marks & mask)

    def yes(self, group: str) -> Grounds:
        """The questions of a group that are a yes, and what makes them one."""
        told = self.sheet.groups[group] & self.said.yes
        if not told:
            return NOTHING
        answers = self.said.behind(self.sheet, told)
        return Grounds(answers, self.sheet.marked(answers & self.said.yes, self.said.ticks))

    def named(self, items: Mapping[str, frozenset[str]]) -> Grounds:
        """The lists, and their questions, in which one of these items is ticked."""
        answers = marks = 0
        for code, ticked in self.said.ticks.items():
            found = tuple(name for name in ticked if name in items[code]) if code in items else ()
            if found:
                entry = self.sheet.lists[code]
                answers |= entry.bit | entry.question
                marks |= entry.marks(found)
        return Grounds(answers, marks)


NOTHING = Grounds(0, 0)


def items(instrument: Instrument) -> Items:
    """Which items of an instrument's lists are flagged."""
    lists = [question.list for question in instrument.questions if question.list]

    def flagged(flag: str) -> Mapping[str, frozenset[str]]:
        named = {entry.code: frozenset(i.item for i in entry.items if getattr(i, flag)) for entry in lists}
        return {code: names for code, names in named.items() if names}

    return Items(flagged("purpose"), flagged("control"), flagged("family"))


Clause = Callable[[Picture], Grounds]


def _positive(dimension: str) -> Clause:
    return lambda p: p.resting((dimension,)) if p.weights[dimension].positive else NOTHING


def _purpose(p: Picture) -> Grounds:
    return p.named(p.items.purpose)


def _near(p: Picture) -> Grounds:
    return p.resting(dimension for dimension in DIMENSIONS if p.weights[dimension].near)


def _unknown(p: Picture) -> Grounds:
    touched = 0
    for dimension in p.unknown:
        touched |= p.sheet.touch[dimension]
    return Grounds(p.said.missing & touched, 0)


def _sign(p: Picture) -> Grounds:
    return p.resting(("DR", "CR", "CD"))


def _open(p: Picture) -> Grounds:
    """Questions that must be answered before anybody hears "no signs", and the lists of those that are a yes."""
    asked = p.sheet.groups["open"]
    for entry in p.sheet.lists.values():
        if asked & p.said.yes & entry.question:
            asked |= entry.bit
    return Grounds(asked & p.said.missing, 0)


def _control(p: Picture) -> Grounds:
    if p.phase == "offer":
        return NOTHING
    told, ticked = p.yes("control"), p.named(p.items.control)
    return Grounds(told.answers | ticked.answers, told.marks | ticked.marks)


def _family(p: Picture) -> Grounds:
    return p.named(p.items.family)


def _violence_now(p: Picture) -> Grounds:
    if p.phase != "now":
        return NOTHING
    held, afraid = p.yes("held"), p.yes("afraid")
    if not held.answers or not afraid.answers:
        return NOTHING
    return Grounds(held.answers | afraid.answers, held.marks | afraid.marks)


CLAUSES: Mapping[str, Clause] = {
    "exploitation": _positive("EX"),
    "purpose": _purpose,
    "deception": _positive("DR"),
    "coercion": _positive("CR"),
    "vulnerability": _positive("VR"),
    "control_destination": _positive("CD"),
    "vulnerability_destination": _positive("VD"),
    "near": _near,
    "unknown": _unknown,
    "sign": _sign,
    "core": lambda p: p.yes("core"),
    "open": _open,
    "labour": lambda p: p.yes("labour"),
    "strong_control": _control,
    "family_threat": _family,
    "violence_now": _violence_now,
}
EXPLOITED = ("exploitation", "purpose")
RECRUITED = ("deception", "coercion", "vulnerability")
TYPE_REASONS = {
    "T1": (*EXPLOITED, *RECRUITED, "control_destination"),
    "T2": (*EXPLOITED, "control_destination"),
    "T3": (*EXPLOITED, *RECRUITED, "vulnerability_destination"),
    "T4": EXPLOITED,
    "T5": (*RECRUITED, "control_destination"),
    "T6": ("near", "unknown", "sign", "vulnerability_destination", "open"),
    "T0-L": ("labour",),
    "T0": (),
}


def result(p: Picture) -> str:
    """The first type that fits, from T1 down to T0."""
    weights = p.weights
    exploited = weights["EX"].positive or bool(p.grounds("purpose").answers)
    recruited = weights["DR"].positive or weights["CR"].positive or weights["VR"].positive
    coerced = weights["CD"].positive
    if exploited and coerced:
        return "T1" if recruited else "T2"
    if exploited:
        return "T3" if recruited or weights["VD"].positive else "T4"
    if coerced or recruited:
        return "T5"
    for kind in ("T6", "T0-L"):
        if any(p.grounds(code).answers for code in TYPE_REASONS[kind]):
            return kind
    return "T0"


def level(p: Picture, kind: str, around: Circumstances) -> tuple[int, list[str]]:
    """The urgency (0 to 3) of a type, and the reasons that give it beside those of the type."""
    now = p.phase == "now"
    signs: dict[str, int] = {}
    if kind == "T6" and p.grounds("core").answers:
        signs["core"] = 1
    if p.grounds("strong_control").answers:
        signs["strong_control"] = 2 if now else 1
    if p.grounds("family_threat").answers:
        signs["family_threat"] = 2 if now else 1
    if p.grounds("violence_now").answers:
        signs["violence_now"] = 3
    return urgency(kind, LEVELS[kind], signs, around, cap=True)
