"""Answers as they come in → what was said: yes, missing, ticked. Everything else was a no.

Pure. Promises that a missing answer never reads as a no, and that nothing unknown passes. Must not weigh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.screening.marks import ListBits, Sheet, Ticks

READINGS: Mapping[Any, bool | None] = {
    "yes": True, "partly": True, "no": False, "na": False, "unsure": None, "declined": None
}  # fmt: skip


class BadInput(ValueError):  # noqa: N818  the name is what the command line and the documents say
    """What was handed in cannot be assessed; the message names the code, the value or the context key."""


@dataclass(slots=True)
class Said:
    """Sets of codes: ``given`` (answered in any way), ``yes``, ``missing``, ``ticked`` (lists with a tick).

    A list that is a question of its own is a yes when it has a tick.
    """

    given: int
    yes: int
    missing: int
    ticked: int
    ticks: dict[str, tuple[str, ...]]

    def behind(self, sheet: Sheet, codes: int) -> int:
        """These codes, and the follow-ups and ticked lists that make a question among them a yes."""
        present = self.yes | self.ticked
        for question, child in sheet.children:
            if codes & question and present & child:
                codes |= child
        return codes


def reading(key: str, value: Any) -> bool | None:
    """True for yes and partly, False for no and na, None for unsure and declined; ``BadInput`` for anything else."""
    if isinstance(value, str) and value in READINGS:
        return READINGS[value]
    raise BadInput(f"{key}: {value!r:.60} is not one of {', '.join(READINGS)}")


def hear(sheet: Sheet, answers: Mapping[str, Any]) -> Said:
    """Read every answer by itself, and let a follow-up or a tick make its question a yes.

    What does not apply still stands among the missing; ``settle`` takes it out.
    """
    given = yes = told = ticked = 0
    ticks: dict[str, tuple[str, ...]] = {}
    for code, value in answers.items():
        bit = sheet.bit.get(code)
        if bit is None:
            raise BadInput(f"{code!r:.60} is not a code of this instrument")
        given |= bit
        if code in sheet.lists:
            found = _ticked(sheet.lists[code], value)
            if found:
                ticks[code] = found
                ticked |= bit
                yes |= sheet.lists[code].question
            if found is not None:
                told |= bit
            continue
        answer = reading(code, value)
        if answer:
            yes |= bit
        elif answer is not None:
            told |= bit
    for question, child in sheet.children:
        if (yes | ticked) & child:
            yes |= question
    return Said(given, yes, sheet.all & ~(yes | told), ticked, ticks)


def settle(sheet: Sheet, said: Said, not_applicable: int) -> None:
    """Take out of the missing what does not apply, and every follow-up and list of a question that is a no."""
    missing = said.missing & ~not_applicable
    for question, child in sheet.children:
        if not (said.yes | missing) & question:
            missing &= ~child
    said.missing = missing


def imagine(sheet: Sheet, said: Said) -> tuple[int, Ticks]:
    """Yes answers and ticks as they would stand if every missing answer were a yes with all its list ticked."""
    missing = said.missing
    ticks = dict(said.ticks)
    for code, entry in sheet.lists.items():
        if missing & (entry.bit | entry.question):
            ticks[code] = entry.imagined
    return said.yes | missing, ticks


def _ticked(entry: ListBits, value: Any) -> tuple[str, ...] | None:
    """The ticks in the list's order; None when the list is missing.

    A list never makes anything not applicable by itself, so ``na`` leaves that to its question.
    """
    if isinstance(value, str):
        if entry.single and value in entry.names:
            return (value,)
        if value in ("unsure", "declined", "na"):
            return None
    elif isinstance(value, list | tuple):
        for tick in value:
            if tick not in entry.names:
                raise BadInput(f"{entry.code}: {tick!r:.60} is not one of {', '.join(entry.names)}")
        if entry.whole and not value:
            return None
        return tuple(name for name in entry.names if name in value)
    raise BadInput(f"{entry.code}: {value!r:.60} is not a list of {', '.join(entry.names)}")
