"""Answers → marks → dimensions: how the indicators of one dimension are weighed.

Pure. Promises the ILO rule exactly; must not know of types, urgency or the conversation. A set of codes and a set
of marks are integers with one bit for each member, so that a clause of the rule is a few ``&`` and ``|``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.screening.records import DIMENSIONS, STRENGTHS, Instrument, Instruments, Mark, Question, TickList

Ticks = Mapping[str, tuple[str, ...]]  # list code → its ticks, in the list's order


class Codes:
    """A bit for every code of both instruments, the minors' first."""

    def __init__(self, instruments: Instruments) -> None:
        every = (*instruments.minor.codes, *instruments.adult.codes)
        self.bit: Mapping[str, int] = {code: 1 << place for place, code in enumerate(every)}
        self._code = {bit: code for code, bit in self.bit.items()}

    def of(self, codes: Iterable[str]) -> int:
        """The set of these codes."""
        return sum(self.bit[code] for code in set(codes))

    def named(self, codes: int) -> list[str]:
        """The codes of a set, in the order of the instruments."""
        found = []
        while codes:
            lowest = codes & -codes
            found.append(self._code[lowest])
            codes ^= lowest
        return found


@dataclass(frozen=True, slots=True)
class Weight:
    """One dimension's marks weighed; ``indicators`` sorted."""

    positive: bool
    near: bool
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListBits:
    """A list of an instrument: its own bit, its question's, and the marks of its items.

    ``whole``: the list is its own question. ``imagined`` is what a missing answer to it could still be.
    """

    code: str
    bit: int
    question: int
    names: tuple[str, ...]
    single: bool
    whole: bool
    most: int
    items: Mapping[str, int]
    otherwise: int
    imagined: tuple[str, ...]

    def marks(self, ticked: tuple[str, ...]) -> int:
        """The marks of what is ticked."""
        marks = 0
        for name in ticked[: self.most] if self.most else ticked:
            marks |= self.items[name]
        return marks


class Sheet:
    """One instrument as it weighs in one phase.

    ``all`` are its codes, ``groups`` its groups, ``touch`` the codes whose answers can leave a mark in a dimension,
    ``mask`` the marks of a dimension, ``children`` pairs of a question with its follow-up or list.
    """

    def __init__(self, instrument: Instrument, codes: Codes, *, offer: bool = False) -> None:
        self.bit: Mapping[str, int] = {code: codes.bit[code] for code in instrument.codes}
        self.all = codes.of(instrument.codes)
        self.groups = {name: codes.of(members) for name, members in instrument.groups.items()}
        self.own: list[tuple[int, int]] = []  # a question or follow-up, and the marks of a yes to it
        self.lists: dict[str, ListBits] = {}
        self.children: list[tuple[int, int]] = []
        self.touch = dict.fromkeys(DIMENSIONS, 0)
        self.mask = dict.fromkeys(DIMENSIONS, 0)
        self._marks: list[Mark] = []
        self._weights: dict[int, Weight] = {}
        for question in instrument.questions:
            self._add(question, offer=offer)

    def _add(self, question: Question, *, offer: bool) -> None:
        bit = self.bit[question.code]
        self._own(bit, question.offer_marks if offer and question.offer_marks else question.marks)
        if question.follow_up:
            follow_up = self.bit[question.follow_up.code]
            self._own(follow_up, question.follow_up.marks)
            self.children.append((bit, follow_up))
        if question.list:
            self.lists[question.list.code] = entry = self._list(bit, question.list)
            if not entry.whole:
                self.children.append((bit, entry.bit))

    def _own(self, bit: int, marks: tuple[Mark, ...]) -> None:
        if marks:
            self.own.append((bit, self._bits(marks, bit)))

    def _list(self, question: int, ticks: TickList) -> ListBits:
        bit = self.bit[ticks.code]
        return ListBits(
            code=ticks.code,
            bit=bit,
            question=question,
            names=ticks.names,
            single=ticks.choose == "one",
            whole=bit == question,
            most=ticks.most,
            items={item.item: self._bits(item.marks, question | bit) for item in ticks.items},
            otherwise=self._bits(ticks.otherwise, question),
            imagined=(ticks.missing,) if ticks.missing else ticks.names,
        )

    def _bits(self, marks: tuple[Mark, ...], codes: int) -> int:
        bits = 0
        for mark in marks:
            if mark not in self._marks:
                self._marks.append(mark)
            bit = 1 << self._marks.index(mark)
            self.mask[mark.dimension] |= bit
            self.touch[mark.dimension] |= codes
            bits |= bit
        return bits

    def marked(self, yes: int, ticks: Ticks) -> int:
        """The marks of these yes answers, with what is ticked in their lists."""
        marks = 0
        for bit, own in self.own:
            if yes & bit:
                marks |= own
        for code, entry in self.lists.items():
            if yes & entry.question:
                marks |= entry.marks(ticks[code]) if code in ticks else entry.otherwise
        return marks

    def weigh(self, marks: int) -> dict[str, Weight]:
        """Every dimension of a set of marks."""
        weights = self._weights
        found = {}
        for dimension, mask in self.mask.items():
            part = marks & mask
            found[dimension] = weights.get(part) or weights.setdefault(part, self._weight(part))
        return found

    def _weight(self, part: int) -> Weight:
        strongest: dict[str, str] = {}
        for mark in sorted(self._named(part), key=lambda mark: STRENGTHS.index(mark.strength)):
            strongest.setdefault(mark.indicator, mark.strength)
        strong, medium, weak = (list(strongest.values()).count(strength) for strength in STRENGTHS)
        positive = (
            strong >= 2 or (strong >= 1 and medium + weak >= 1) or medium >= 3 or (medium >= 2 and weak >= 1)
        )
        near = not positive and (strong == 1 or medium == 2)
        return Weight(positive, near, tuple(sorted(strongest)))

    def indicators(self, marks: int) -> list[str]:
        """The indicators of a set of marks, sorted."""
        return sorted([name for weight in self.weigh(marks).values() for name in weight.indicators])

    def _named(self, marks: int) -> list[Mark]:
        return [mark for place, mark in enumerate(self._marks) if marks >> place & 1]
