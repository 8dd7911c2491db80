"""``flow.yml`` checked against the instruments: every name is known, every condition can hold and fail. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.screening import conditions
from bot.screening.circumstances import EMERGENCIES
from bot.screening.flowcodes import ASIDES, FIXED, MISSING, YES_NO, codes, mappings
from bot.screening.records import Instruments
from bot.screening.rows import Lines, Problems, Row

FILE = "flow.yml"
STAGES = ("gate", "screen", "end")
KINDS = ("say", "ask", "block", "rest", "offer", "event", "lines")
EVENTS = ("outcome", "contact")
ANYTIME = ("refused", "adult", "minor")
VARIANTS = ("past", "offer", "other", "u14", "minor")


def check(found: Instruments, data: Lines, problems: Problems) -> None:
    """Note everything that is wrong with the flow of these instruments."""
    _Flow(found, Row(problems, FILE, "", data)).check()


class _Flow:
    """The file while it is checked."""

    def __init__(self, found: Instruments, table: Row) -> None:
        self.found, self.table = found, table
        self.codes = codes(found, table.data)
        self.scored = (*found.adult.codes, *found.minor.codes)
        self.steps = [row for name in ("sequence", "at_once") for row in mappings(table.data, name)]
        self.offers = [str(row["offer"]) for row in self.steps if "offer" in row]
        self.rules: list[tuple[tuple[str, ...], Any]] = []  # codes skipped, and when
        self.questions: dict[str, Row] = {}

    def check(self) -> None:
        """Take every table of the file, and complain about what is left."""
        table = self.table
        table.number("version")
        table.text("consent_version")
        if table.number("silence_seconds") <= 0:
            table.note("silence_seconds must be more than 0", "silence_seconds")
        self._questions()
        for part in table.parts("sequence"):
            self._step(part)
        for part in table.parts("at_once"):
            self._at_once(part)
        for part in table.parts("rules"):
            self._rule(part)
        self._situations()
        self._anytime()
        self._variants()
        self._names()
        self._whole()
        table.done()

    # ── parts that several tables have ──────────────────────────────────────────────────────────────────────

    def _condition(self, row: Row, name: str = "when", *, fails: bool = False, needed: bool = False) -> Any:
        """Take a condition out of a row and check it: it can hold, and where it must, it can fail."""
        condition = row.data.pop(name, None)
        if condition is None and needed:
            row.note(f"{name} is missing", name)
        if condition is None or not conditions.check(row, condition, self.codes, named=name):
            return None
        line = conditions.line(condition, row.line)
        if not conditions.possible(condition, self.codes):
            row.problems.note(FILE, line, row.question, f"{name} can never hold")
        elif fails and not conditions.possible(condition, self.codes, holds=False):
            row.problems.note(
                FILE, line, row.question, f"{name} always holds: the questions would never be asked"
            )
        return condition

    def _known(self, row: Row, field: str, found: Iterable[str], known: Iterable[str]) -> None:
        there = set(known)
        for name in found:
            if name and name not in there:
                row.note(f"{field} names {name}, which does not exist", field)

    # ── the tables ──────────────────────────────────────────────────────────────────────────────────────────

    def _questions(self) -> None:
        part = self.table.part("questions")
        if part is None:
            self.table.note("questions are missing")
            return
        for code in FIXED:
            if code not in part.data:
                part.note(f"questions: {code} is missing")
        for code, row in part.data.items():
            line = part.at.get(code, part.line)
            self.questions[str(code)] = Row(part.problems, FILE, str(code), row, line)
            self._question(self.questions[str(code)])

    def _question(self, row: Row) -> None:
        if row.question not in FIXED:
            row.note("the dialogue knows no such question")
        choices = row.texts("choices")
        if not choices:
            row.note("choices are missing")
        reads = row.part("reads")
        for plain in list(reads.data) if reads else ():
            self._known(row, "reads", (plain,), YES_NO)
            self._known(row, "reads", (reads.text(plain),) if reads else (), choices)
        only = row.part("only")
        for choice in list(only.data) if only else ():
            self._known(row, "only", (choice,), choices)
            self._condition(only or row, choice)
        row.flag("own")
        row.text("text", "")
        if row.number("block") not in self.codes.blocks:
            row.note("there is no such block", "block")
        row.done()

    def _step(self, row: Row) -> None:
        kinds = [kind for kind in KINDS if kind in row.data]
        row.question = f"sequence: {kinds[0]}" if kinds else "sequence"
        row.one_of("stage", STAGES)
        if len(kinds) != 1:
            row.note(f"a step is one of {', '.join(KINDS)}")
            return
        self._condition(row)
        row.text("because", "")
        getattr(self, f"_{kinds[0]}")(row)
        row.done()

    def _say(self, row: Row) -> None:
        if not row.texts("say"):
            row.note("say names no message", "say")

    def _ask(self, row: Row) -> None:
        self._known(row, "ask", (row.text("ask"),), (*self.questions, *self.scored))

    def _block(self, row: Row) -> None:
        block = row.number("block")
        if not block or block not in self.codes.blocks:
            row.note(f"there is no block {block}", "block")
        last = row.part("last")
        if last is not None:
            self._known(last, "questions", last.texts("questions"), self.scored)
            self._condition(last, needed=True)
            last.done()

    def _rest(self, row: Row) -> None:
        if not row.flag("rest"):
            row.note("rest must be true", "rest")

    def _offer(self, row: Row) -> None:
        name = row.text("offer")
        if self.offers.count(name) > 1:
            row.note(f"the offer {name} stands twice", "offer")
        self._known(row, "unless", row.texts("unless"), self.offers)

    def _event(self, row: Row) -> None:
        self._known(row, "event", (row.text("event"),), EVENTS)

    def _lines(self, row: Row) -> None:
        if row.number("most") < 2:
            row.note("most must be 2 or more: never one line alone", "most")
        lines = row.parts("lines")
        if len(lines) < 2:
            row.note("lines must name two or more", "lines")
        for line in lines:
            line.question = f"lines: {line.text('id')}"
            self._condition(line)
            line.done()

    def _at_once(self, row: Row) -> None:
        row.question = "at_once"
        self._condition(row, needed=True)
        row.text("because", "")
        if "offer" in row.data:
            self._offer(row)
        else:
            self._known(row, "ask", (row.text("ask"),), ASIDES)
        row.done()

    def _rule(self, row: Row) -> None:
        row.question = "rules"
        condition = self._condition(row, fails=True, needed=True)
        na, skip = row.texts("na"), row.texts("skip")
        self._known(row, "na", na, self.scored)
        self._known(row, "skip", skip, self.scored)
        whole = row.one_of("all_but", ("offer", "u14")) if "all_but" in row.data else ""
        if not (whole or na or skip):
            row.note("a rule leaves something out: na, skip or all_but")
        if condition is not None:
            for code in sorted({*na, *skip} & set(conditions.names(condition))):
                row.note(f"when asks what was answered to {code}, which the same rule leaves out", "when")
        self.rules.append((skip, condition))
        row.text("say", "")
        row.text("because", "")
        row.done()

    def _situations(self) -> None:
        parts = self.table.parts("situations")
        names = [str(part.data.get("name")) for part in parts]
        open_ended = [place for place, part in enumerate(parts) if "when" not in part.data]
        for part in parts:
            name = part.text("name")
            part.question = f"situations: {name}"
            if names.count(name) > 1:
                part.note("stands twice", "name")
            condition = self._condition(part)
            if condition is not None and "situation" in set(conditions.names(condition)):
                part.note("a situation cannot ask which situation it is", "when")
            part.text("because", "")
            part.done()
        if not parts or open_ended != [len(parts) - 1]:
            self.table.note("situations: the last one, and only it, holds without a condition", "situations")

    def _anytime(self) -> None:
        part = self.table.part("lines")
        if part is None:
            self.table.note("lines are missing")
            return
        for name in ANYTIME:
            if len(part.texts(name)) < 2:
                part.note(f"lines: {name} must name two or more", name)
        part.done()

    def _variants(self) -> None:
        part = self.table.part("variants")
        if part is None:
            self.table.note("variants are missing")
            return
        part.question = "variants"
        for name in VARIANTS:
            self._known(part, name, part.texts(name), (*self.questions, *self.scored))
        part.done()

    def _names(self) -> None:
        table = self.table
        told = table.texts("disclosures")
        for name in ("adult", "minor"):
            known = {intent for question in self.found.of(name).questions for intent in question.discloses}
            for intent in sorted(known - set(told)):
                table.note(f"disclosures: {intent} of {name}.yml is missing", "disclosures")
            for intent in (intent for intent in told if intent not in known):
                table.note(
                    f"disclosures: {intent} answers nothing in {name}.yml and would be lost", "disclosures"
                )
        if set(table.texts("emergencies")) != set(EMERGENCIES) - {"none"}:
            table.note(f"emergencies must be {', '.join(EMERGENCIES[1:])}", "emergencies")
        if set(table.texts("languages")) != self.codes.values.get("X_lang", frozenset()) - {MISSING}:
            table.note("languages must be the choices of X_lang", "languages")

    def _whole(self) -> None:
        """Every question has its place in the order, and what is hard to be asked can be left out as a block."""
        blocks = [row.get("block") for row in self.steps]
        asked = {row.get("ask") for row in self.steps}
        for block in sorted(set(self.codes.blocks) - {0}):
            if blocks.count(block) != 1:
                self.table.note(f"sequence: block {block} must stand there once", "sequence")
        if not any(row.get("rest") for row in self.steps):
            for code in sorted(set(self.found.minor.codes) - asked):
                self.table.note(f"sequence: nobody would be asked {code}", "sequence")
        for question in self.found.adult.questions:
            if question.sensitivity == "high" and not any(
                self._skips(question.code, *rule) for rule in self.rules
            ):
                what = "is of high sensitivity, and no rule lets a person skip its block"
                self.table.problems.note(FILE, self.table.at.get("rules", 0), question.code, what)

    def _skips(self, code: str, skip: tuple[str, ...], condition: Any) -> bool:
        """Whether a rule leaves a question out because the person said so when asked beforehand."""
        return code in skip and any(name in self.questions for name in conditions.names(condition))
