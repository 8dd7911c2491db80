"""A table of figures on its way out: as CSV, XLSX or JSON, or in the words of the data standard (HTCDS). Pure.

What stands in a table was decided before (``bot/statistics.py``); here nothing is counted but the standard's fields,
of which a case has several values: each value is a table of its own, cases that have it and cases that have not.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot import spreadsheet, statistics, workbook
from bot.statistics import ALL, Cell, Month

HIDDEN = "hidden"
NAMES = Path(__file__).with_name("htcds_names.yml")
Line = tuple[Month, Cell, int | None]
Standard = tuple[Month, str, str, Mapping[str, Any]]  # month, state, outcome, values


def as_csv(lines: Iterable[Line], by: Sequence[str]) -> str:
    """One row for each cell."""
    return spreadsheet.write(_rows(lines, by))


def as_xlsx(lines: Iterable[Line], by: Sequence[str]) -> bytes:
    """The same rows as a workbook."""
    return workbook.write(_rows(lines, by), "cases")


def as_json(lines: Iterable[Line], by: Sequence[str], *, exact: bool) -> str:
    """The same rows, with the rule that they keep to; what is hidden is null."""
    rows: list[dict[str, Any]] = [
        {"month": _month(month), **dict(zip(by, cell, strict=True)), "cases": n} for month, cell, n in lines
    ]
    return json.dumps({**_rule(exact=exact), "by": ["month", *by], "rows": rows}) + "\n"


def as_htcds(cases: Iterable[Standard], months: Sequence[Month], *, exact: bool) -> str:
    """Month by month how many cases have each value of the standard's fields. Single cases never leave."""
    found: dict[Month, list[Standard]] = {month: [] for month in months}
    for one in cases:
        if one[0] in found:
            found[one[0]].append(one)
    rows = [
        {"month": _month(month), "field": field, "value": value, "cases": n}
        for month in months
        for field, value, n in _fields(found[month], exact=exact)
    ]
    about = {"standard": "HTCDS", "level": "aggregate", **_rule(exact=exact)}
    return json.dumps({**about, "rows": rows}) + "\n"


def _fields(cases: Sequence[Standard], *, exact: bool) -> Iterator[tuple[str, str, int | None]]:
    names = _names()
    status = names["status"]
    values = list(dict.fromkeys(status["values"].values()))
    states = Counter(status["values"]["referred" if one[2] == "referred" else one[1]] for one in cases)
    for value, n in statistics.single(states, values, exact=exact).items():
        yield status["field"], value, n
    for code in ("control", "exploitation"):
        held = Counter(name for one in cases for name in _held(one[3], code))
        for name in dict.fromkeys(names[code]["values"].values()):
            split = {"yes": held[name], "no": len(cases) - held[name]}
            yield names[code]["field"], name, statistics.single(split, ("yes", "no"), exact=exact)["yes"]


def _held(standard: Mapping[str, Any], code: str) -> set[str]:
    """The values of a field that one case has, each once, as the standard calls them."""
    return {_names()[code]["values"][each["value"]] for each in standard.get(code, ())}


@functools.cache
def _names() -> Mapping[str, Any]:
    found: dict[str, Any] = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    return found


def _rule(*, exact: bool) -> dict[str, Any]:
    return {"fewest": statistics.FEWEST, "exact": exact, "all": ALL}


def _rows(lines: Iterable[Line], by: Sequence[str]) -> Iterator[Sequence[str | int]]:
    yield ("month", *by, "cases")
    for month, cell, n in lines:
        yield (_month(month), *cell, HIDDEN if n is None else n)


def _month(month: Month) -> str:
    return f"{month[0]:04}-{month[1]:02}"
