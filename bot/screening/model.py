"""The instruments as data: ``adult.yml``, ``minor.yml`` and ``flow.yml`` read into frozen records.

Promises that whatever loads is whole: codes are unique, every code that is referred to exists, every mark can be
read. Must not weigh an answer, choose a question or hold a word that a person reads.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.screening.rows import InstrumentError, Row, parse

FOLDER = Path(__file__).parent / "instrument"
DIMENSIONS = ("DR", "CR", "VR", "EX", "CD", "VD")
STRENGTHS = ("S", "M", "W")  # strongest first
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
class Item:
    """One entry of a list. ``purpose`` is exploitation by itself, ``control`` a strong sign of control,
    ``family`` a threat to the family, ``confined`` being kept in, ``home`` living with one's own family.
    """

    item: str
    marks: tuple[Mark, ...] = ()
    purpose: bool = False
    control: bool = False
    family: bool = False
    confined: bool = False
    home: bool = False


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
class FollowUp:
    """The yes/no question that is asked after a yes."""

    code: str
    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        """The message key of what is asked."""
        return f"ask.{self.code}"


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
    """One question of an instrument; ``block`` is 1 to 5 for adults and 0 for minors.

    ``discloses``: disclosure intent → the ticks of the list that it names. ``offer``: asked in the phase offer,
    where ``offer_marks`` stand instead of ``marks`` when given. ``needs``, ``u14``, ``gate`` and ``carries`` are
    used by the minors' instrument only.
    """

    code: str
    block: int = 0
    marks: tuple[Mark, ...] = ()
    offer: bool = False
    offer_marks: tuple[Mark, ...] = ()
    follow_up: FollowUp | None = None
    list: TickList | None = None
    discloses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    sensitive: bool = False
    purpose: bool = False
    gate: bool = False
    needs: str = ""
    u14: bool = False
    carries: tuple[Carried, ...] = ()

    @property
    def text(self) -> str:
        """The message key of what is asked."""
        return f"ask.{self.code}"

    @property
    def answer(self) -> str:
        """The kind of its answer: ``yes_no``, or ``one``/``many`` where its list is the whole question."""
        return self.list.choose if self.list and self.list.code == self.code else "yes_no"


@dataclass(frozen=True, slots=True)
class Instrument:
    """The questions in the order in which they are asked, and the sets of codes that the rules speak of."""

    name: str
    questions: tuple[Question, ...]
    groups: Mapping[str, frozenset[str]]

    def question(self, code: str) -> Question:
        """The question with this code, or the one to which this follow-up or list belongs; else ``KeyError``."""
        for question in self.questions:
            if code in _codes(question):
                return question
        raise KeyError(code)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code in order: each question, then its follow-up and its list."""
        return tuple(code for question in self.questions for code in _codes(question))


@dataclass(frozen=True, eq=False)
class Instruments:
    """Both instruments, the raw ``flow.yml``, and ``hash``: sha256 (hex) over names and bytes of the YAML files.

    Compared by identity, so that what is worked out from it once can be kept.
    """

    adult: Instrument
    minor: Instrument
    hash: str
    raw_flow: Mapping[str, Any] | None = None

    @property
    def flow(self) -> Mapping[str, Any]:
        """``flow.yml`` as it was read; raises ``InstrumentError`` when the folder holds none."""
        if self.raw_flow is None:
            raise InstrumentError("flow.yml: there is no such file beside adult.yml and minor.yml")
        return self.raw_flow


@functools.lru_cache(maxsize=4)
def load(folder: Path = FOLDER) -> Instruments:
    """Read a folder of instruments, once per process and folder; ``InstrumentError`` names what is wrong in it."""
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yml"))}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    adult, minor = (_instrument(name, files) for name in ("adult", "minor"))
    _check_carried(adult, minor)
    flow = parse("flow.yml", files["flow.yml"]) if "flow.yml" in files else None
    return Instruments(adult, minor, digest.hexdigest(), flow)


def _codes(question: Question) -> Iterator[str]:
    yield question.code
    if question.follow_up:
        yield question.follow_up.code
    if question.list and question.list.code != question.code:
        yield question.list.code


