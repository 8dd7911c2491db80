"""The lines and services beside a case, each with what is known of it: whether a person has rung it, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.console.access import Visit
from bot.referrals import Line


def beside(visit: Visit, *, minor: bool, department: str) -> list[dict[str, Any]]:
    """Those that fit the person's age and department, the verified ones first."""
    today = datetime.fromtimestamp(visit.now, UTC).date()
    order = ("verified", "stale", "unverified")
    fitting = [line for line in visit.deps.lines.values() if _fits(line, department, minor=minor)]
    rows = [_row(visit, line, line.standing(today)) for line in fitting if line.status != "obsolete"]
    return sorted(rows, key=lambda row: order.index(row["standing"]))


def _fits(line: Line, department: str, *, minor: bool) -> bool:
    somebody_else = "adults" if minor else "minors"
    elsewhere = line.departments and department not in line.departments
    return line.audience != somebody_else and not elsewhere


def _row(visit: Visit, line: Line, standing: str) -> dict[str, Any]:
    deps = visit.deps
    words = deps.label("console.line", standing)
    if standing == "verified" and line.verified_on is not None:
        words = deps.text("console.line.verified.on", day=line.verified_on.isoformat(), who=line.verified_by)
    open_ = [deps.text("console.line.open", what=line.open)] if line.open else []
    parts = [line.does, line.hours, line.cost, ", ".join(line.languages), *open_]
    return {
        "id": line.id,
        "name": line.name,
        "number": line.number,
        "about": " · ".join(part for part in parts if part),
        "standing": standing,
        "words": words,
    }
