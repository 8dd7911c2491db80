"""Templates → answers. Everything is escaped; every word comes from the catalogue ``console.po``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.console.deps import ConsoleDeps

LIMA = timezone(timedelta(hours=-5))  # Peru has had no daylight saving since 1994
# Notices after an act, and whether they are bad news.
FLASHES = {
    "claimed": False,
    "released": False,
    "transferred": False,
    "closed": False,
    "reopened": False,
    "sent": False,
    "view_kept": False,
    "view_dropped": False,
    "view_many": True,
    "many": False,
    "many_some": True,
    "noted": False,
    "retried": False,
    "disabled": False,
    "staff_kept": False,
    "password_kept": False,
    "left_others": False,
    "push_on": False,
    "push_off": False,
    "shift_added": False,
    "shift_removed": False,
    "shift_known": True,
    "granted": False,
    "denied": False,
    "paused": False,
    "back": False,
    "on_break": True,
    "taken": True,
    "lost_closed": True,
    "lost_other": True,
    "lost_waiting": True,
    "lost_erased": True,
    "lost_channel": True,
    "refused": True,
    "newer": True,
    "silent": True,
    "ending": True,
    "form": True,
    "text_drafted": False,
    "text_asked": False,
    "text_published": False,
    "text_dropped": False,
    "text_same": False,
    "text_wrong": True,
    "text_moved": True,
    "text_own": True,
    "text_gone": True,
    "text_file": True,
    "text_no_way": True,
    "text_no_phones": True,
    "texts_drafted": False,
    "texts_some": True,
    "texts_none": True,
    "trial_begun": False,
    "trial_known": True,
    "trial_unfit": True,
    "trial_gone": True,
    "trial_stopped": False,
    "trial_kept": False,
    "phrase_added": False,
    "phrase_asked": False,
    "phrase_proposed": False,
    "phrase_dropped": False,
    "phrase_undone": False,
    "phrase_useless": False,
    "phrase_wrong": True,
    "phrase_file": True,
    "phrase_gone": True,
    "phrase_own": True,
    "rehearsal_begun": False,
    "rehearsal_publishing": False,
    "rehearsal_undoing": False,
    "rehearsal_busy": True,
    "rehearsal_nothing": True,
    "rehearsal_worse": True,
    "rehearsal_moved": True,
    "rehearsal_file": True,
    "rehearsal_gone": True,
    "rehearsal_elsewhere": True,
}
MINUTE, HOUR, DAY = 60, 3600, 86400
REGIONS = {"es": "es_PE", "en": "en_GB"}  # of several ways to write a day in a language, the one that is used

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    deps: ConsoleDeps,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """The page ``template``; ``me``, ``nav`` and ``flash`` may be absent."""
    frame = {"me": None, "nav": (), "may": (), "languages": (), "flash": None, "strip": None}
    page = {**frame, "lang": deps.locale, "t": deps.text, **values}
    return HTMLResponse(_environment.get_template(template).render(page), status_code=status, headers=headers)


def flash(name: str) -> dict[str, Any] | None:
    """The notice that an address asks for by name; anything that is not a notice of ours is nothing."""
    return {"name": name, "bad": FLASHES[name]} if name in FLASHES else None


def duration(deps: ConsoleDeps, seconds: float) -> str:
    """How long, in words: ``4 min``, ``2 h 10 min``, ``3 d 5 h``."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return deps.text("console.time.now")
    if whole < HOUR:
        return deps.text("console.time.minutes", n=whole // MINUTE)
    if whole < 2 * DAY:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return deps.text("console.time.hours" if minutes else "console.time.hour", h=hours, m=minutes)
    return deps.text("console.time.days", n=whole // DAY, h=whole % DAY // HOUR)


def durations(deps: ConsoleDeps) -> dict[str, str]:
    """The forms that ``duration`` fills, for script that goes on counting (``static/ticking.js``)."""
    return {name: deps.text(f"console.time.{name}") for name in ("now", "minutes", "hours", "hour", "days")}


def clock(deps: ConsoleDeps, at: float, now: float) -> str:
    """The time of day in Lima; with the date when it is another day."""
    moment, today = (datetime.fromtimestamp(t, UTC).astimezone(LIMA) for t in (at, now))
    time = moment.strftime("%H:%M")
    return time if moment.date() == today.date() else f"{short_date(deps, moment.date())} {time}"


def short_date(deps: ConsoleDeps, day: date) -> str:
    """A day of about now: ``26 nov.``, ``26 Nov``."""
    return format_skeleton("MMMd", _noon(day), locale=_region(deps.locale))


def full_date(deps: ConsoleDeps, day: date) -> str:
    """A day of any year: ``26 nov. 2026``, ``26 Nov 2026``."""
    return format_skeleton("yMMMd", _noon(day), locale=_region(deps.locale))


def month_name(deps: ConsoleDeps, year: int, month: int) -> str:
    """A month: ``noviembre de 2026``, ``November 2026``."""
    return format_skeleton("yMMMM", _noon(date(year, month, 1)), locale=_region(deps.locale))


def number(deps: ConsoleDeps, n: int) -> str:
    """A count: ``12,340``."""
    return format_decimal(n, locale=_region(deps.locale))


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)  # Babel moves a bare day to midnight UTC


@functools.cache
def _region(locale: str) -> Locale:
    """How days and counts are written in a language; one that Babel does not know writes them as Spanish does."""
    try:
        return Locale.parse(REGIONS.get(locale, locale))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGIONS["es"])


def day(at: float) -> str:
    """The day in Lima, as forms have it."""
    return datetime.fromtimestamp(at, LIMA).date().isoformat()


def morning(given: str) -> float | None:
    """Eight in the morning in Lima of a day as forms give it; None for what is no day."""
    try:
        found = datetime.strptime(given, "%Y-%m-%d").replace(hour=8, tzinfo=LIMA)
    except ValueError:
        return None
    return found.timestamp()
