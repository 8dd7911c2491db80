"""What a text is on the telephone: a message with its buttons, a button, an item of a list. Pure.

``act`` gives what the dialogue would say, so that a preview and a check go through the one renderer.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from bot.screening.script import Question
from bot.texts import sayable

BUTTON, ITEM, LABEL = 20, 24, 20  # WhatsApp, channels.md: button, list item, the button that opens a list
LABELS = ("choice.more", "choice.listen", "choice.done", "list.label")
# Questions that have no words but those of their variants.
FIRST = {"ask.X_person": "ask.X_person.first", "ask.X_stale": "ask.X_stale.other"}
# Questions that the gateway itself asks: message → its choices.
OWN = {
    "erase.confirm": ("choice.erase.yes", "choice.erase.no"),
    "lock.ask": ("choice.unlock.yes",),
    "phrases.ask": ("choice.phrases.no", "choice.phrases.yes"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """The choices under one question; ``longest`` is what each title may measure there."""

    question: str
    keys: tuple[str, ...]
    longest: int


def _of(question: Question) -> Choices:
    keys = tuple(question.key(value) for value in question.values)
    buttons = len(keys) <= 3 or (len(keys) == 4 and question.kind == "yesno")
    return Choices(question.code, keys, BUTTON if buttons else ITEM)


@functools.cache
def questions() -> Mapping[str, Choices]:
    """Every question that shows choices, by its code; the gateway's own by their message key."""
    found = {code: _of(question) for code, question in sayable.script().questions.items()}
    return {**found, **{key: Choices(key, keys, BUTTON) for key, keys in OWN.items()}}


@functools.cache
def shown_in() -> Mapping[str, tuple[Choices, ...]]:
    """Choice key → every question that shows it."""
    found: dict[str, list[Choices]] = {}
    for choices in questions().values():
        for key in choices.keys:
            found.setdefault(key, []).append(choices)
    return {key: tuple(where) for key, where in found.items()}


def longest(key: str) -> int | None:
    """How many characters a button or item may have; None for a message."""
    if key in LABELS:
        return LABEL
    return min((c.longest for c in shown_in().get(key, ())), default=None)


def choices_of(key: str) -> Choices | None:
    """What can be tapped under a message."""
    if key in OWN:
        return questions()[key]
    for code in _codes(key):
        if code in questions():
            return questions()[code]
    return None


def _codes(key: str) -> Iterator[str]:
    """The codes of the questions whose words ``key`` may be."""
    for question in sayable.script().questions.values():
        if question.text == key:
            yield question.code
    first, _, rest = key.partition(".")
    if first in ("ask", "again", "confirm"):
        yield rest
        yield rest.rpartition(".")[0]
    if first == "emergency" and ".lines" in key:
        yield "X_emergency"


def act(key: str, params: Mapping[str, str]) -> dict[str, Any]:
    """The act that says ``key``; a button is said by the first question that shows it."""
    where = shown_in().get(key)
    if where:
        code = where[0].question
        question = sayable.script().questions.get(code)
        text = question.text if question else code
        return act(FIRST.get(text, text), params)
    found = choices_of(key)
    offered = [] if found is None else [{"id": _id(found, choice), "key": choice} for choice in found.keys]
    return {"say": key, "params": dict(params), "choices": offered}


def _id(choices: Choices, key: str) -> str:
    return f"{choices.question}.{key.rpartition('.')[2]}"
