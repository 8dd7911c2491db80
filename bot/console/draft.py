"""What a form of a case brought and was not taken, so that the page shows it again and nothing is typed twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.console.writing import Warned
from bot.texts.look import Phone


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """What was chosen in the form that closes a case, as it came."""

    outcome: str = ""
    status: str = ""
    day: str = ""
    lines: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A reply that was not sent yet: why not, and the words, so that they are not lost.

    ``note`` is what was typed for the team into a form that was not taken, ``ending`` and ``to`` what was chosen in it;
    ``lines`` what was looked for.
    """

    text: str = ""
    problem: str = ""
    confirm: str = ""
    warned: Sequence[Warned] = ()
    phone: Phone | None = None
    note: str = ""
    lines: str = ""
    ending: Ending | None = None
    to: str | None = None
