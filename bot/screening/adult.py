"""The adult's result: type, level and reasons from what was said.

Pure. Promises that nobody with a mark of deceit or coercion is told "no signs". Each clause of the rule is one
function that gives the grounds it rests on (no answers: it does not hold), so a reason cannot differ from the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.screening.circumstances import Circumstances
from bot.screening.marks import Grounds, Look, Sheet
from bot.screening.records import DIMENSIONS, Instrument
from bot.screening.said import Said
from bot.screening.urgency import urgency

LEVELS = {"T1": 2, "T2": 2, "T3": 1, "T4": 1, "T5": 1, "T6": 0, "T0-L": 0, "T0": 0}


class Items(NamedTuple):
    """The items of the lists that say more than their marks, as sets of ticks."""

    purpose: int
    control: int
    family: int


@dataclass(slots=True)
class Picture:
    """Everything that the clauses look at; ``phase`` is the one that counts after the answers.

    ``unknown`` are the dimensions that a missing answer could still make positive.
    """

    sheet: Sheet
    items: Items
    said: Said
    phase: str
    looks: Mapping[str, Look]
    unknown: list[str]

    def resting(self, dimensions: Iterable[str]) -> Grounds:
        """The marks of some dimensions, and the codes on which they rest."""
        answers = marks = 0
        for dimension in dimensions:
            grounds = self.looks[dimension].grounds
            answers |= grounds.answers
            marks |= grounds.marks
        return Grounds(answers, marks)

    def yes(self, group: str) -> Grounds:
        """The questions of a group that are a yes, and what makes them one."""
        said, sheet = self.said, self.sheet
        told = sheet.groups[group] & said.yes
        if not told:
            return NOTHING
        answers = sheet.behind(told, said.yes | said.ticked)
        return Grounds(answers, sheet.marked(answers & said.yes, said.ticks))

    def named(self, items: int) -> Grounds:
        """The lists, and their questions, in which one of these items is ticked."""
        named = self.said.ticks & items
        if not named:
            return NOTHING
        answers = marks = 0
        for entry in self.sheet.lists.values():
            if named & entry.ticks:
                answers |= entry.bit | entry.question
                marks |= entry.marks(named & entry.ticks)
        return Grounds(answers, marks)


NOTHING = Grounds(0, 0)


def items(instrument: Instrument, sheet: Sheet) -> Items:
    """Which items of an instrument's lists are flagged."""
    lists = [question.list for question in instrument.questions if question.list]

    def flagged(flag: str) -> int:
        return sum(
            sheet.lists[entry.code].tick[item.item]
            for entry in lists
            for item in entry.items
            if getattr(item, flag)
        )

    return Items(flagged("purpose"), flagged("control"), flagged("family"))


Clause = Callable[[Picture], Grounds]


def _positive(dimension: str) -> Clause:
    def clause(p: Picture) -> Grounds:
        look = p.looks[dimension]
        return look.grounds if look.weight.positive else NOTHING

    return clause


def _purpose(p: Picture) -> Grounds:
    return p.named(p.items.purpose)


def _near(p: Picture) -> Grounds:
    return p.resting([dimension for dimension, look in p.looks.items() if look.weight.near])


def _unknown(p: Picture) -> Grounds:
    if not p.unknown:
        return NOTHING
    touched = 0
    for dimension in p.unknown:
        touched |= p.sheet.touch[dimension]
    return Grounds(p.said.missing & touched, 0)


def _sign(p: Picture) -> Grounds:
    return p.resting(("DR", "CR", "CD"))


def _open(p: Picture) -> Grounds:
    """Questions that must be answered before anybody hears "no signs", and the lists of those that are a yes."""
    if not p.said.missing:
        return NOTHING
    asked = p.sheet.groups["open"]
    for entry in p.sheet.lists.values():
        if asked & p.said.yes & entry.question:
            asked |= entry.bit
    return Grounds(asked & p.said.missing, 0)


def _control(p: Picture) -> Grounds:
    if p.phase == "offer":
        return NOTHING
    told, ticked = p.yes("control"), p.named(p.items.control)
    if ticked is NOTHING:
        return told
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


SIGNS = {"core": (1, 1), "strong_control": (2, 1), "family_threat": (2, 1), "violence_now": (3, 3)}
# reason → the level it gives now, and in the past or in an offer
GRAVE = ("strong_control", "family_threat", "violence_now")


def judge(p: Picture, around: Circumstances) -> tuple[str, int, dict[str, Grounds]]:
    """The type, the urgency (0 to 3), and every reason that by itself gives one of them, with what it rests on."""
    kind, reasons = _kind(p)
    held = _holding(p, SIGNS if kind == "T6" else GRAVE)
    now = 0 if p.phase == "now" else 1
    levels = {code: SIGNS[code][now] for code in held}
    level, given = urgency(kind, LEVELS[kind], levels, around, cap=True)
    for code in given:
        reasons[code] = held.get(code, NOTHING)
    return kind, level, reasons


def _kind(p: Picture) -> tuple[str, dict[str, Grounds]]:
    """The first type that fits, from T1 down to T0, and the reasons that give it."""
    kind = _strong(p)
    if kind:
        return kind, _holding(p, TYPE_REASONS[kind])
    for kind in ("T6", "T0-L"):
        reasons = _holding(p, TYPE_REASONS[kind])
        if reasons:
            return kind, reasons
    return "T0", {}


def _strong(p: Picture) -> str:
    """The type where exploitation, coercion or recruitment is positive; empty where none is."""
    deceived, forced, abused, exploited, coerced, dependent = (p.looks[d].weight.positive for d in DIMENSIONS)
    exploited = exploited or bool(p.said.ticks & p.items.purpose)
    recruited = deceived or forced or abused
    if exploited and coerced:
        return "T1" if recruited else "T2"
    if exploited:
        return "T3" if recruited or dependent else "T4"
    return "T5" if coerced or recruited else ""


def _holding(p: Picture, codes: Iterable[str]) -> dict[str, Grounds]:
    """Those of some clauses that hold."""
    found = {}
    for code in codes:
        grounds = CLAUSES[code](p)
        if grounds.answers:
            found[code] = grounds
    return found
