"""Which lines a text names, by their numbers and pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.redaction.view import View
from bot.referrals import Line

SHORT = 3  # "100" is also a sum of money: a short number counts only where it is given as a number
GIVEN = r"(?:\b(?:linea|al|el|llam\w*|marc\w*|numero|line|number|call|liga\w*|liy|rele)|[\U0001F4DE\u260E:])\W{0,3}"


def pattern(line: Line) -> re.Pattern[str] | None:
    """How the line looks in a folded text; None for one that has no number and no page."""
    number = line.number.split(",", maxsplit=1)[0].strip().lower()
    digits = re.sub(r"\D", "", number)
    if not digits:
        return re.compile(re.escape(number)) if number else None
    shown = r"(?<!\d)" + r"[ .\-]?".join(digits) + r"(?!\d)"
    return re.compile(shown if len(digits) > SHORT else GIVEN + shown)


def mentioned(text: str, lines: Mapping[str, Line]) -> list[str]:
    """The ids of the lines that a text names, in the order of the directory."""
    plain = View(text).plain
    looks = ((line.id, pattern(line)) for line in lines.values() if line.status != "obsolete")
    return [id_ for id_, look in looks if look is not None and look.search(plain)]
