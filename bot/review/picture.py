"""The flow drawn as a picture: SVG made from ``flow.yml``, so that what is drawn is what is asked."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from bot.review.words import Words
from bot.screening.conditions import names
from bot.screening.records import Instruments

WIDTH = 1000
LANES = {"both": (0, WIDTH), "adult": (0, 350), "note": (372, 296), "minor": (700, 300)}
LINE, PAD, GAP, CHAR = 17, 12, 22, 6.3
SHORT = 88
ADULT, MINOR = {"every": ["instrument"], "are": ["adult"]}, {"every": ["instrument"], "are": ["minor"]}
CODE = re.compile(r"[A-Z]\w*(?=  )")  # a line of a box begins with the code of its question
Link = Callable[[str], str]  # code of a question → where its words are; empty for nowhere


@dataclass(slots=True)
class Box:
    """One thing drawn. ``kind`` is its look; ``notes`` stand beside it."""

    lane: str
    kind: str
    title: str
    lines: list[str] = field(default_factory=list)
    notes: list[Box] = field(default_factory=list)


class Drawing:
    """Boxes from top to bottom in two lanes; a box of both lanes waits for the longer of them."""

    def __init__(self, link: Link, here: str) -> None:
        self._link, self._here = link, here
        self._parts: list[str] = []
        self._at = {"adult": 0.0, "minor": 0.0}
        self._ends: dict[str, tuple[float, float]] = {}  # lane → where the last box ended

    def add(self, box: Box) -> None:
        """Draw a box below what is there, its notes beside it, an arrow to it."""
        lanes = ("adult", "minor") if box.lane == "both" else (box.lane,)
        top = max(self._at[lane] for lane in lanes)
        left, width = LANES[box.lane]
        height = self._box(box, left, top, width)
        bottom = self._notes(box, top, height)
        for lane in lanes:
            middle = LANES[lane][0] + LANES[lane][1] / 2
            if lane in self._ends:
                self._arrow(middle, self._ends[lane][1], middle, top)
            self._ends[lane] = (middle, top + height)
            self._at[lane] = bottom + GAP

    def _notes(self, box: Box, top: float, height: float) -> float:
        """Draw the notes of a box; where the row ends."""
        beside = box.lane == "adult"
        left, width = LANES["note"] if beside else LANES[box.lane]
        at = top if beside else top + height + 8
        for note in box.notes:
            if beside:
                edge = LANES["adult"][0] + LANES["adult"][1]
                self._parts.append(f'<path class="tie {note.kind}" d="M{edge} {at + 18:.0f} H{left}"/>')
            at += self._box(note, left, at, width) + 8
        return max(top + height, at - 8 if box.notes else 0)

    def _box(self, box: Box, left: float, top: float, width: float) -> float:
        chars = min(int((width - 2 * PAD) / CHAR), 140)
        title = textwrap.wrap(box.title, int(chars * 0.94)) if box.title else []
        rows = [
            (row, CODE.match(line))
            for line in box.lines
            for row in textwrap.wrap(line, chars, subsequent_indent="   ")
        ]
        height = 2 * PAD + LINE * (len(title) + len(rows)) - 2
        said = [f'<rect x="{left}" y="{top:.0f}" width="{width}" height="{height}" rx="9"/>']
        at = top + PAD + 11
        for row in title:
            said.append(f'<text class="head" x="{left + PAD}" y="{at:.0f}">{escape(row)}</text>')
            at += LINE
        for row, code in rows:
            indent = PAD + (12 if row.startswith(" ") else 0)
            said.append(self._row(row.strip(), code[0] if code else "", left + indent, at))
            at += LINE
        self._parts.append(f'<g class="{box.kind}">{"".join(said)}</g>')
        return height

    def _row(self, row: str, code: str, left: float, at: float) -> str:
        """One line of a box, as a link to the words of its question where there is one."""
        text = f'<text x="{left}" y="{at:.0f}">{escape(row)}</text>'
        to = self._link(code) if code else ""
        if not to:
            return text
        here = ' class="here" id="here"' if code == self._here else ""
        return f'<a href="{escape(to)}"{here}>{text}</a>'

    def _arrow(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self._parts.append(f'<path class="arrow" d="M{x:.0f} {y:.0f} L{to_x:.0f} {to_y - 2:.0f}"/>')

    def svg(self, title: str) -> str:
        """The whole picture."""
        height = max(self._at.values()) - GAP + 2
        return (
            f'<svg class="flow" viewBox="-2 -2 {WIDTH + 4} {height + 4:.0f}" role="group" aria-label="{escape(title)}">'
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
            f"{''.join(self._parts)}</svg>"
        )


def nowhere(_: str) -> str:
    """A picture on paper has no links."""
    return ""


def asking(found: Instruments, words: Words, link: Link = nowhere, here: str = "") -> str:
    """The way from the first message to the last question; the line of the question ``here`` is marked."""
    drawing = Drawing(link, here)
    for box in _boxes(found, words, ("gate", "screen")):
        drawing.add(box)
    return drawing.svg(words.text("review.picture.asking"))


def ending(found: Instruments, words: Words, link: Link = nowhere, here: str = "") -> str:
    """From the last question to the last words; links and ``here`` as before."""
    drawing = Drawing(link, here)
    for box in _boxes(found, words, ("end",)):
        drawing.add(box)
    return drawing.svg(words.text("review.picture.ending"))


def lane(condition: Any) -> str:
    """Whose step it is: a condition on the instrument alone, or one among several, says so."""
    for part in (condition, *((condition or {}).get("all") or ())):
        if part == ADULT:
            return "adult"
        if part == MINOR:
            return "minor"
    return "both"


def _boxes(found: Instruments, words: Words, stages: Sequence[str]) -> Iterator[Box]:
    """The steps of some stages; small ones that follow one another in a lane share a box."""
    open_box: Box | None = None
    last: Box | None = None
    for step in found.flow["sequence"]:
        if step["stage"] not in stages:
            continue
        if step["stage"] == "screen" and last is not None and last.kind == "gate":
            if open_box:
                yield open_box
                open_box = None
            yield (last := _at_once(found, words))
        if "offer" in step and last is not None:
            last.notes.append(_offer(step, words))
            continue
        box = _box(found, step, words)
        shares = open_box is not None and (box.lane, box.kind) == (open_box.lane, open_box.kind)
        if shares and open_box is not None and box.kind in ("gate", "end"):
            open_box.lines += [line for line in box.lines if line not in open_box.lines]
            continue
        if open_box:
            yield open_box
        open_box = last = box
    if open_box:
        yield open_box


def _box(found: Instruments, step: Mapping[str, Any], words: Words) -> Box:
    whose = lane(step.get("when"))
    if "block" in step:
        return _block(found, step, words)
    if "rest" in step:
        rest = [_question(question.code, words) for question in found.minor.questions]
        box = Box("minor", "block", words.text("review.picture.minor"), rest)
        box.notes = [
            _rule(rule, words)
            for rule in found.flow["rules"]
            if rule.get("all_but") == "u14"
            or {*rule.get("na", ()), *rule.get("skip", ())} & {*found.minor.codes}
        ]
        return box
    kind = "gate" if step["stage"] == "gate" else "notice" if step["stage"] == "screen" else "end"
    title = words.text(f"review.picture.{kind}.{whose}")
    return Box(whose, kind, title, [_line(step, words, whose)])


def _line(step: Mapping[str, Any], words: Words, whose: str) -> str:
    known = {} if whose == "both" else {"instrument": whose}
    when = words.condition(step.get("when"), known)
    if _orients(step):
        return words.text("review.picture.orient")
    if "ask" in step:
        what = f"{step['ask']}  {_named(words, 'step', step['ask'], 'ask.' + step['ask'])}"
    elif "say" in step:
        what = _named(words, "say", step["say"][0], step["say"][0])
    elif "lines" in step:
        what = words.text("review.picture.lines", n=step["most"])
    else:
        what = words.text(f"review.picture.{step['event']}")
    return f"{what}  [{words.text('review.if')} {when}]" if when else what


def _orients(step: Mapping[str, Any]) -> bool:
    """What is said in one situation only: the picture has one line for all of these."""
    return "say" in step and "situation" in names(step.get("when"))


def _named(words: Words, kind: str, name: str, key: str) -> str:
    """The reviewers' short name of a step, or the last line of its message where it has none."""
    label = f"review.{kind}.{name}"
    if words.has(label):
        return words.text(label)
    return textwrap.shorten(words.text(key).strip().split("\n")[-1], SHORT, placeholder=" …")


