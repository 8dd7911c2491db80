"""The lines and services beside a case, each with what is known of it: whether a person has rung it, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot import referrals
from bot.console import pages, writing
from bot.console.access import Visit
from bot.phrasing import FALLBACK, MissingTextError
from bot.redaction.view import View
from bot.referrals import Line

ORDER = ("verified", "stale", "unverified")


def beside(visit: Visit, minor: bool, department: str, locale: str, wanted: str = "") -> list[dict[str, Any]]:
    """Those that fit the person's age and department, the verified ones first; when looked for, any that match."""
    today = datetime.fromtimestamp(visit.now, UTC).date()
    words = View(wanted[:80]).plain.split()
    rows = []
    for line in visit.deps.lines.values():
        fits = _fits(line, department, minor=minor)
        if line.status == "obsolete" or not (_matches(visit, line, words) if words else fits):
            continue
        rows.append(
            (not fits, ORDER.index(line.standing(today)), _row(visit, line, line.standing(today), locale))
        )
    return [row for _, _, row in sorted(rows, key=lambda one: one[:2])]


def _fits(line: Line, department: str, *, minor: bool) -> bool:
    somebody_else = "adults" if minor else "minors"
    elsewhere = line.departments and department not in line.departments
    return line.audience != somebody_else and not elsewhere


def _matches(visit: Visit, line: Line, words: list[str]) -> bool:
    """In the page's language or in Spanish: what is looked for may come from a Spanish conversation."""
    told = [_about(visit, line, locale) for locale in dict.fromkeys((visit.deps.locale, FALLBACK))]
    about = [one[part] for one in told for part in ("does", "hours")]
    parts = (line.name, line.number, line.owner, *about, " ".join(line.departments))
    whole = View(" ".join(parts)).plain
    return all(word in whole for word in words)


def _about(visit: Visit, line: Line, locale: str) -> dict[str, str]:
    def find(key: str) -> str:
        try:
            return visit.deps.phrasing.catalogues.text(key, locale)
        except MissingTextError:
            return ""

    return referrals.about(line.id, find)


def _row(visit: Visit, line: Line, standing: str, locale: str) -> dict[str, Any]:
    deps = visit.deps
    words = deps.label("console.line", standing)
    if standing == "verified" and line.verified_on is not None:
        day = pages.full_date(deps, line.verified_on)
        words = deps.text("console.line.verified.on", day=day, who=line.verified_by)
    about = _about(visit, line, deps.locale)
    open_ = [deps.text("console.line.open", what=about["open"])] if about["open"] else []
    spoken = ", ".join(deps.label("console.language", name) for name in line.languages)
    parts = [about["does"], about["hours"], about["cost"], spoken, *open_]
    return {
        "id": line.id,
        "name": line.name,
        "number": line.number,
        "about": " · ".join(part for part in parts if part),
        "standing": standing,
        "words": words,
        "says": writing.words_of(visit, line, locale),
    }
