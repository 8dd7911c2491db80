"""The worked examples of an instrument, computed: what a reviewer reads is what the rule gives today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.screening.assess import BadInput, assess
from bot.screening.records import Instruments

FILE = "examples.yml"


@dataclass(frozen=True, slots=True)
class Example:
    """One example with what it should give (``type``, ``urgency``) and what it gives (``result``)."""

    name: str
    title: str
    instrument: str
    said: tuple[str, ...]
    context: dict[str, Any]
    type: str
    urgency: str
    result: dict[str, Any]

    @property
    def positive(self) -> list[str]:
        """The dimensions that came out positive."""
        return [name for name, found in self.result["dimensions"].items() if found["positive"]]


def read(folder: Path, found: Instruments) -> list[Example]:
    """The examples of a folder, none where it has none; raises ``BadInput`` for an answer that nobody can give."""
    path = folder / FILE
    if not path.is_file():
        return []
    return [_example(row, found) for row in yaml.safe_load(path.read_text(encoding="utf-8"))["examples"]]


def _example(row: dict[str, Any], found: Instruments) -> Example:
    name = row.get("instrument", "adult")
    lists = row.get("lists", {})
    answers: dict[str, Any] = {}
    for question in found.of(name).questions:
        answers |= dict.fromkeys(question.codes, "no")
        if question.list:
            homes = [item.item for item in question.list.items if item.home]
            answers[question.list.code] = homes[0] if homes else []
    answers |= dict.fromkeys(row.get("told", ()), "yes") | lists
    ticks = [
        f"{code}: {', '.join([ticked] if isinstance(ticked, str) else ticked)}"
        for code, ticked in lists.items()
    ]
    return Example(
        name=str(row["name"]),
        title=row["title"],
        instrument=name,
        said=(*row.get("told", ()), *ticks),
        context=row.get("context", {}),
        type=row["type"],
        urgency=row["urgency"],
        result=assess({"instrument": name, "answers": answers, "context": row.get("context", {})}, found),
    )


def wrong(folder: Path, found: Instruments) -> Iterator[str]:
    """Every example that does not give what it says."""
    try:
        examples = read(folder, found)
    except (BadInput, KeyError, TypeError, yaml.YAMLError) as error:
        yield f"{FILE}: {error}"
        return
    for example in examples:
        gives = (example.result["type"], example.result["urgency"])
        if gives != (example.type, example.urgency):
            yield f"{FILE}: {example.name}: gives {' '.join(gives)}, not {example.type} {example.urgency}"
