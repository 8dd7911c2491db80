"""Before a turn: the two instruments and ``flow.yml`` as one script of questions and an order of items.

Pure. Promises that every code named anywhere is a question it knows; must not decide anything about a person.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from bot.screening.records import Instrument, Instruments

YES_NO = ("yes", "no", "unsure", "declined")
SHRUGS = ("unsure", "declined")

_GATE = {"unsure": "no", "declined": "no"}  # not sure to be alone: better later

Target = tuple[str, str]  # a question's code, and the tick of its list or ""


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """One question. ``values`` are what can be tapped first; ``kind`` is yesno, one or many (ticks).

    ``follows`` is the question whose yes brings this one; ``scored`` says that it belongs to an instrument.
    ``gate``: a no means "not now"; ``danger``: a yes stops everything; ``thanks``: said after a yes.
    """

    code: str
    kind: str
    values: tuple[str, ...]
    scored: bool = False
    instrument: str = ""
    block: int = 0
    follows: str = ""
    own: bool = False
    text: str = ""
    reads: Mapping[str, str] = dataclasses.field(default_factory=dict)
    only: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    gate: bool = False
    danger: bool = False
    thanks: str = ""

    def key(self, value: str) -> str:
        """The message key of one choice."""
        if self.own or value not in YES_NO:
            return f"choice.{self.code}.{value}"
        return f"choice.{value}"

    def reading(self, plain: str) -> str | None:
        """What a plain yes, no, unsure or declined means here; None when it answers nothing."""
        if plain in self.reads:
            return self.reads[plain]
        return plain if plain in self.values else None


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """One thing that happens in its turn: ``kind`` is ask, say, offer, event or lines.

    ``lines``: the lines that can be named, each with its condition; at most ``most`` are.
    """

    kind: str
    name: str
    stage: str
    when: Any = None
    follow: Any = None
    unless: tuple[str, ...] = ()
    block: int = 0
    group: str = ""
    most: int = 0
    lines: tuple[tuple[str, Any], ...] = ()
    late: Any = None

    @property
    def mark(self) -> str:
        """What the state remembers once this was done (questions are remembered by their answer)."""
        return f"{self.kind}.{self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """While ``when`` holds, ``na`` reads "no" and ``skip`` stays missing; ``say`` goes with their leaving.

    ``whole``: it shortens the instrument as such, so that not even what was told in passing is confirmed.
    """

    when: Any
    na: tuple[str, ...]
    skip: tuple[str, ...]
    say: str
    whole: bool


class Script:
    """All questions by code, the sequence, and the raw tables of ``flow.yml``."""

    def __init__(self, instruments: Instruments) -> None:
        self.instruments = instruments
        self.flow: Mapping[str, Any] = instruments.flow
        self.hash: str = instruments.hash
        self.questions: dict[str, Question] = dict(_outer(self.flow))
        for name in ("adult", "minor"):
            for question in _scored(getattr(instruments, name)):
                self.questions[question.code] = question
        self.sequence: tuple[Item, ...] = tuple(self._items())
        self.at_once: tuple[Item, ...] = tuple(_at_once(self.flow))
        self.rules: tuple[Rule, ...] = tuple(_rule(row, instruments) for row in self.flow["rules"])
        self.situations: tuple[tuple[str, Any], ...] = tuple(
            (row["name"], row.get("when")) for row in self.flow["situations"]
        )
        self.happening: frozenset[str] = instruments.adult.groups["happening"]
        self.discloses: Mapping[str, Mapping[str, list[Target]]] = {
            name: _disclosed(getattr(instruments, name)) for name in ("adult", "minor")
        }

    def of(self, instrument: str) -> list[Question]:
        """The questions of one instrument in the order in which they are asked."""
        return [q for q in self.questions.values() if q.instrument == instrument]

    def follow_ups(self, code: str) -> list[Question]:
        return [q for q in self.questions.values() if q.follows == code]

    def _items(self) -> Iterator[Item]:
        for row in self.flow["sequence"]:
            yield from self._row(row)

    def _row(self, row: Mapping[str, Any]) -> Iterator[Item]:
        stage, when = row["stage"], row.get("when")
        for key in row.get("say", ()):
            yield Item("say", key, stage, when)
        if "lines" in row:
            lines = tuple((line["id"], line.get("when")) for line in row["lines"])
            yield Item("lines", "end", stage, when, lines=lines, most=row["most"])
        if "ask" in row:
            yield Item("ask", row["ask"], stage, when)
        if "offer" in row:
            yield Item("offer", row["offer"], stage, when, unless=tuple(row.get("unless", ())))
        if "event" in row:
            yield Item("event", row["event"], stage, when)
        if "block" in row:
            yield from self._block(row)
        if "rest" in row:
            yield from (_asked(q, row) for q in self.of("minor"))

    def _block(self, row: Mapping[str, Any]) -> Iterator[Item]:
        """A block twice over where some of its questions may have to wait: early, and again at its end."""
        questions = [q for q in self.of("adult") if q.block == row["block"]]
        last = row.get("last", {"questions": (), "when": None})
        waiting = {q.code for q in questions if q.code in last["questions"] or q.follows in last["questions"]}
        for q in questions:
            item = _asked(q, row)
            yield dataclasses.replace(item, late=last["when"]) if q.code in waiting else item
        yield from (_asked(q, row) for q in questions if q.code in waiting)


def _asked(question: Question, row: Mapping[str, Any]) -> Item:
    follow = {"some": [question.follows], "are": ["yes"]} if question.follows else None
    return Item("ask", question.code, row["stage"], row.get("when"), follow, block=question.block)


def _at_once(flow: Mapping[str, Any]) -> Iterator[Item]:
    for row in flow["at_once"]:
        kind = "offer" if "offer" in row else "ask"
        yield Item(kind, row[kind], "screen", row["when"], unless=tuple(row.get("unless", ())))


def _rule(row: Mapping[str, Any], instruments: Instruments) -> Rule:
    na = tuple(row.get("na", ()))
    if "all_but" in row:
        na = tuple(_all_but(row["all_but"], instruments))
    return Rule(row["when"], na, tuple(row.get("skip", ())), row.get("say", ""), "all_but" in row)


def _all_but(flag: str, instruments: Instruments) -> Iterator[str]:
    """The codes of an instrument but those whose question carries ``flag``; a follow-up is never asked then."""
    instrument = instruments.adult if flag == "offer" else instruments.minor
    for question in instrument.questions:
        if not getattr(question, flag):
            yield question.code
            if question.list and question.list.code != question.code:
                yield question.list.code
        if question.follow_up:
            yield question.follow_up.code


def _scored(instrument: Instrument) -> Iterator[Question]:
    """Every code of an instrument as a question of its own, follow-ups and lists after theirs."""
    for q in instrument.questions:
        one = functools.partial(
            Question, scored=True, instrument=instrument.name, block=q.block, reads=_GATE if q.gate else {}
        )
        if q.answer == "yes_no":
            values: tuple[str, ...] = ("yes", "no") if q.gate else YES_NO
            yield one(
                q.code,
                "yesno",
                values,
                follows=q.needs,
                text=q.text,
                gate=q.gate,
                danger=q.code in instrument.groups.get("danger", ()),
                thanks=q.thanks,
            )
        if q.follow_up:
            yield one(q.follow_up.code, "yesno", YES_NO, follows=q.code, text=q.follow_up.text)
        if q.list:
            values = (*q.list.names, *SHRUGS)
            follows = q.needs if q.list.code == q.code else q.code
            yield one(q.list.code, q.list.choose, values, follows=follows, text=q.list.text)


def _disclosed(instrument: Instrument) -> dict[str, list[Target]]:
    """Intent → what it answers: the questions, and after each the ticks of its list."""
    found: dict[str, list[Target]] = {}
    for question in instrument.questions:
        for intent, ticks in question.discloses.items():
            targets = found.setdefault(intent, [])
            targets.append((question.code, ""))
            targets += [(question.list.code, tick) for tick in ticks if question.list]
    return found


@functools.lru_cache(maxsize=4)
def compile_script(instruments: Instruments) -> Script:
    """The script of these instruments, worked out once."""
    return Script(instruments)


def _outer(flow: Mapping[str, Any]) -> Iterator[tuple[str, Question]]:
    for code, row in flow["questions"].items():
        values = tuple(row["choices"])
        kind = "yesno" if values[:2] == ("yes", "no") else "one"
        yield (
            code,
            Question(
                code,
                kind,
                values,
                own=row.get("own", False),
                text=row.get("text", f"ask.{code}"),
                reads=row.get("reads", {}),
                only=row.get("only", {}),
                block=row.get("block", 0),
            ),
        )
