"""Templates → answers. Everything is escaped; every word comes from the catalogue ``console.po``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

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
}
MINUTE, HOUR, DAY = 60, 3600, 86400

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
    page = {"me": None, "nav": (), "may": (), "flash": None, "lang": deps.locale, "t": deps.text, **values}
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


def clock(at: float, now: float) -> str:
    """The time of day in Lima; with the date when it is another day."""
    moment, today = (datetime.fromtimestamp(t, UTC).astimezone(LIMA) for t in (at, now))
    return moment.strftime("%H:%M" if moment.date() == today.date() else "%d/%m %H:%M")


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
