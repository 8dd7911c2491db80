"""Where in the conversation a text stands, so that it can be found by what happens there. Pure."""

from __future__ import annotations

import functools

from bot.texts import rules


@functools.cache
def names() -> tuple[str, ...]:
    """The places in the order of a conversation; then those of the console."""
    return tuple(rules.common()["places"])


@functools.cache
def of(key: str) -> str:
    """The place of one key: that of its longest known beginning; the common buttons for a stranger."""
    known = ((len(begin), name) for name, begins in rules.common()["places"].items() for begin in begins)
    fitting = [(length, name) for length, name in known if key.startswith(_begin(length, name))]
    return max(fitting, default=(0, "buttons"))[1]


def is_staff(name: str) -> bool:
    """Whether this place is on the console's pages, not in a conversation."""
    return all(rules.is_staff(begin) for begin in rules.common()["places"][name])


def question_of(key: str) -> str:
    """The question that a text asks, explains or puts otherwise; empty for any other text.

    >>> question_of("why.Q07"), question_of("ask.Q07.past"), question_of("say.bye")
    ('Q07', 'Q07', '')
    """
    kind, _, code = key.partition(".")
    return code.split(".")[0] if kind in ("ask", "why", "again") else ""


def _begin(length: int, name: str) -> tuple[str, ...]:
    return tuple(begin for begin in rules.common()["places"][name] if len(begin) == length)
