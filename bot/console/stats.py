"""Figures that a coordinator can show: cases by month, urgency, department, type, outcome; how soon a person answered;
where people stop. Whole months only, to the nearest ten, and no number from 1 to 9 can be worked out of a table.

Urgency and the time to an answer come from one table, so that its totals hide together.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from bot import audit, publication, statistics
from bot.console import charts, pages, stepup
from bot.console.access import Visit
from bot.console.charts import Chart
from bot.screening.model import load
from bot.statistics import (
    ALL,
    ATTRIBUTES,
    END,
    OTHER,
    PERSON,
    Cell,
    Month,
    month_of,
    month_start,
    months_before,
)
from bot.storage import figures

MONTHS = 12
SINGLE = ("department", "result", "outcome")
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "htcds": "application/json",
}
MONTH = re.compile(r"(\d{4})-(\d{2})")
GATES = ("P0", "P1", "P2", "P3", "P4", "P4f", "P5", "B4", "WM", "W1", "W1o", "W2", "W2_when", "W2_word", "W3")

Shown = Mapping[Cell, int | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """What may be shown: of every month its urgencies with the time to an answer, of one month all the rest."""

    months: Sequence[Month]  # oldest first
    month: Month
    urgent: Mapping[Month, Shown]
    single: Mapping[str, Shown]
    reached: Mapping[str, int]
    given: Mapping[str, int]
    total: int


async def page(visit: Visit) -> Response:
    """The last whole months, and one of them closely."""
    return await show(visit)


async def show(visit: Visit, *, status: int = 200, problem: str = "", seconds: int = 0) -> Response:
    """The page; with ``problem`` an export that did not come about."""
    found = await _read(visit)
    urgent = found.urgent[found.month]
    return await visit.page(
        "stats.html",
        "stats",
        status=status,
        months=[(_name(one), pages.month_name(visit.deps, *one)) for one in reversed(found.months)],
        month=pages.month_name(visit.deps, *found.month),
        trend=[_trend(visit, found, level) for level in (ALL, *ATTRIBUTES["urgency"])],
        answers=[_answers(visit, urgent, level) for level in ATTRIBUTES["urgency"]],
        single=[*(_single(visit, found, name) for name in SINGLE), _given(visit, found)],
        stops=_stops(visit, found.reached),
        may_export=visit.may("stats.export"),
        attributes=list(ATTRIBUTES),
        forms=list(FORMS),
        problem=problem,
        seconds=seconds,
    )


async def _read(visit: Visit) -> Figures:
    now = month_of(visit.now)
    months = list(reversed(months_before(now, MONTHS)))
    month = _chosen(visit, months)
    starts = [month_start(one) for one in (*months, now)]
    here = starts[months.index(month) : months.index(month) + 2]
    async with visit.deps.db.read(heavy=True) as conn:
        urgent = await figures.counts(conn, starts, ("urgency", "answer"))
        single = {name: (await figures.counts(conn, here, (name,)))[0] for name in SINGLE}
        reached = await figures.reached_between(conn, *here)
        given = await figures.given_between(conn, *here)
    return Figures(
        months,
        month,
        {one: _table(counts, ("urgency", "answer")) for one, counts in zip(months, urgent, strict=True)},
        {name: _table(counts, (name,)) for name, counts in single.items()},
        reached.get(month, Counter()),
        given.get(month, Counter()),
        urgent[months.index(month)].total(),
    )


def _table(counts: Counter[Cell], by: Sequence[str]) -> Shown:
    return statistics.table(counts, by, exact=False)


def _chosen(visit: Visit, months: Sequence[Month]) -> Month:
    """The month of the address; the last one when it names none that is shown."""
    given = MONTH.fullmatch(visit.request.query_params.get("month", ""))
    wanted = (int(given[1]), int(given[2])) if given else months[-1]
    return wanted if wanted in months else months[-1]


def _name(month: Month) -> str:
    return f"{month[0]:04}-{month[1]:02}"


# ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────


def _trend(visit: Visit, found: Figures, level: str) -> Chart:
    deps = visit.deps
    title = deps.text("console.stats.all") if level == ALL else deps.label("console.urgency", level)
    rows = [(f"{m:02}/{y}", found.urgent[y, m][level, ALL], level) for y, m in found.months]
    return charts.standing(f"trend-{level}", title, _about(visit, rows), rows, _written(visit))


def _answers(visit: Visit, table: Shown, level: str) -> Chart:
    deps = visit.deps
    rows = [(deps.label("console.stats.answer", a), table[level, a], level) for a in ATTRIBUTES["answer"]]
    title = deps.label("console.urgency", level)
    return charts.lying(f"answer-{level}", title, _about(visit, rows), rows, _written(visit))


def _single(visit: Visit, found: Figures, name: str) -> Chart:
    table = found.single[name]
    rows = [(_value(visit, name, one), table[one,], "") for one in ATTRIBUTES[name]]
    shown, more = _without_few(visit, rows)
    title = visit.deps.text(f"console.stats.by.{name}")
    return charts.lying(name, title, _about(visit, rows), shown, _written(visit), more)


def _given(visit: Visit, found: Figures) -> Chart:
    """To which lines people were referred. Somebody may be given several: each is a table of its own."""
    rows = []
    for line in visit.deps.lines.values():
        given = found.given.get(line.id, 0)
        split = {"yes": given, "no": found.total - given}
        rows.append((line.name, statistics.single(split, ("yes", "no"), exact=False)["yes"], ""))
    shown, more = _without_few(visit, rows)
    title = visit.deps.text("console.stats.given")
    return charts.lying("given", title, _about(visit, rows), shown, _written(visit), more)


def _stops(visit: Visit, found: Mapping[str, int]) -> Chart:
    """Where conversations ended: a part of the whole each, so that nothing follows from its neighbours."""
    deps = visit.deps
    instruments = load()
    codes = (END, PERSON, *GATES, *instruments.adult.codes, *instruments.minor.codes, OTHER)
    table = statistics.single(found, codes, exact=False)
    rows = [(_question(visit, code), table[code], "") for code in codes]
    shown, more = _without_few(visit, rows)
    title = deps.text("console.stats.stops")
    return charts.lying("stops", title, _about(visit, rows), shown, _written(visit), more)


def _without_few(visit: Visit, rows: Sequence[charts.Row]) -> tuple[list[charts.Row], str]:
    """What can be drawn, and how many were left out because they are few."""
    shown = sorted((row for row in rows if row[1] is not None), key=lambda row: -(row[1] or 0))
    few = len(rows) - len(shown)
    return shown, visit.deps.text("console.stats.more_few", n=few) if few else ""


def _value(visit: Visit, name: str, value: str) -> str:
    deps = visit.deps
    if value in ("unknown", OTHER, "open"):
        return deps.label("console.stats.value", value)
    if name == "department":
        return deps.label("console.fact.department", value)
    return deps.label("console.result", value) if name == "result" else deps.label("console.outcome", value)


def _question(visit: Visit, code: str) -> str:
    if code in (*GATES, END, PERSON, OTHER):
        return visit.deps.label("console.stats.at", code)
    return visit.deps.label("console.answer", code)


def _written(visit: Visit) -> charts.Write:
    """A count as the page writes it; where it is hidden, that."""
    few = visit.deps.text("console.stats.few")
    return lambda n: few if n is None else pages.number(visit.deps, n)


def _about(visit: Visit, rows: Sequence[charts.Row]) -> str:
    """The picture in one sentence, for whoever hears it."""
    shown = [(label, n) for label, n, _ in rows if n is not None]
    if not shown:
        return visit.deps.text("console.stats.nothing")
    label, n = max(shown, key=lambda one: one[1])
    most = pages.number(visit.deps, n)
    return visit.deps.text("console.stats.about", label=label, n=most, few=len(rows) - len(shown))


# ── export ──────────────────────────────────────────────────────────────────────────────────────────────────


async def export(visit: Visit) -> Response:
    """A file with the same rules as the page; behind a fresh one-time code, and in the audit log."""
    wanted = [name for field in ("by", "and") if (name := await visit.field(field, 32))]
    form = await visit.field("form", 8)
    if form not in FORMS or len(set(wanted)) != len(wanted) or any(one not in ATTRIBUTES for one in wanted):
        return await show(visit, status=422, problem="console.stats.export.form")
    refused = await stepup.refused(visit)
    if refused is not None:
        return await show(visit, status=refused.status, problem=refused.problem, seconds=refused.seconds)
    body = await _file(visit, form, wanted)
    name = f"faro-{'-'.join(['htcds'] if form == 'htcds' else [*wanted, 'month'])}"
    ending = "json" if form == "htcds" else form
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(body, media_type=FORMS[form], headers=headers)


async def _file(visit: Visit, form: str, wanted: Sequence[str]) -> str | bytes:
    deps = visit.deps
    now = month_of(visit.now)
    months = list(reversed(months_before(now, MONTHS)))
    start, end = month_start(months[0]), month_start(now)
    standard: list[Any] = []
    facts: list[Any] = []
    async with deps.db.write(heavy=True) as conn:
        if form == "htcds":
            standard = await figures.standard_between(conn, deps.vault, start, end)
        else:
            facts = await figures.facts_between(conn, start, end)
        what = "htcds" if form == "htcds" else "-".join(wanted) or "month"
        await audit.append(conn, deps.vault, visit.staff.id, "export", what, visit.now)
    if form == "htcds":
        return publication.as_htcds([(month_of(at), *one) for at, *one in standard], months, exact=False)
    lines = statistics.monthly([(month_of(at), one) for at, one in facts], months, wanted, exact=False)
    if form == "json":
        return publication.as_json(lines, wanted, exact=False)
    return publication.as_csv(lines, wanted) if form == "csv" else publication.as_xlsx(lines, wanted)
