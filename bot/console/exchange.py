"""Texts out as a file and back in: what would change is shown text by text, and what is taken becomes a draft."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot import worksheets
from bot.console.access import Visit
from bot.console.language import named
from bot.console.texts import findings
from bot.phrasing import DOMAINS
from bot.storage import texts
from bot.texts import exchange, files, rules, variants
from bot.texts.check import Found
from bot.texts.desk import Brought, TextDesk
from bot.texts.exchange import Change, Fault, Incoming

FORMS = {
    "po": "text/x-gettext-translation; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_CHANGES, MOST_FAULTS = 500, 50
LONGEST = 5000


async def page(visit: Visit) -> Response:
    """What can be taken away, and where to bring it back."""
    return await _page(visit)


async def _page(visit: Visit, **said: Any) -> Response:
    desk = visit.deps.texts
    locale, locales = visit.request.query_params.get("lang", "es"), desk.locales()
    here: dict[str, Any] = {"locale": locale if locale in locales else "es", "locales": locales}
    here["names"] = {name: named(visit.deps, name) for name in locales}
    here["files"] = [(domain, desk.locales(domain)) for domain in DOMAINS]
    return await visit.page(
        "exchange.html", "texts", **{"faults": (), "rows": None, "more": 0, **here, **said}
    )


async def export(visit: Visit) -> Response:
    """``as=po`` is one file (``of``) of one language (``lang``), ``as=xlsx`` one sheet for each language."""
    desk, query = visit.deps.texts, visit.request.query_params
    form, locale, domain = query.get("as", "xlsx"), query.get("lang", "es"), query.get("of", DOMAINS[0])
    if form not in FORMS or domain not in DOMAINS or locale not in desk.locales(domain):
        raise HTTPException(404)
    body = await anyio.to_thread.run_sync(_made, desk, form, locale, domain)
    name = f"faro-{domain}-{locale}.po" if form == "po" else "faro.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=FORMS[form], headers=headers)


def _made(desk: TextDesk, form: str, locale: str, domain: str) -> bytes:
    if form == "xlsx":
        return exchange.as_xlsx({name: desk.entries(name) for name in desk.locales()})
    path = files.catalogue(desk.catalogues.folder, locale, domain)
    return exchange.as_po(path.read_text(encoding="utf-8"), locale).encode()


async def bring(visit: Visit) -> Response:
    """What a file would change, text by text, and what of it cannot be taken. Nothing is kept yet."""
    desk = visit.deps.texts
    content, locale = await visit.file("file"), await visit.field("lang", 20)
    if not content:
        return await _page(visit, faults=[_fault(visit, Fault("none", {}))])
    if locale not in desk.locales():
        raise HTTPException(404)
    incoming, faults = await anyio.to_thread.run_sync(_read, desk, content, locale)
    changes, more = exchange.compare(incoming, {name: desk.texts(name) for name in desk.locales()})
    brought, open_ = [_brought(change) for change in changes[:MOST_CHANGES]], await _open(visit, desk)
    judge = functools.partial(desk.judge_many, brought, spelling_too=True)
    judged = zip(changes, brought, await anyio.to_thread.run_sync(judge), strict=False)
    rows = [_row(visit, *one, open_.get((one[1].locale, one[1].key), "")) for one in judged]
    told = [_fault(visit, fault) for fault in (*faults, *more)]
    left = max(0, len(changes) - MOST_CHANGES)
    return await _page(visit, rows=rows, faults=told[:MOST_FAULTS], more=left, brought=_carrying(rows))


def _read(desk: TextDesk, content: bytes, locale: str) -> tuple[list[Incoming], list[Fault]]:
    """A workbook says its languages itself; a PO file is in the one that was chosen."""
    if content.startswith(b"PK"):
        try:
            return exchange.from_sheets(worksheets.read(content), desk.locales())
        except worksheets.UnreadableSheetError as error:
            return [], [Fault(error.code, {})]
    try:
        return exchange.from_po(content.decode("utf-8-sig"), locale)
    except UnicodeDecodeError:
        return [], [Fault("unreadable", {})]


def _fault(visit: Visit, fault: Fault) -> str:
    return visit.deps.text(f"console.exchange.fault.{fault.code}", **fault.params)


async def _open(visit: Visit, desk: TextDesk) -> Mapping[tuple[str, str], str]:
    """Which texts have a draft, and whose."""
    async with visit.deps.db.read() as conn:
        return {(d.locale, d.key): d.alias for name in desk.locales() for d in await texts.drafts(conn, name)}


def _brought(change: Change) -> Brought:
    one = change.incoming
    return Brought(one.locale, one.key, one.text[:LONGEST], exchange.version(one.locale, one.key, change.now))


def _row(visit: Visit, change: Change, one: Brought, found: Sequence[Found], alias: str) -> dict[str, Any]:
    """One text: may it be taken (no error, nobody changed it here), and is it ticked (nobody's draft in its place)."""
    wrong = any(level == "error" for level, _, _ in found)
    return {
        **dataclasses.asdict(one),
        "tag": variants.tag(one.locale),
        "now": change.now,
        "state": change.state,
        "found": findings(visit, found),
        "alias": alias,
        "safety": rules.is_safety(one.key),
        "takes": not wrong and change.state != "moved",
        "ticked": not alias,
    }


def _carrying(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the form carries to the next step."""
    kept = [field.name for field in dataclasses.fields(Brought)]
    return json.dumps([{name: row[name] for name in kept} for row in rows if row["takes"]])


async def keep(visit: Visit) -> Response:
    """The ticked texts become drafts. What the form carries is looked at again: it may be anybody's."""
    ticked = set(await visit.fields("take"))
    brought = [one for one in _carried(await visit.raw("brought")) if f"{one.locale}/{one.key}" in ticked]
    desk = visit.deps.texts
    if not brought or any(one.locale not in desk.locales() for one in brought):
        return RedirectResponse("/console/texts/exchange?said=texts_none", 303)
    done = await desk.take(brought[:MOST_CHANGES], visit.staff, visit.now)
    said = (
        "texts_drafted" if set(done) == {"drafted"} else "texts_some" if "drafted" in done else "texts_none"
    )
    return RedirectResponse(f"/console/texts?lang={brought[0].locale}&place=drafts&said={said}", 303)


def _carried(form: str) -> list[Brought]:
    try:
        return [
            Brought(str(one["locale"]), str(one["key"]), str(one["text"])[:LONGEST], str(one["seen"]))
            for one in json.loads(form or "[]")
        ]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise HTTPException(400) from None
