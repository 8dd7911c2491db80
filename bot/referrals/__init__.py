"""Lines and services that may be named: read from ``lines.yml``, with what a person has checked and when.

Pure but for reading the file. Promises that nothing unchecked passes for checked. Must not choose for anybody:
which lines fit is the dialogue's matter, which of them may be offered today is ``shelf``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "lines.yml"
FRESH_DAYS = 180  # a number that was rung half a year ago may be somebody else's by now
ABOUT = ("does", "hours", "cost", "open")  # what the team reads of a line; open: still to be confirmed
STANDINGS = ("verified", "stale", "unverified", "obsolete")


class ReferralError(ValueError):
    """``lines.yml`` cannot be read. Mend the entry that the message names; ``faro referrals check`` says more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. ``key`` is the message that chatters read, empty where they never do; ``audience`` is ``for``."""

    id: str
    number: str
    key: str
    name: str
    owner: str
    audience: str
    show: str
    scope: str
    departments: tuple[str, ...]
    languages: tuple[str, ...]
    source: str
    status: str
    verified_on: date | None
    verified_by: str

    def standing(self, today: date) -> str:
        """``verified``, ``stale`` (too long ago), ``unverified`` or ``obsolete``."""
        if self.status == "verified" and self.verified_on is not None:
            return "stale" if (today - self.verified_on).days > FRESH_DAYS else "verified"
        return "obsolete" if self.status == "obsolete" else "unverified"


def load(file: Path = FILE) -> dict[str, Line]:
    """Id → line, in the order of the file; raises ``ReferralError`` naming the entry that is wrong."""
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))["lines"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ReferralError(f"{file.name}: {error}") from error
    lines: dict[str, Line] = {}
    for row in rows:
        name = str(row.get("id", "?")) if isinstance(row, dict) else "?"
        try:
            line = _line(row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReferralError(f"{file.name}: {name}: {error}") from error
        if line.id in lines:
            raise ReferralError(f"{file.name}: {name}: stands twice")
        lines[line.id] = line
    return lines


def about(line_id: str, find: Callable[[str], str]) -> dict[str, str]:
    """What the team reads of a line, by ``ABOUT``. ``find`` gives the words of a key, nothing where there are none."""
    return {part: find(f"console.service.{line_id}.{part}") for part in ABOUT}


def _line(row: Mapping[str, Any]) -> Line:
    on = row["verified_on"]
    if isinstance(on, str):
        on = date.fromisoformat(on)
    if row["status"] == "verified" and not (isinstance(on, date) and row["verified_by"]):
        raise ValueError("verified needs verified_on (a day) and verified_by (who rang)")
    return Line(
        id=str(row["id"]),
        number=row["number"],
        key=row["key"],
        name=row["name"],
        owner=row["owner"],
        audience=row["for"],
        show=row["show"],
        scope=row["scope"],
        departments=tuple(row["departments"]),
        languages=tuple(row["languages"]),
        source=row["source"],
        status=row["status"],
        verified_on=on,
        verified_by=row["verified_by"],
    )
