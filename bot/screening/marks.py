"""Answers → marks → dimensions: how the indicators of one dimension are weighed.

Pure. Promises the ILO rule exactly; must not know of types, urgency or the conversation. A set of codes, of ticks
or of marks is an integer with one bit for each member, so that a clause of the rule is a few ``&`` and ``|``, and
what was worked out for one set is remembered for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from bot.screening.records import DIMENSIONS, STRENGTHS, Instrument, Instruments, Mark, Question, TickList

KEPT = 1 << 15  # sets of one kind that are remembered; then all are forgotten and it begins anew
Found = TypeVar("Found")


class Memo(dict[int, Found]):
    """What a function gives for a set, remembered."""

    def __init__(self, make: Callable[[int], Found]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: int) -> Found:
        if len(self) >= KEPT:
            self.clear()
        found = self[key] = self._make(key)
        return found


class Codes:
    """A bit for every code of both instruments, the minors' first."""

    def __init__(self, instruments: Instruments) -> None:
        every = (*instruments.minor.codes, *instruments.adult.codes)
        self.bit: Mapping[str, int] = {code: 1 << place for place, code in enumerate(every)}
        self.width = len(every)
        self._code = {bit: code for code, bit in self.bit.items()}
        self.names: Memo[tuple[str, ...]] = Memo(self._named)  # a set → its codes in the instruments' order

    def of(self, codes: Iterable[str]) -> int:
        """The set of these codes."""
        return sum(self.bit[code] for code in set(codes))

    def _named(self, codes: int) -> tuple[str, ...]:
        found = []
        while codes:
            lowest = codes & -codes
            found.append(self._code[lowest])
            codes ^= lowest
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Weight:
    """One dimension's marks weighed; ``indicators`` sorted."""

    positive: bool
    near: bool
    indicators: tuple[str, ...]


class Grounds(NamedTuple):
    """What a clause of a rule rests on: a set of codes, and a set of marks. Without codes it does not hold."""

    answers: int
    marks: int


@dataclass(frozen=True, slots=True)
class Look:
    """One dimension of somebody's answers: its marks and the codes on which they rest, their weight, and whether it
    would be positive if every missing answer were a yes with all its list ticked.
    """

    grounds: Grounds
    weight: Weight
    reach: bool


@dataclass(frozen=True, slots=True)
class ListBits:
    """A list of an instrument: its own bit, its question's, the bits of its ticks, and their marks.

    ``whole``: the list is its own question. ``imagined`` are the ticks that a missing answer could still be.
    """

    code: str
    bit: int
    question: int
    tick: Mapping[str, int]  # in the list's order
    ticks: int
    single: bool
    whole: bool
    most: int
    items: Mapping[int, int]
    otherwise: int
    imagined: int

    def marks(self, ticked: int) -> int:
        """The marks of what is ticked: of the first ``most`` in the list's order."""
        marks = counted = 0
        for bit, own in self.items.items():
            if ticked & bit and not (self.most and counted >= self.most):
                marks |= own
                counted += 1
        return marks


class _Ticked(dict[Any, int]):
    """What is answered to a list → given, yes, no and ticks in one, worked out when it is first answered so.

    A list never makes anything not applicable by itself, so ``na`` leaves that to its question. ``KeyError`` for
    an answer that the list does not have.
    """

    def __init__(self, entry: ListBits, width: int) -> None:
        super().__init__(dict.fromkeys(("unsure", "declined", "na"), entry.bit))
        self._entry, self._width = entry, width

    def __missing__(self, answer: Any) -> int:
        entry, width = self._entry, self._width
        if not isinstance(answer, tuple) and not (isinstance(answer, str) and entry.single):
            raise KeyError
        ticks = 0
        for tick in (answer,) if isinstance(answer, str) else answer:
            ticks |= entry.tick[tick]
        found = entry.bit
        if ticks or not entry.whole:
            found |= entry.bit << 2 * width
        if ticks:
            found |= entry.question << width | ticks << 3 * width
        if len(self) < KEPT:
            self[answer] = found
        return found


