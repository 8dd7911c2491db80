"""The texts: find one, change it with its look beside it, publish it. For editors; nothing here touches a case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.choices import fold
from bot.console import language, pages, readers, trials
from bot.console.access import Visit
from bot.phrasing import MissingTextError
from bot.storage import texts
from bot.storage.texts import Change
from bot.texts import look, place, rules, shape, spelling, template, variants
from bot.texts.check import Found
from bot.texts.desk import TextDesk
from bot.texts.po import Entry
from bot.trying import address

FIRST, MOST = 6, 200  # texts of a place that are listed: on the page of all places, and on its own
KINDS = ("chat", "console")  # what chatters read, what staff read
LONGEST = 5000  # the longest message of any channel, and some


async def home(visit: Visit) -> Response:
    """Every text of a language, by place in the conversation, or those that a search finds."""
    desk, query = visit.deps.texts, visit.request.query_params
    locale = _locale(desk, query.get("lang", "es"))
    base = desk.base(locale)
    words, where = query.get("q", "").strip()[:100], query.get("place", "")
    async with visit.deps.db.read() as conn:
        drafts = await texts.drafts(conn, locale)
    open_ = {draft.key: draft.state for draft in drafts}
    entries = [e for e in desk.entries(locale) if _fits(e, base, words, where, open_)]
    shown = MOST if words or where else FIRST
    inside = {name: [e for e in entries if place.of(e.key) == name] for name in place.names()}
    groups = [
        (name, [_row(e, base, open_) for e in found[:shown]], len(found)) for name, found in inside.items()
    ]
    return await visit.page(
        "texts.html",
        "texts",
        locale=locale,
        tag=variants.tag(locale),
        locales=[(name, language.named(visit.deps, name)) for name in desk.locales()],
        words=words,
        where=where,
        kinds=[
            (name, [one for one in place.names() if place.is_staff(one) == (name == "console")])
            for name in KINDS
        ],
        flows=locale in desk.locales("messages"),
        groups=[group for group in groups if group[2]],
        drafts=len(drafts),
        trials=[] if words or where else await trials.listed(visit, locale),
        refused=[_refused(visit, one) for one in visit.deps.phrasing.catalogues.refused[:5]],
    )


def _fits(entry: Entry, base: dict[str, str], words: str, where: str, open_: dict[str, str]) -> bool:
    if where == "drafts":
        return entry.key in open_
    inside = not where or place.of(entry.key) == where
    return inside and fold(words) in fold(f"{entry.key} {entry.text or base.get(entry.key, '')}")


def _row(entry: Entry, base: dict[str, str], open_: dict[str, str]) -> dict[str, Any]:
    return {
        "key": entry.key,
        "text": entry.text or base.get(entry.key, ""),
        "same": bool(base) and not entry.text,
        "stale": _stale(entry, base),
        "state": open_.get(entry.key, ""),
        "safety": rules.is_safety(entry.key),
        "fuzzy": entry.fuzzy,
    }


def _stale(entry: Entry, base: dict[str, str]) -> bool:
    return bool(entry.text) and entry.left_behind(base.get(entry.key))


def _refused(visit: Visit, one: Any) -> dict[str, Any]:
    return {"file": one.file, "line": one.line, "key": one.key, "words": _told(visit, one.code, one.params)}


def _told(visit: Visit, code: str, params: Any) -> str:
    return visit.deps.text(f"console.check.{code}", **params)


async def page(visit: Visit) -> Response:
    """One text: what is said now, the draft, how both look, what the checks say, what was there before."""
    return await _page(visit, None)


async def looks(visit: Visit) -> Response:
    """What is being typed, as telephones would show it, and what the checks say; with script only that part."""
    text = await visit.field("text", LONGEST)
    if "hx-request" in visit.request.headers:
        locale, entry = _entry(visit)
        return pages.render(visit.deps, "_look.html", **await _looks(visit, locale, entry, text))
    return await _page(visit, text)


async def _page(visit: Visit, typed: str | None) -> Response:
    desk = visit.deps.texts
    locale, entry = _entry(visit)
    async with visit.deps.db.read() as conn:
        draft = await texts.open_for(conn, locale, entry.key)
        history = await texts.history(conn, locale, entry.key)
    base = desk.base(locale)
    without = base.get(entry.key, "")
    variant = variants.is_variant(locale)
    usual = without if variant else ""
    text = typed if typed is not None else (draft.text or usual if draft else entry.text or usual)
    chats = not rules.is_staff(entry.key)
    return await visit.page(
        "text.html",
        "texts",
        entry=entry,
        seen=_seen(entry),
        tag=variants.tag(locale),
        notes=template.context(entry),
        spanish=without,
        variant=language.named(visit.deps, locale) if variant else "",
        goes_back=variant and bool(entry.text) and not desk.wrong(locale, entry.key, ""),
        stale=_stale(entry, base),
        place=place.of(entry.key),
        safety=rules.is_safety(entry.key),
        longest=shape.longest(entry.key),
        draft=draft,
        mine=draft is not None and draft.author == visit.staff.id,
        history=_history(visit, history, entry),
        in_flow=place.question_of(entry.key),
        fares=await readers.of(visit, locale, entry.key),
        trial=await trials.card(visit, locale, entry, draft),
        may_edit=visit.may("texts.edit"),
        chats=chats,
        tries=chats and visit.deps.trying is not None,
        may_publish=visit.may("texts.publish"),
        flash=_flash(visit),
        **await _looks(visit, locale, entry, text),
    )


async def _looks(visit: Visit, locale: str, entry: Entry, text: str) -> dict[str, Any]:
    desk = visit.deps.texts
    found = desk.judge(locale, entry.key, text) if text else [("error", "missing", {})]
    found += await desk.spelt(locale, entry.key, text)
    return {
        "text": text,
        "locale": locale,
        "phones": _phones(desk, locale, entry, text),
        "line": look.line(entry.key, text) if rules.is_staff(entry.key) else None,
        "found": findings(visit, found),
        "spelt": spelling.speaks(locale),
        "changed": text != entry.text,
    }


def _phones(desk: TextDesk, locale: str, entry: Entry, text: str) -> list[look.Phone]:
    if rules.is_staff(entry.key):
        return []
    try:
        trial = desk.trial(locale, entry.key, text or " ")
        return look.phones(trial, locale, entry.key, desk.checker.limits)
    except MissingTextError:  # its question or button has no text yet
        return []


def findings(visit: Visit, found: Sequence[Found]) -> list[tuple[str, str]]:
    """Level and words, errors first."""
    ordered = sorted(found, key=lambda one: one[0] != "error")
    return [(level, _told(visit, code, params)) for level, code, params in ordered]


def _history(visit: Visit, changes: Sequence[Change], entry: Entry) -> list[dict[str, Any]]:
    """What was said before, newest first; each can be taken up again. What is said now is left out, and nothing."""
    found = [
        {
            "text": change.before,
            "alias": change.alias,
            "at": pages.clock(visit.deps, change.decided_at or change.at, visit.now),
            "id": change.id,
        }
        for change in changes
    ]
    return [one for one in found if one["text"] not in ("", entry.text)]


def _flash(visit: Visit) -> dict[str, Any] | None:
    return pages.flash(visit.request.query_params.get("said", ""))


async def keep(visit: Visit) -> Response:
    """Keep what was typed as a draft, or give it out: ``act`` says which."""
    locale, entry = _entry(visit)
    text, act = await visit.field("text", LONGEST), await visit.field("act", 20)
    if await visit.field("seen", 64) != _seen(entry):
        return _back(locale, entry, "text_moved")
    desk = visit.deps.texts
    if text in ("", entry.text) or (not entry.text and text == desk.base(locale).get(entry.key)):
        return _back(locale, entry, "text_same")
    give = desk.offer if act == "publish" else desk.draft
    return _back(locale, entry, f"text_{await give(locale, entry, text, visit.staff, visit.now)}")


async def put_to_trial(visit: Visit) -> Response:
    """What is typed, on the simulator's phones, at the place in a conversation where it is said."""
    locale, entry = _entry(visit)
    text = await visit.field("text", LONGEST) or entry.text
    if visit.deps.trying is None or not text:
        return _back(locale, entry, "text_no_phones" if text else "text_same")
    if rules.is_staff(entry.key):
        return _back(locale, entry, "text_no_way")
    phones = await visit.deps.trying.put(locale, entry.key, text)
    return _back(locale, entry, "text_no_way") if phones is None else RedirectResponse(address(phones), 303)


