"""The minor's result: type, level and reasons from what was said, also as an adult before the age was known.

Pure. Means are never needed. Promises that an adult's yes counts whenever it is handed in, and that a yes carried
over never makes milder what the minor said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.screening.circumstances import Circumstances
from bot.screening.marks import Codes, ListBits, Sheet
from bot.screening.records import Carried, Instrument
from bot.screening.said import Said
from bot.screening.urgency import urgency


class Evidence(NamedTuple):
    """What a reason rests on: codes of answers and marks of the sheet, as sets.

    ``question`` is the question that they make a yes (or a home that is no family's), 0 for several;
    ``confined`` whether it says confined.
    """

    question: int
    answers: int
    marks: int
    confined: bool = False


class Carry(NamedTuple):
    """An adult's yes (only with the tick ``item``, where given) and the evidence that it is."""

    adult: int
    item: int
    evidence: Evidence


Confined = Mapping[int, tuple[ListBits, int]]


@dataclass(frozen=True, slots=True)
class Table:
    """What the rule needs to know of the questions, as sets of codes. The gate counts nowhere."""

    yes_no: tuple[int, ...]  # all but M2
    counted: int
    not_u14: int
    needs: tuple[tuple[int, int], ...]  # a question, and the one whose no makes it not applicable
    homes: tuple[tuple[ListBits, int], ...]  # a list that is a whole question, its ticks that are a home
    confined: Mapping[int, tuple[ListBits, int]]  # question → its list, the ticks that say confined
    carries: tuple[Carry, ...]


def table(instrument: Instrument, codes: Codes, sheet: Sheet, adult: Sheet) -> Table:
    """Work out the table of the minors' instrument."""
    questions = [question for question in instrument.questions if not question.gate]
    bit = codes.bit
    homes, confined = [], {}
    for question in questions:
        if question.list:
            entry = sheet.lists[question.list.code]
            if entry.whole:
                homes.append((entry, sum(entry.tick[i.item] for i in question.list.items if i.home)))
            else:
                said_so = sum(entry.tick[i.item] for i in question.list.items if i.confined)
                confined[bit[question.code]] = (entry, said_so)
    return Table(
        yes_no=tuple(bit[q.code] for q in questions if q.answer == "yes_no"),
        counted=codes.of(q.code for q in questions),
        not_u14=codes.of(q.code for q in questions if not q.u14),
        needs=tuple((bit[q.code], bit[q.needs]) for q in questions if q.needs),
        homes=tuple(homes),
        confined=confined,
        carries=tuple(
            _carry(bit[q.code], carried, sheet, confined, adult) for q in questions for carried in q.carries
        ),
    )


def _carry(code: int, carried: Carried, sheet: Sheet, confined: Confined, adult: Sheet) -> Carry:
    """An adult's yes as the evidence that it is here."""
    ticks = confined[code][0].tick[carried.tick] if carried.tick else 0
    here = Evidence(
        code, adult.bit[carried.code], sheet.marked(code, ticks), _confined(confined, code, ticks)
    )
    items = [entry.tick for entry in adult.lists.values() if entry.question == adult.bit[carried.code]]
    return Carry(adult.bit[carried.code], items[0][carried.item] if carried.item else 0, here)


def _confined(confined: Confined, question: int, ticks: int) -> bool:
    """Whether the list of a question that is a yes names something that says confined, or nothing at all."""
    if question not in confined:
        return False
    entry, said_so = confined[question]
    return not ticks & entry.ticks or bool(ticks & said_so)


def not_applicable(rules: Table, said: Said, *, under14: bool) -> int:
    """The questions that were not answered and do not apply."""
    found = rules.not_u14 & ~said.given if under14 else 0
    for code, needed in rules.needs:
        if not needed & (said.yes | said.missing & ~found):
            found |= code & ~said.given
    return found


def evidence(rules: Table, sheet: Sheet, own: Said, adult_sheet: Sheet, adult: Said) -> Iterator[Evidence]:
    """Every yes, a home that is no family's, and what was said as an adult as a yes to the minor's questions."""
    for code in rules.yes_no:
        if own.yes & code:
            confined = _confined(rules.confined, code, own.ticks)
            behind = sheet.behind(code, own.yes | own.ticked)
            yield Evidence(code, behind, sheet.marked(code, own.ticks), confined)
    for entry, homes in rules.homes:
        ticked = own.ticks & entry.ticks
        if ticked & ~homes:
            yield Evidence(entry.bit, entry.bit, entry.marks(ticked))
    for carry in rules.carries if adult.yes else ():
        if adult.yes & carry.adult and (not carry.item or carry.item & adult.ticks):
            behind = adult_sheet.behind(carry.adult, adult.yes | adult.ticked)
            yield carry.evidence._replace(answers=behind)


def clauses(
    rules: Table, sheet: Sheet, said: Said, found: list[Evidence], *, under14: bool
) -> dict[str, Evidence]:
    """Reason code → what it rests on, for every clause that holds."""
    held: dict[str, Evidence] = {}
    for name, codes in sheet.groups.items() if found else ():
        each = [one for one in found if one.question & codes and (name != "confined" or one.confined)]
        if each:
            held[f"minor_{name}"] = together(each)
    young = [one for one in found if one.question in rules.yes_no] if under14 else []
    if young:
        held["minor_under14"] = together(young)
    missing = said.missing & rules.counted
    if missing:
        held["minor_incomplete"] = Evidence(0, missing, 0)
    return held


def together(found: list[Evidence]) -> Evidence:
    """All the codes and all the marks of several."""
    answers = marks = 0
    for each in found:
        answers |= each.answers
        marks |= each.marks
    return Evidence(0, answers, marks)


RED = ("minor_danger", "minor_sexual", "minor_violence", "minor_confined", "minor_under14")
ORANGE = ("minor_exploitation",)
YELLOW = ("minor_work", "minor_deceived", "minor_home", "minor_incomplete")
BOTH = ("minor_work", "minor_deceived")  # weigh like exploitation together


def result(held: Collection[str], *, was_adult: bool) -> tuple[str, list[str]]:
    """The first type that fits, from MR3 down to MR0, and every reason that by itself gives it."""
    red, orange, yellow = ([code for code in codes if code in held] for codes in (RED, ORANGE, YELLOW))
    if all(code in held for code in BOTH):
        orange += BOTH
    if red:
        return "MR3", red
    if was_adult and yellow:  # a step up from MR1
        return "MR2", [*orange, *yellow, "was_adult"]
    if orange:
        return "MR2", orange
    if was_adult:  # a step up from MR0
        return "MR1", ["was_adult"]
    return ("MR1", yellow) if yellow else ("MR0", [])


def level(kind: str, around: Circumstances) -> tuple[int, list[str]]:
    """The urgency (0 to 3) of a type, and the reasons that give it beside those of the type."""
    return urgency(kind, int(kind[-1]), {}, around, cap=False)
