"""What the page shows of each question, group, indicator and value: records → plain mappings for the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.review.unconfirmed import every
from bot.review.words import Words
from bot.screening.records import SETS, Instrument, Instruments, Item, Mark, Question
from bot.screening.texts import worded

VARIANTS = ("past", "offer", "other", "u14")


class Cards:
    """The instrument as the template reads it."""

    def __init__(self, found: Instruments, words: Words) -> None:
        self._found, self._words = found, words
        self._variants: Mapping[str, Iterable[str]] = found.flow["variants"]

    def blocks(self) -> list[dict[str, Any]]:
        """The adults' questions, block by block."""
        numbers = sorted({question.block for question in self._found.adult.questions})
        return [
            {
                "name": self._words.text(f"review.block.{number}"),
                "notice": self._words.text(self._notice(number)),
                "cards": [self._card(q) for q in self._found.adult.questions if q.block == number],
            }
            for number in numbers
        ]

    def _notice(self, block: int) -> str:
        """The message before a block: a question where one stands there, as before the hard one."""
        asked = (code for code, row in self._found.flow["questions"].items() if row.get("block") == block)
        return next((f"ask.{code}" for code in asked), f"block.{block}")

    def minor(self) -> list[dict[str, Any]]:
        """The minors' questions."""
        return [self._card(question) for question in self._found.minor.questions]

    def _card(self, question: Question) -> dict[str, Any]:
        text = self._words.text
        code = question.code
        wholly = question.answer != "yes_no"
        return {
            "code": code,
            "annex": question.annex,
            "sensitivity": question.sensitivity,
            "young": not question.block and question in self._found.minor.questions,
            "phase": question.phase,
            "text": text(f"ask.{code}"),
            "variants": self._wordings(code),
            "why": text(f"why.{code}"),
            "marks": self._marks(question.marks, question.set),
            "offer_marks": self._marks(question.offer_marks, question.set),
            "also": [self._label(indicator) for indicator in question.also],
            "list": None if question.list is None else {
                "code": question.list.code,
                "text": "" if wholly else text(question.list.text),
                "variants": [] if wholly else self._wordings(question.list.code),
                "choose": question.list.choose,
                "most": question.list.most,
                "items": [self._item(question, item) for item in question.list.items],
                "otherwise": self._marks(question.list.otherwise, question.set),
            },
            "follow_up": self._card(question.follow_up) if question.follow_up else None,
            "sources": [self._source(source) for source in question.sources],
            "told": [text(f"review.intent.{intent}") for intent in question.discloses],
            "left_out": self._left_out(question),
            "thanks": text(question.thanks) if question.thanks else "",
            "gate": question.gate,
            "carries": [carried.code for carried in question.carries],
            "open": question.open,
        }  # fmt: skip

    def _wordings(self, code: str) -> list[tuple[str, str]]:
        keys = [("again", f"again.{code}")]
        for name in VARIANTS:
            if code in self._variants.get(name, ()):
                keys += [(name, key) for key in worded(code, name)]
        return [(self._words.text(f"review.variant.{name}"), self._words.text(key)) for name, key in keys]

    def _item(self, question: Question, item: Item) -> dict[str, Any]:
        code = question.list.code if question.list else ""
        flags = [name for name in ("purpose", "control", "family", "confined", "home") if getattr(item, name)]
        return {
            "name": self._words.text(f"choice.{code}.{item.item}"),
            "marks": self._marks(item.marks, item.set or question.set),
            "flags": [self._words.text(f"review.flag.{name}") for name in flags],
        }

    def _marks(self, marks: Iterable[Mark], set_: str) -> list[dict[str, Any]]:
        return [
            {
                "dimension": mark.dimension,
                "strength": mark.strength,
                "indicator": mark.indicator,
                "label": self._label(mark.indicator)[1],
                "set": set_,
                "sets": self._sets(mark.indicator),
                "ours": self._found.indicators[mark.indicator].ours,
            }
            for mark in marks
        ]

    def _sets(self, indicator: str) -> list[tuple[str, str, bool]]:
        """Set, strength, confirmed."""
        found = self._found.indicators[indicator].strengths
        return [(name, found[name].value, found[name].confirmed) for name in SETS]

    def _label(self, indicator: str) -> tuple[str, str]:
        return indicator, self._found.indicators[indicator].label

    def _source(self, source: str) -> tuple[str, str]:
        """A reference as it is cited, and what it is."""
        id_, _, item = source.partition("/")
        found = self._found.sources[id_]
        return (f"{id_} {item}".strip(), found.items.get(item, found.title))

    def _left_out(self, question: Question) -> list[str]:
        """The rules that leave this question out, in words."""
        said = []
        for rule in self._found.flow["rules"]:
            kind = self._kind(rule, question)
            if kind:
                when = self._words.condition(rule["when"])
                said.append(self._words.text(f"review.left_out.{kind}", when=when))
        if question.needs:
            when = self._words.condition({"every": [question.needs], "are": ["no"]})
            said.append(self._words.text("review.left_out.na", when=when))
        return list(dict.fromkeys(said))

    def _kind(self, rule: Mapping[str, Any], question: Question) -> str:
        whole = {"offer": self._found.adult, "u14": self._found.minor}.get(rule.get("all_but", ""))
        if whole is not None:
            return "na" if question in whole.questions and not getattr(question, rule["all_but"]) else ""
        return next((kind for kind in ("na", "skip") if question.code in rule.get(kind, ())), "")

    def outside(self) -> list[dict[str, Any]]:
        """The questions of the conversation itself: what they ask and what can be answered."""
        rows = []
        for code, row in self._found.flow["questions"].items():
            if code.startswith("X_"):
                continue
            own = row.get("own", False)
            choices = [
                self._words.text(f"choice.{code}.{value}" if own or value not in PLAIN else f"choice.{value}")
                for value in row["choices"]
            ]
            rows.append({"code": code, "text": self._words.text(f"ask.{code}"), "choices": choices})
        return rows

    def groups(self) -> dict[str, list[dict[str, Any]]]:
        """The sets of questions that the rule speaks of."""
        return {
            instrument.name: [
                {"name": self._words.text(f"review.group.{name}"), "codes": self._words.codes(self._order(instrument, codes))}
                for name, codes in sorted(instrument.groups.items())
            ]
            for instrument in (self._found.adult, self._found.minor)
        }  # fmt: skip

    def _order(self, instrument: Instrument, codes: Iterable[str]) -> list[str]:
        return [code for code in instrument.codes if code in set(codes)]

    def indicators(self) -> list[dict[str, Any]]:
        """The catalogue, each with the questions that mark it."""
        marked: dict[str, list[str]] = {}
        for instrument in (self._found.adult, self._found.minor):
            for question in every(instrument):
                for indicator in dict.fromkeys(_indicators(question)):
                    marked.setdefault(indicator, []).append(question.code)
        return [
            {
                "id": indicator.id,
                "dimension": indicator.dimension,
                "label": indicator.label,
                "note": indicator.note,
                "ours": indicator.ours,
                "sets": self._sets(indicator.id),
                "codes": marked.get(indicator.id, []),
            }
            for indicator in self._found.indicators.values()
        ]

    def standard(self) -> dict[str, list[dict[str, Any]]]:
        """The value lists of the data standard, and what each value is derived from."""
        return {
            field: [
                {
                    "name": self._words.text(f"console.htcds.{field}.{value.value}"),
                    "from": [*value.answers, *([self._positive(value.positive, value.instrument)] if value.positive else [])],
                }
                for value in values
            ]
            for field, values in self._found.standard.fields.items()
        }  # fmt: skip

    def _positive(self, dimension: str, instrument: str) -> str:
        return self._words.text(f"review.standard.positive.{instrument}", dimension=dimension)


PLAIN = ("yes", "no", "unsure", "declined")


def _indicators(question: Question) -> Iterable[str]:
    marks = [*question.marks, *question.offer_marks]
    if question.list:
        marks += [mark for item in question.list.items for mark in item.marks]
        marks += question.list.otherwise
    return (mark.indicator for mark in marks)