class Sheet:
    """One instrument as it weighs in one phase.

    ``all`` are its codes, ``groups`` its groups, ``touch`` the codes whose answers can leave a mark in a dimension,
    ``children`` pairs of a question with its follow-up or list. ``reads``: code → answer (a list as a
    tuple) → four sets in one: given, yes, no and ticks.
    """

    def __init__(self, instrument: Instrument, codes: Codes, *, offer: bool = False) -> None:
        self.width = codes.width
        self.bit: Mapping[str, int] = {code: codes.bit[code] for code in instrument.codes}
        self.all = codes.of(instrument.codes)
        self.groups = {name: codes.of(members) for name, members in instrument.groups.items()}
        self._own_marks: dict[int, int] = {}  # a question or follow-up → the marks of a yes to it
        self._list_of: dict[int, ListBits] = {}  # a question → its list
        self.lists: dict[str, ListBits] = {}
        self.children: list[tuple[int, int]] = []
        self.touch = dict.fromkeys(DIMENSIONS, 0)
        self._mask = dict.fromkeys(DIMENSIONS, 0)
        self._marks: list[Mark] = []
        self._ticks = 0
        for question in instrument.questions:
            self._add(question, offer=offer)
        self.parents = sum({question for question, _ in self.children})
        self.second = sum({child for _, child in self.children})
        self.reads: Mapping[str, Mapping[Any, int]] = {
            code: _Ticked(self.lists[code], self.width) if code in self.lists else self._read(bit)
            for code, bit in self.bit.items()
        }
        self.indicators: Memo[tuple[str, ...]] = Memo(self._indicators)
        self._weights: Memo[Weight] = Memo(_weight(self._marks))
        self._looks = [(d, self._wide(d), Memo(self._looker(d))) for d in DIMENSIONS]

    def _add(self, question: Question, *, offer: bool) -> None:
        bit = self.bit[question.code]
        self._own(bit, question.offer_marks if offer and question.offer_marks else question.marks)
        if question.follow_up:
            follow_up = self.bit[question.follow_up.code]
            self._own(follow_up, question.follow_up.marks)
            self.children.append((bit, follow_up))
        if question.list:
            self.lists[question.list.code] = self._list_of[bit] = entry = self._list(bit, question.list)
            if not entry.whole:
                self.children.append((bit, entry.bit))

    def _read(self, bit: int) -> dict[str, int]:
        yes, no = bit | bit << self.width, bit | bit << 2 * self.width
        return {"yes": yes, "partly": yes, "no": no, "na": no, "unsure": bit, "declined": bit}

    def _own(self, bit: int, marks: tuple[Mark, ...]) -> None:
        if marks:
            self._own_marks[bit] = self._bits(marks, bit)

    def _list(self, question: int, ticks: TickList) -> ListBits:
        bit = self.bit[ticks.code]
        tick = {name: 1 << (self._ticks + place) for place, name in enumerate(ticks.names)}
        self._ticks += len(tick)
        return ListBits(
            code=ticks.code,
            bit=bit,
            question=question,
            tick=tick,
            ticks=sum(tick.values()),
            single=ticks.choose == "one",
            whole=bit == question,
            most=ticks.most,
            items={tick[item.item]: self._bits(item.marks, question | bit) for item in ticks.items},
            otherwise=self._bits(ticks.otherwise, question),
            imagined=tick[ticks.missing] if ticks.missing else sum(tick.values()),
        )

    def _bits(self, marks: tuple[Mark, ...], codes: int) -> int:
        bits = 0
        for mark in marks:
            if mark not in self._marks:
                self._marks.append(mark)
            bit = 1 << self._marks.index(mark)
            self._mask[mark.dimension] |= bit
            self.touch[mark.dimension] |= codes
            bits |= bit
        return bits

    # ── weighing ────────────────────────────────────────────────────────────────────────────────────────────

    def marked(self, yes: int, ticks: int) -> int:
        """The marks of these yes answers, with what is ticked in their lists."""
        marks = 0
        own, lists = self._own_marks, self._list_of
        while yes:
            bit = yes & -yes
            yes ^= bit
            if bit in own:
                marks |= own[bit]
            if bit in lists:
                entry = lists[bit]
                ticked = ticks & entry.ticks
                marks |= entry.marks(ticked) if ticked else entry.otherwise
        return marks

    def behind(self, codes: int, present: int) -> int:
        """These codes, and the follow-ups and ticked lists among ``present`` that make a question of them a yes."""
        if codes & self.parents and present & self.second:
            for question, child in self.children:
                if codes & question and present & child:
                    codes |= child
        return codes

    def looks(self, yes: int, missing: int, ticks: int) -> dict[str, Look]:
        """Every dimension of these answers."""
        told = (ticks << self.width | missing) << self.width | yes
        return {dimension: seen[told & wide] for dimension, wide, seen in self._looks}

    def only_marks(self, marks: int) -> dict[str, Weight]:
        """Every dimension of a set of marks, wherever they come from."""
        weights = self._weights
        return {dimension: weights[marks & mask] for dimension, mask in self._mask.items()}

    def imagine(self, yes: int, missing: int, ticks: int) -> tuple[int, int]:
        """Answers and ticks as they would stand if every missing answer were a yes with all its list ticked."""
        for entry in self.lists.values():
            if missing & (entry.bit | entry.question):
                ticks = ticks & ~entry.ticks | entry.imagined
        return yes | missing, ticks

    def _wide(self, dimension: str) -> int:
        """Everything that one dimension may look at, in the shape of ``looks``."""
        codes = self.behind(self.touch[dimension], self.all)
        ticks = sum(entry.ticks for entry in self.lists.values() if codes & (entry.bit | entry.question))
        return (ticks << self.width | codes) << self.width | codes

    def _looker(self, dimension: str) -> Callable[[int], Look]:
        mask, touch = self._mask[dimension], self.touch[dimension]

        def look(told: int) -> Look:
            yes, missing = told & self.all, told >> self.width & self.all
            ticks = told >> 2 * self.width
            marks = self.marked(yes, ticks) & mask
            weight = self._weights[marks]
            reach = weight.positive
            if missing and not reach:
                reach = self._weights[self.marked(*self.imagine(yes, missing, ticks)) & mask].positive
            present = yes | self.ticked(ticks)
            return Look(Grounds(self.behind(touch & present, present), marks), weight, reach)

        return look

    def ticked(self, ticks: int) -> int:
        """The lists in which something is ticked, as codes."""
        return sum(entry.bit for entry in self.lists.values() if ticks & entry.ticks)

    def _indicators(self, marks: int) -> tuple[str, ...]:
        """The indicators of a set of marks, sorted; each once in its dimension."""
        return tuple(sorted(name for each in self.only_marks(marks).values() for name in each.indicators))


def _weight(marks: list[Mark]) -> Callable[[int], Weight]:
    """The rule for one dimension's set of these marks; an indicator counts once, at its strongest."""

    def weight(part: int) -> Weight:
        there = [mark for place, mark in enumerate(marks) if part >> place & 1]
        strongest: dict[str, str] = {}
        for mark in sorted(there, key=lambda mark: STRENGTHS.index(mark.strength)):
            strongest.setdefault(mark.indicator, mark.strength)
        strong, medium, weak = (list(strongest.values()).count(strength) for strength in STRENGTHS)
        positive = (
            strong >= 2 or (strong >= 1 and medium + weak >= 1) or medium >= 3 or (medium >= 2 and weak >= 1)
        )
        near = not positive and (strong == 1 or medium == 2)
        return Weight(positive, near, tuple(sorted(strongest)))

    return weight
