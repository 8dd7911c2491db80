"""The rota: who is on duty now, my shifts, everybody's week, what each carries; breaks.

What chatters are told about waiting stands here word for word, so that the team sees its own promise.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import pages
from bot.console.access import Visit
from bot.handoff import holidays, load, rota
from bot.handoff.shifts import DAYS, Occurrence, Shift, next_start, occurrences, running, today
from bot.phrasing import FALLBACK
from bot.screening.persons import told_minutes
from bot.storage import shifts as store
from bot.storage import staff
from bot.storage.staff import Staff

AHEAD = 14  # days of one's own shifts
HOLIDAYS_AHEAD = 90
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


async def page(visit: Visit) -> Response:
    """The whole page; supervisors can change the week on it."""
    return await show(visit)


async def show(visit: Visit, *, status: int = 200, said: str = "") -> Response:
    """The page; ``said`` names a notice for an act that did not come about."""
    deps, now = visit.deps, visit.now
    async with deps.db.read() as conn:
        shifts = await store.everybody(conn)
        team = [one for one in await staff.everybody(conn, deps.vault) if _answers(one)]
        there = await rota.present(conn, now)
        estimate = await rota.wait_estimate(conn, now)
        loads = await load.by_member(conn)
        colleagues = await deps.desk.colleagues(conn, visit.staff)
    aliases = {one.id: one.alias for one in team}
    mine = [shift for shift in shifts if shift.staff_id == visit.staff.id]
    extra = {"flash": pages.flash(said)} if said else {}
    return await visit.page(
        "rota.html",
        "rota",
        status=status,
        there=[one.alias for one in team if one.id in there],
        expected=sorted(
            {aliases[t.shift.staff_id] for t in running(shifts, now) if t.shift.staff_id in aliases}
        ),
        told=_told(visit, shifts, there=bool(there), estimate=estimate),
        paused=None if visit.staff.paused_at is None else pages.clock(visit.deps, visit.staff.paused_at, now),
        held=loads.get(visit.staff.id, load.Load()).cases,
        colleagues=[{"id": one, "alias": alias} for one, alias in colleagues],
        mine=[_occurrence(visit, one) for one in occurrences(mine, today(now), AHEAD) if one.ends > now],
        week=_week(visit, shifts, aliases),
        holidays=_holidays(visit, shifts, aliases),
        team=_team(team, there, loads) if visit.may("rota.edit") else [],
        weights=load.weights(),
        people=[{"id": one.id, "alias": one.alias} for one in team],
        days=[{"n": n, "name": deps.text(f"console.day.{day}")} for n, day in enumerate(DAYS)],
        **extra,
    )


def _answers(member: Staff) -> bool:
    return member.role in rota.ANSWERING_ROLES and member.disabled_at is None


def _told(visit: Visit, shifts: Sequence[Shift], *, there: bool, estimate: float | None) -> list[str]:
    """What a person is told who asks for somebody now, in the words of the catalogue and in Spanish, as most read it."""
    say = functools.partial(visit.deps.phrasing.catalogues.text, locale=FALLBACK)
    if not there:
        start = next_start(shifts, visit.now)
        more = [] if start is None else [say(f"handoff.next.{start.day}", time=start.time)]
        return [say("handoff.waiting_off_duty"), *more]
    if estimate:
        return [say("handoff.waiting", minutes=told_minutes(estimate))]
    return [say("handoff.waiting_unknown")]


def _occurrence(visit: Visit, one: Occurrence) -> dict[str, str]:
    day = dt.datetime.fromtimestamp(one.begins, pages.LIMA).date()
    return {"day": _day(visit, day), "hours": _hours(one.shift), "holiday": _holiday(visit, day)}


def _day(visit: Visit, day: dt.date) -> str:
    return f"{visit.deps.text(f'console.day.{DAYS[day.weekday()]}')} {pages.short_date(visit.deps, day)}"


def _holiday(visit: Visit, day: dt.date) -> str:
    code = holidays.name(day)
    return visit.deps.label("console.holiday", code) if code else ""


def _hours(shift: Shift) -> str:
    return f"{_minutes(shift.starts)}–{_minutes(shift.ends)}"


def _minutes(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _week(visit: Visit, shifts: Sequence[Shift], aliases: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": visit.deps.text(f"console.day.{day}"),
            "shifts": [
                {
                    "id": shift.id,
                    "alias": aliases[shift.staff_id],
                    "hours": _hours(shift),
                    "holidays": shift.holidays,
                    "mine": shift.staff_id == visit.staff.id,
                }
                for shift in shifts
                if shift.weekday == n and shift.staff_id in aliases
            ],
        }
        for n, day in enumerate(DAYS)
    ]


def _holidays(visit: Visit, shifts: Sequence[Shift], aliases: Mapping[str, str]) -> list[dict[str, Any]]:
    """The next holidays, and who has a shift all the same."""
    found = []
    for n in range(HOLIDAYS_AHEAD):
        day = today(visit.now) + dt.timedelta(n)
        if holidays.name(day):
            there = sorted(
                {aliases.get(one.shift.staff_id, "") for one in occurrences(shifts, day, 1)} - {""}
            )
            found.append({"day": _day(visit, day), "name": _holiday(visit, day), "there": ", ".join(there)})
    return found


def _team(team: Sequence[Staff], there: set[str], loads: Mapping[str, load.Load]) -> list[dict[str, Any]]:
    """What each carries, the heaviest first."""
    rows = [
        {
            "alias": one.alias,
            "state": "paused" if one.paused_at is not None else "here" if one.id in there else "away",
            "cases": loads.get(one.id, load.Load()).cases,
            "weight": loads.get(one.id, load.Load()).weight,
            "much": loads.get(one.id, load.Load()).much,
        }
        for one in team
    ]
    return sorted(rows, key=lambda row: (-int(str(row["weight"])), str(row["alias"])))


async def add(visit: Visit) -> Response:
    """New shifts: fields ``member``, ``day`` (any number of them), ``starts``, ``ends``, ``holidays``."""
    deps = visit.deps
    member = await visit.field("member", 32)
    days = {int(day) for day in await visit.fields("day") if day in {str(n) for n in range(7)}}
    starts, ends = _clock(await visit.field("starts", 5)), _clock(await visit.field("ends", 5))
    on_holidays = await visit.field("holidays", 3) == "yes"
    if not days or starts is None or ends is None or starts == ends:
        return await show(visit, status=422, said="form")
    async with deps.db.write() as conn:
        found = await staff.get(conn, deps.vault, member)
        if found is None or not _answers(found):
            raise HTTPException(404)
        made = [
            await store.add(conn, member, day, starts, ends, holidays=on_holidays) for day in sorted(days)
        ]
        for shift_id in filter(None, made):
            await audit.append(conn, deps.vault, visit.staff.id, "shift.add", shift_id, visit.now)
    if not any(made):
        return await show(visit, status=409, said="shift_known")
    return RedirectResponse("/console/rota?said=shift_added", 303)


def _clock(text: str) -> int | None:
    found = CLOCK.fullmatch(text)
    return None if found is None else int(found[1]) * 60 + int(found[2])


async def remove(visit: Visit) -> Response:
    """A shift less; one that somebody else removed before is gone just the same."""
    shift_id = visit.id("shift")
    async with visit.deps.db.write() as conn:
        if await store.remove(conn, shift_id):
            await audit.append(conn, visit.deps.vault, visit.staff.id, "shift.remove", shift_id, visit.now)
    return RedirectResponse("/console/rota?said=shift_removed", 303)


async def pause(visit: Visit) -> Response:
    """A break: what one holds goes to a colleague (field ``to``) or back into the queue, with a ``note``."""
    to, note = await visit.field("to", 32), await visit.field("note", 2000)
    if not await visit.deps.desk.pause(visit.staff, to, note, visit.now):
        return await show(visit, status=422, said="form")
    return RedirectResponse("/console/rota?said=paused", 303)


async def back(visit: Visit) -> Response:
    """The break is over."""
    await visit.deps.desk.back(visit.staff, visit.now)
    return RedirectResponse("/console/rota?said=back", 303)