async def publish(visit: Visit) -> Response:
    """The second look: publish what somebody else wrote."""
    locale, entry = _entry(visit)
    change = await visit.field("change", 32)
    said = await visit.deps.texts.approve(locale, entry.key, change, visit.staff, visit.now)
    return _back(locale, entry, f"text_{said}")


async def drop(visit: Visit) -> Response:
    """Throw the open draft away."""
    locale, entry = _entry(visit)
    change = await visit.field("change", 32)
    said = await visit.deps.texts.drop(locale, entry.key, change, visit.staff, visit.now)
    return _back(locale, entry, f"text_{said}")


async def go_back(visit: Visit) -> Response:
    """Take a variant's own words away, so that the usual ones are said."""
    locale, entry = _entry(visit)
    if await visit.field("seen", 64) != _seen(entry):
        return _back(locale, entry, "text_moved")
    said = await visit.deps.texts.go_back(locale, entry, visit.staff, visit.now)
    return _back(locale, entry, f"text_{said}")


async def restore(visit: Visit) -> Response:
    """Take up what was said before: it becomes a draft and goes the same way as any other text."""
    locale, entry = _entry(visit)
    wanted = await visit.field("change", 32)
    async with visit.deps.db.read() as conn:
        history = await texts.history(conn, locale, entry.key)
    old = next((change.before for change in history if change.id == wanted), "")
    if not old:
        return _back(locale, entry, "text_gone")
    said = await visit.deps.texts.draft(locale, entry, old, visit.staff, visit.now)
    return _back(locale, entry, f"text_{said}")


def _locale(desk: TextDesk, name: str) -> str:
    if name not in desk.locales():
        raise HTTPException(404)
    return name


def _entry(visit: Visit) -> tuple[str, Entry]:
    desk, params = visit.deps.texts, visit.request.path_params
    locale = _locale(desk, params["locale"])
    entry = desk.entry(locale, params["key"])
    if entry is None:
        raise HTTPException(404)
    return locale, entry


def _seen(entry: Entry) -> str:
    """What the page was made from, so that a change in the meantime is noticed."""
    return hashlib.sha256(entry.text.encode()).hexdigest()[:16]


def _back(locale: str, entry: Entry, said: str) -> Response:
    return RedirectResponse(f"/console/texts/{locale}/{entry.key}?said={said}", 303)
