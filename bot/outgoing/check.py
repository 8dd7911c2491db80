"""A reply → what in it could do harm: who or where somebody is, promises, legal claims, dangerous advice.

Stage: between a responder's click and the outbox. Promise: pure; it warns and never changes or refuses a text, and
every finding names the words that it is about. Must not: need to know the language, which people mix.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import yaml

from bot.redaction import redact
from bot.redaction.view import View

FOLDER = Path(__file__).parent / "words"
# In the order in which they are told. Of each kind the words say what to do instead: ``console.outgoing.<kind>``.
KINDS = ("danger", "promise", "legal", "name", "number", "address", "link", "unverified")
SPANS = {
    "PERSON": "name",
    "PHONE": "number",
    "ID": "number",
    "BANK": "number",
    "PLATE": "number",
    "ADDRESS": "address",
    "COMPANY": "address",
    "EMAIL": "link",
    "URL": "link",
    "HANDLE": "link",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: its kind and the words as they were written."""

    kind: str
    words: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What is found in a folded text; where ``unless`` is cut out first, the rest is judged."""

    kind: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None


def check(
    text: str, known: Collection[str] = (), unverified: Mapping[str, re.Pattern[str]] | None = None
) -> list[Finding]:
    """Everything to look at, each once, in the order of ``KINDS``.

    ``known`` may be said: numbers and pages of lines, one's own alias. ``unverified``: the number of a line that
    nobody has rung lately → how it looks in a folded text.
    """
    view = View(text)
    found = [*_said(view, text), *_traces(text, known), *_lines(view, unverified or {})]
    return sorted(dict.fromkeys(found), key=lambda one: KINDS.index(one.kind))


@functools.cache
def rules() -> tuple[Rule, ...]:
    """The rules of every language."""
    found: list[Rule] = []
    for path in sorted(FOLDER.glob("*.yml")):
        for kind, rows in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found += [_rule(kind, row) for row in rows]
    return tuple(found)


def _rule(kind: str, row: str | Mapping[str, str]) -> Rule:
    if kind not in KINDS:
        raise ValueError(f"no such kind of finding: {kind}")
    if isinstance(row, str):
        return Rule(kind, re.compile(row), None)
    return Rule(kind, re.compile(row["pattern"]), re.compile(row["unless"]))


def _said(view: View, text: str) -> Iterator[Finding]:
    for rule in rules():
        plain = view.plain if rule.unless is None else rule.unless.sub(_blank, view.plain)
        if match := rule.pattern.search(plain):
            start, end = view.place(match.start(), match.end())
            yield Finding(rule.kind, text[start:end].strip())


def _blank(match: re.Match[str]) -> str:
    """As long as what it takes the place of, so that positions hold."""
    return " " * len(match[0])


def _traces(text: str, known: Collection[str]) -> Iterator[Finding]:
    allowed = {_bare(one) for one in known}
    for span in redact(text).spans:
        words = text[span.start : span.end]
        if not any(_bare(words) in one for one in allowed if one):
            yield Finding(SPANS[span.type], words)


def _bare(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).casefold()


def _lines(view: View, unverified: Mapping[str, re.Pattern[str]]) -> Iterator[Finding]:
    for number, pattern in unverified.items():
        if pattern.search(view.plain):
            yield Finding("unverified", number)