def _block(found: Instruments, step: Mapping[str, Any], words: Words) -> Box:
    codes = [q for q in found.adult.questions if q.block == step["block"]]
    lines = []
    for question in codes:
        more = [code for code in question.codes if code != question.code]
        lines.append(_question(question.code, words) + (f"  → {', '.join(more)}" if more else ""))
    box = Box("adult", "block", words.text(f"review.block.{step['block']}"), lines)
    own = {code for question in codes for code in question.codes}
    if "last" in step:
        last = step["last"]
        what = words.text("review.picture.last", codes=words.codes(last["questions"]))
        box.notes.append(
            Box("note", "rule", what, [f"{words.text('review.if')} {words.condition(last['when'])}"])
        )
    for rule in found.flow["rules"]:
        left_out = [*rule.get("na", ()), *rule.get("skip", ())]
        if left_out and set(left_out) <= own:
            box.notes.append(_rule(rule, words))
    return box


def _question(code: str, words: Words) -> str:
    return f"{code}  {words.text(f'console.answer.{code}')}"


def _rule(rule: Mapping[str, Any], words: Words) -> Box:
    if "all_but" in rule:
        what = words.text(f"review.picture.all_but.{rule['all_but']}")
    else:
        kind = "na" if "na" in rule else "skip"
        codes = [code for code in rule[kind] if "_which" not in code]
        what = words.text(f"review.picture.{kind}", codes=words.codes(codes))
    return Box("note", "rule", what, [f"{words.text('review.if')} {words.condition(rule['when'])}"])


def _offer(step: Mapping[str, Any], words: Words) -> Box:
    when = words.condition(step["when"], {"instrument": "adult", "phase": "now"})
    return Box("note", "offer", words.text("review.picture.offer"), [f"{words.text('review.if')} {when}"])


def _at_once(found: Instruments, words: Words) -> Box:
    """What may come between any two questions, and the rules that leave out questions of several blocks."""
    lines = []
    for step in found.flow["at_once"]:
        offered = "offer" in step
        what = (
            words.text("review.picture.offer")
            if offered
            else _named(words, "step", step["ask"], "ask." + step["ask"])
        )
        lines.append(f"{what}, {words.text('review.if')} {words.condition(step['when'])}")
    blocks = {question.code: question.block for question in found.adult.questions}
    for rule in found.flow["rules"]:
        wide = len({blocks.get(code, 0) for code in (*rule.get("na", ()), *rule.get("skip", ()))} - {0}) > 1
        if rule.get("all_but") == "offer" or wide:
            note = _rule(rule, words)
            lines.append(f"{note.title}, {note.lines[0]}")
    return Box("both", "aside", words.text("review.picture.at_once"), lines)
