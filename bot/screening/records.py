"""What the data files of an instrument hold once they are read: frozen records, and nothing that weighs or speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DIMENSIONS = ("DR", "CR", "VR", "EX", "CD", "VD")
STRENGTHS = ("S", "M", "W")  # strongest first
PHASES = {"recruitment": ("DR", "CR", "VR"), "destination": ("EX", "CD", "VD")}
SENSITIVITIES = ("low", "medium", "high")
SETS = ("AL", "AS", "CL", "CS")  # adult labour, adult sexual, child labour, child sexual
INSTRUMENTS = {"adult": ("Q", ("AL", "AS")), "minor": ("M", ("CL", "CS"))}  # its codes begin so; its sets
GROUPS = {
    "adult": {"core", "control", "open", "labour", "held", "afraid", "happening"},
    "minor": {"danger", "sexual", "violence", "confined", "exploitation", "work", "deceived", "home"},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What an answer says: a dimension (``DIMENSIONS``), a strength (``STRENGTHS``), an indicator (``D1.1``)."""

    dimension: str
    strength: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong an indicator is in one set: ``S M W``, or ``-`` where the set lacks it. ``confirmed``: a source
    says so; otherwise it is our assumption until the original can be read.
    """

    value: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Indicator:
    """One operational indicator, with its strength in each set. ``ours``: it stands in no published list."""

    id: str
    dimension: str
    label: str
    strengths: Mapping[str, Strength]
    note: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Something published that questions, rules or texts rest on.

    ``read`` says how we know it: ``full`` (the original), ``partial``, ``secondary`` (what others say of it) or
    ``none`` (known to exist). ``items`` are numbered parts that can be cited (``ILO11/7``); ``open`` is what
    must still be checked against the original.
    """

    id: str
    title: str
    author: str
    year: str
    url: str
    read: str
    items: Mapping[str, str] = field(default_factory=dict)
    open: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list. ``purpose`` is exploitation by itself, ``control`` a strong sign of control,
    ``family`` a threat to the family, ``confined`` being kept in, ``home`` living with one's own family.
    ``set``: the set whose strengths its marks have, where not the instrument's.
    """

    item: str
    marks: tuple[Mark, ...] = ()
    purpose: bool = False
    control: bool = False
    family: bool = False
    confined: bool = False
    home: bool = False
    set: str = ""


@dataclass(frozen=True, slots=True)
class TickList:
    """The list behind a question; ``code`` equals the question's own where the list is the whole question.

    At most ``most`` ticked items leave marks, in the order of ``items`` (0: all); without a tick ``otherwise``
    does. ``choose`` is ``one`` or ``many``. ``missing`` is the item that a missing answer could still be
    (empty: any of them).
    """

    code: str
    choose: str
    items: tuple[Item, ...]
    most: int = 0
    otherwise: tuple[Mark, ...] = ()
    missing: str = ""

    @property
    def text(self) -> str:
        """The message key of what is asked."""
        return f"ask.{self.code}"

    @property
    def names(self) -> tuple[str, ...]:
        """The items' names in their order."""
        return tuple(item.item for item in self.items)


@dataclass(frozen=True, slots=True)
class Carried:
    """An adult's answer that counts as a yes here: a yes to ``code``, or only ``item`` of its list ticked.

    ``tick`` is the item of the list here that it stands for, empty where there is none.
    """

    code: str
    item: str = ""
    tick: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an instrument; ``block`` is 1 to 5 for adults and 0 for minors and follow-ups.

    ``phase``: what it asks about, ``recruitment`` or ``destination``. ``set``: whose strengths its marks have.
    ``also``: indicators that it touches and that do not count. ``discloses``: disclosure intent → the ticks of
    the list that it names. ``offer``: asked in the phase offer, where ``offer_marks`` stand instead of ``marks``
    when given. ``thanks``: said after a yes. ``open``: what a reviewer must still confirm. ``annex``: its number
    in the annex of the procedures. ``needs``, ``u14``, ``gate`` and ``carries`` are the minors' only.
    """

    code: str
    phase: str
    sensitivity: str
    set: str
    block: int = 0
    marks: tuple[Mark, ...] = ()
    also: tuple[str, ...] = ()
    offer: bool = False
    offer_marks: tuple[Mark, ...] = ()
    follow_up: Question | None = None
    list: TickList | None = None
    discloses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    purpose: bool = False
    gate: bool = False
    needs: str = ""
    u14: bool = False
    thanks: str = ""
    carries: tuple[Carried, ...] = ()
    open: str = ""
    annex: str = ""

    @property
    def text(self) -> str:
        """The message key of what is asked."""
        return f"ask.{self.code}"

    @property
    def answer(self) -> str:
        """The kind of its answer: ``yes_no``, or ``one``/``many`` where its list is the whole question."""
        return self.list.choose if self.list and self.list.code == self.code else "yes_no"

    @property
    def codes(self) -> Iterator[str]:
        """Its own code, its follow-up's, its list's."""
        yield self.code
        if self.follow_up:
            yield self.follow_up.code
        if self.list and self.list.code != self.code:
            yield self.list.code


@dataclass(frozen=True, slots=True)
class Instrument:
    """The questions in the order in which they are asked, and the sets of codes that the rules speak of."""

    name: str
    questions: tuple[Question, ...]
    groups: Mapping[str, frozenset[str]]

    def question(self, code: str) -> Question:
        """The question with this code, or the one to which this follow-up or list belongs; else ``KeyError``."""
        for question in self.questions:
            if code in question.codes:
                return question
        raise KeyError(code)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code in order: each question, then its follow-up and its list."""
        return tuple(code for question in self.questions for code in question.codes)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a list of the data standard, and what it is derived from: a yes (``Q11``), a tick
    (``Q16_which/sexual``), or a positive dimension of one instrument.
    """

    value: str
    answers: tuple[str, ...] = ()
    positive: str = ""
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """The value lists of the data standard that a summary speaks in: field → its values, derived or never."""

    fields: Mapping[str, tuple[Value, ...]]
    possible: frozenset[str]  # results with which the status may read "possible"


@dataclass(frozen=True, eq=False)
class Instruments:
    """Everything of one folder, and ``hash``: sha256 (hex) over names and bytes of its YAML files.

    Compared by identity, so that what is worked out from it once can be kept.
    """

    adult: Instrument
    minor: Instrument
    hash: str
    flow: Mapping[str, Any]
    indicators: Mapping[str, Indicator]
    sources: Mapping[str, Source]
    standard: Standard

    def of(self, name: str) -> Instrument:
        """The instrument with this name."""
        return self.minor if name == "minor" else self.adult
