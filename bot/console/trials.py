"""A trial of two wordings on the page of its text: begin it, end it, see how it ended, keep one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import pages
from bot.console.access import ID, Visit
from bot.storage import trials
from bot.storage.texts import Change
from bot.storage.trials import Trial
from bot.texts.po import Entry
from bot.texts.trial import DAY, Arm
from bot.texts.trialdesk import PEOPLE, WEEKS, TrialDesk
from bot.trials import fit

USUAL_PEOPLE, USUAL_WEEKS = 2000, 8
NEWS = 14 * DAY  # for so long the page tells of a trial that nobody has to decide about


async def listed(visit: Visit, locale: str) -> list[dict[str, Any]]:
    """What runs in a language, and what waits for somebody to decide."""
    async with visit.deps.db.read() as conn:
        found = await trials.listed(conn, locale)
    return [{"key": one.key, "text": one.text, "state": one.state} for one in found]


async def card(visit: Visit, locale: str, entry: Entry, draft: Change | None) -> dict[str, Any]:
    """What the page shows of the text's latest trial, and whether its draft may be tried."""
    async with visit.deps.db.read() as conn:
        one = await trials.latest(conn, locale, entry.key)
    running = one is not None and one.state == "running"
    now = None if one is None else _shown(visit, one, entry)
    free = draft is not None and not running and not (now and now["undecided"])
    return {
        "now": now,
        "running": running,
        "begin": free and bool(entry.text) and visit.may("texts.edit") and fit(entry.key),
        "people": [(n, pages.number(visit.deps, n), n == USUAL_PEOPLE) for n in PEOPLE],
        "weeks": [(n, n == USUAL_WEEKS) for n in WEEKS],
    }


def _shown(visit: Visit, one: Trial, entry: Entry) -> dict[str, Any]:
    undecided = one.state in trials.UNDECIDED and not one.decision
    return {
        "id": one.id,
        "state": one.state,
        "decision": one.decision,
        "text": one.text,
        "alias": one.alias,
        "since": _day(visit, one.started_at),
        "until": _day(visit, one.rule.until),
        "ended": _day(visit, one.ended_at or visit.now),
        "most": pages.number(visit.deps, one.rule.most),
        "undecided": undecided and entry.text == one.before,
        "fares": [
            (name, arm and pages.number(visit.deps, arm.read), arm and _of_ten(arm))
            for name, arm in (("old", one.old), ("new", one.new))
        ],
        "news": one.state == "changed" and visit.now - (one.ended_at or 0.0) < NEWS,
        "told": one.old is not None,
    }


def _of_ten(arm: Arm) -> int:
    """How many of ten answered, of counts that were rounded before.

    >>> _of_ten(Arm(210, 180))
    9
    """
    return round(10 * arm.answered / arm.read)


def _day(visit: Visit, at: float) -> str:
    return pages.full_date(visit.deps, datetime.fromtimestamp(at, UTC).astimezone(pages.LIMA).date())


async def change(visit: Visit) -> Response:
    """Begin a trial with the open draft, end the one that runs, or keep the published words: ``act`` says which."""
    locale, entry, desk = *_entry(visit), TrialDesk(visit.deps.texts)
    act = await visit.field("act", 10)
    if act == "begin":
        people, weeks = await visit.field("people", 5), await visit.field("weeks", 3)
        if not (people.isdecimal() and weeks.isdecimal()):
            return _back(locale, entry, "trial_unfit")
        draft = await visit.field("change", 32)
        said: str = await desk.begin(locale, entry, draft, int(people), int(weeks), visit.staff, visit.now)
        return _back(locale, entry, said)
    one = await _named(visit, locale, entry)
    if one is None or act not in ("stop", "keep"):
        return _back(locale, entry, "trial_gone")
    do = desk.stop if act == "stop" else desk.keep_old
    return _back(locale, entry, await do(one, visit.staff, visit.now))


async def publish(visit: Visit) -> Response:
    """Publish the wording that was tried."""
    locale, entry = _entry(visit)
    one = await _named(visit, locale, entry)
    if one is None:
        return _back(locale, entry, "trial_gone")
    desk = TrialDesk(visit.deps.texts)
    return _back(locale, entry, f"text_{await desk.publish_new(one, entry, visit.staff, visit.now)}")


async def _named(visit: Visit, locale: str, entry: Entry) -> Trial | None:
    """The trial that the form was made for, if it is still the newest."""
    wanted = await visit.field("trial", 32)
    async with visit.deps.db.read() as conn:
        one = await trials.latest(conn, locale, entry.key)
    return one if one is not None and ID.fullmatch(wanted) and one.id == wanted else None


def _entry(visit: Visit) -> tuple[str, Entry]:
    desk, params = visit.deps.texts, visit.request.path_params
    entry = desk.entry(params["locale"], params["key"]) if params["locale"] in desk.locales() else None
    if entry is None:
        raise HTTPException(404)
    return str(params["locale"]), entry


def _back(locale: str, entry: Entry, said: str) -> Response:
    return RedirectResponse(f"/console/texts/{locale}/{entry.key}?said={said}", 303)