def _instrument(name: str, files: Mapping[str, bytes]) -> Instrument:
    file = f"{name}.yml"
    if file not in files:
        raise InstrumentError(f"{file}: there is no such file")
    data = Row(file, "", parse(file, files[file]))
    if data.text("instrument") != name:
        data.fail(f"instrument must be {name}")
    questions = tuple(_question(Row(file, _code(row), row)) for row in data.rows("questions"))
    codes = [code for question in questions for code in _codes(question)]
    for code in codes:
        if codes.count(code) > 1:
            data.fail(f"{code}: the code stands twice")
    for question in questions:
        if question.needs and question.needs not in codes:
            data.fail(f"{question.code}: needs {question.needs}, which is no question")
    groups = _groups(data, {question.code for question in questions})
    if groups.keys() != GROUPS[name]:
        data.fail(f"groups must be {', '.join(sorted(GROUPS[name]))}")
    data.done()
    return Instrument(name, questions, groups)


def _check_carried(adult: Instrument, minor: Instrument) -> None:
    known = {question.code: question for question in adult.questions}
    for question in minor.questions:
        ticks = question.list.names if question.list else ()
        for carried in question.carries:
            behind = known.get(carried.code)
            items = behind.list.names if behind and behind.list else ()
            missing_item = carried.item and carried.item not in items
            if behind is None or missing_item or (carried.tick and carried.tick not in ticks):
                raise InstrumentError(f"minor.yml: {question.code}: carries {carried} which does not exist")


def _code(row: Any) -> str:
    return str(row.get("code", "")) if isinstance(row, dict) else ""


def _question(row: Row) -> Question:
    question = Question(
        code=row.text("code"),
        block=row.number("block"),
        marks=_marks(row, "marks"),
        offer=row.flag("offer"),
        offer_marks=_marks(row, "offer_marks"),
        follow_up=_follow_up(row),
        list=_list(row),
        discloses=row.texts_by_name("discloses"),
        sources=row.texts("sources"),
        sensitive=row.flag("sensitive"),
        purpose=row.flag("purpose"),
        gate=row.flag("gate"),
        needs=row.text("needs", ""),
        u14=row.flag("u14"),
        carries=tuple(_carried(part) for part in row.parts("carries")),
    )
    row.done()
    items = question.list.names if question.list else ()
    for intent, ticks in question.discloses.items():
        for tick in ticks:
            if tick not in items:
                row.fail(f"{intent} ticks {tick}, which its list does not have")
    return question


def _follow_up(row: Row) -> FollowUp | None:
    part = row.part("follow_up")
    if part is None:
        return None
    follow_up = FollowUp(part.text("code"), _marks(part, "marks"))
    part.done()
    return follow_up


def _list(row: Row) -> TickList | None:
    part = row.part("list")
    if part is None:
        return None
    ticks = TickList(
        code=part.text("code"),
        choose=part.text("choose"),
        items=tuple(_item(item) for item in part.parts("items")),
        most=part.number("most"),
        otherwise=_marks(part, "otherwise"),
        missing=part.text("missing", ""),
    )
    part.done()
    if ticks.choose not in ("one", "many"):
        row.fail("choose must be one or many")
    if len(set(ticks.names)) != len(ticks.names) or not ticks.names:
        row.fail("a list needs items, each once")
    if ticks.missing and ticks.missing not in ticks.names:
        row.fail(f"missing names {ticks.missing}, which is no item")
    return ticks


def _item(row: Row) -> Item:
    flags = {name: row.flag(name) for name in ("purpose", "control", "family", "confined", "home")}
    item = Item(row.text("item"), _marks(row, "marks"), **flags)
    row.done()
    return item


def _carried(row: Row) -> Carried:
    carried = Carried(row.text("code"), row.text("item", ""), row.text("tick", ""))
    row.done()
    return carried


def _marks(row: Row, name: str) -> tuple[Mark, ...]:
    return tuple(_mark(row, text) for text in row.texts(name))


def _mark(row: Row, text: str) -> Mark:
    words = text.split()
    if len(words) != 3 or words[0] not in DIMENSIONS or words[1] not in STRENGTHS:
        row.fail(f"{text!r} is no mark: a dimension, a strength and an indicator, as in 'DR S D1.1'")
    return Mark(*words)


def _groups(data: Row, codes: set[str]) -> dict[str, frozenset[str]]:
    groups = {name: frozenset(members) for name, members in data.texts_by_name("groups").items()}
    for name, members in groups.items():
        for code in sorted(members - codes):
            data.fail(f"groups: {name} names {code}, which is no question")
    return groups
