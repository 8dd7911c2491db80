"""Answers as they come in → what was said: yes, missing, ticked. Everything else was a no.

Pure. Promises that a missing answer never reads as a no, and that nothing unknown passes. Must not weigh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.screening.marks import Sheet

READINGS: Mapping[Any, bool | None] = {
    "yes": True, "partly": True, "no": False, "na": False, "unsure": None, "declined": None
}  # fmt: skip


class BadInput(ValueError):  # noqa: N818  the name is what the command line and the documents say
    """What was handed in cannot be assessed; the message names the code, the value or the context key."""


@dataclass(slots=True)
class Said:
    """Sets of codes: ``given`` (answered in any way), ``yes``, ``missing``, ``ticked`` (lists with a tick);
    ``ticks`` is the set of ticks.

    A list that is a question of its own is a yes when it has a tick.
    """

    given: int
    yes: int
    missing: int
    ticked: int
    ticks: int


def reading(key: str, value: Any) -> bool | None:
    """True for yes and partly, False for no and na, None for unsure and declined; ``BadInput`` for anything else."""
    if isinstance(value, str) and value in READINGS:
        return READINGS[value]
    raise BadInput(f"{key}: {value!r:.60} is not one of {', '.join(READINGS)}")


def hear(sheet: Sheet, answers: Mapping[str, Any]) -> int:
    """Read every answer by itself, into one number that stands for all that was said (``taken_apart``)."""
    told = 0
    reads = sheet.reads
    code, value = "", None
    try:
        for code, value in answers.items():
            told |= reads[code][
                value if value.__class__ is str else tuple(value) if value.__class__ is list else value
            ]
    except (KeyError, TypeError):
        raise _unknown(sheet, code, value) from None
    return told


def _unknown(sheet: Sheet, code: str, value: Any) -> BadInput:
    """What is wrong with an answer that cannot be read."""
    entry = sheet.lists.get(code)
    if entry is None and code not in sheet.bit:
        return BadInput(f"{code!r:.60} is not a code of this instrument")
    if entry is None:
        return BadInput(f"{code}: {value!r:.60} is not one of {', '.join(READINGS)}")
    known = ", ".join(entry.tick)
    if isinstance(value, (list, tuple)):
        wrong = next(tick for tick in value if not isinstance(tick, str) or tick not in entry.tick)
        return BadInput(f"{code}: {wrong!r:.60} is not one of {known}")
    return BadInput(f"{code}: {value!r:.60} is not a list of {known}")


def taken_apart(sheet: Sheet, told: int) -> Said:
    """The sets that ``Sheet.reads`` puts into one; a follow-up or a tick makes its question a yes.

    What does not apply still stands among the missing; ``settle`` takes it out.
    """
    width, all_ = sheet.width, sheet.all
    given, yes, no, ticks = told & all_, told >> width & all_, told >> 2 * width & all_, told >> 3 * width
    ticked = sheet.ticked(ticks) if ticks else 0
    if (yes | ticked) & sheet.second:
        for question, child in sheet.children:
            if (yes | ticked) & child:
                yes |= question
    return Said(given, yes, all_ & ~(yes | no), ticked, ticks)


def settle(sheet: Sheet, said: Said, not_applicable: int) -> None:
    """Take out of the missing what does not apply, and every follow-up and list of a question that is a no."""
    missing = said.missing & ~not_applicable
    if missing & sheet.second:
        for question, child in sheet.children:
            if not (said.yes | missing) & question:
                missing &= ~child
    said.missing = missing
