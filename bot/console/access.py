"""Who may do what, as data: roles × permissions, and for every route the permission it needs.

Deny by default: a route without a row here does not start. A role that lacks the permission, an unknown page
and a case that is not one's own get the same answer, so that nobody learns what exists.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from urllib.parse import quote, urlencode

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import language, pages, sessions
from bot.console.deps import ConsoleDeps
from bot.console.sessions import Session
from bot.console.strip import strip
from bot.storage import cases, drafts
from bot.storage import staff as accounts
from bot.storage.cases import Case
from bot.storage.staff import Staff

# Permission → roles. Editors and administrators never see a case.
PERMISSIONS: dict[str, frozenset[str]] = {
    "queue.read": frozenset({"responder", "supervisor"}),
    "case.bulk": frozenset({"supervisor"}),
    "case.read": frozenset({"responder", "supervisor"}),
    "case.claim": frozenset({"responder", "supervisor"}),
    "case.answer": frozenset({"responder", "supervisor"}),
    "case.note": frozenset({"responder", "supervisor"}),
    "case.move": frozenset({"responder", "supervisor"}),
    "case.thread": frozenset({"responder", "supervisor"}),
    "reveal.ask": frozenset({"responder", "supervisor"}),
    "reveal.grant": frozenset({"supervisor"}),
    "rota.read": frozenset({"responder", "supervisor"}),
    "rota.edit": frozenset({"supervisor"}),
    "duty.pause": frozenset({"responder", "supervisor"}),
    "stats.read": frozenset({"supervisor", "editor", "admin"}),
    "training.use": frozenset({"responder", "supervisor"}),
    "stats.export": frozenset({"supervisor", "admin"}),
    "staff.read": frozenset({"supervisor", "admin"}),
    "staff.disable": frozenset({"admin"}),
    "staff.edit": frozenset({"admin"}),
    "texts.read": frozenset({"editor", "supervisor"}),
    "texts.edit": frozenset({"editor"}),
    "texts.publish": frozenset({"editor", "supervisor"}),
    "phrases.read": frozenset({"editor", "supervisor"}),
    "phrases.edit": frozenset({"editor"}),
    "phrases.publish": frozenset({"editor", "supervisor"}),
}
ROLES = ("responder", "supervisor", "editor", "admin")

# Needs no permission: ``anyone``; the password was right, the code is due: ``half``; the one-time password was right,
# an own one and an authenticator are due: ``enrol``; signed in: ``staff``.
STEPS = frozenset({"anyone", "half", "enrol", "staff"})

RULES: dict[str, str] = {
    "GET /console/static/{name}": "anyone",
    "GET /console/login": "anyone",
    "POST /console/login": "anyone",
    "GET /console/login/partner": "anyone",
    "GET /console/login/partner/back": "anyone",
    "GET /console/login/code": "half",
    "POST /console/login/code": "half",
    "GET /console/login/first": "enrol",
    "POST /console/login/first": "enrol",
    "GET /console/login/authenticator": "enrol",
    "POST /console/login/authenticator": "enrol",
    "POST /console/logout": "anyone",
    "GET /console": "staff",
    "GET /console/live": "queue.read",
    "POST /console/views": "queue.read",
    "POST /console/views/{view}/drop": "queue.read",
    "POST /console/many": "case.bulk",
    "GET /console/cases/{case}": "case.read",
    "GET /console/cases/{case}/thread": "case.thread",
    "GET /console/cases/{case}/voice/{note}": "case.thread",
    "POST /console/cases/{case}/claim": "case.claim",
    "POST /console/cases/{case}/release": "case.move",
    "POST /console/cases/{case}/transfer": "case.move",
    "POST /console/cases/{case}/close": "case.move",
    "POST /console/cases/{case}/reopen": "case.move",
    "POST /console/cases/{case}/reply": "case.answer",
    "POST /console/cases/{case}/look": "case.answer",
    "POST /console/cases/{case}/retry": "case.answer",
    "POST /console/cases/{case}/note": "case.note",
    "POST /console/cases/{case}/note/keep": "case.note",
    "GET /console/cases/{case}/reveal": "reveal.ask",
    "POST /console/cases/{case}/reveal": "reveal.ask",
    "POST /console/cases/{case}/reveal/show": "reveal.ask",
    "GET /console/reveals": "reveal.grant",
    "POST /console/reveals/{reveal}/grant": "reveal.grant",
    "POST /console/reveals/{reveal}/refuse": "reveal.grant",
    "GET /console/alerts": "queue.read",
    "GET /console/rota": "rota.read",
    "POST /console/rota/shifts": "rota.edit",
    "POST /console/rota/shifts/{shift}/remove": "rota.edit",
    "POST /console/pause": "duty.pause",
    "POST /console/back": "duty.pause",
    "GET /console/training": "training.use",
    "POST /console/training": "training.use",
    "GET /console/training/{drill}": "training.use",
    "POST /console/training/{drill}/reply": "training.use",
    "POST /console/training/{drill}/end": "training.use",
    "GET /console/stats": "stats.read",
    "POST /console/stats/export": "stats.export",
    "GET /console/staff": "staff.read",
    "POST /console/staff": "staff.edit",
    "POST /console/staff/reset": "staff.edit",
    "POST /console/staff/{member}": "staff.edit",
    "POST /console/staff/{member}/disable": "staff.disable",
    "GET /console/me": "staff",
    "POST /console/me/password": "staff",
    "POST /console/me/codes": "staff",
    "POST /console/me/sessions": "staff",
    "POST /console/me/language": "staff",
    "POST /console/me/push": "queue.read",
    "POST /console/me/push/{device}/drop": "queue.read",
    "GET /console/texts": "texts.read",
    "GET /console/texts/flow": "texts.read",
    "GET /console/texts/exchange": "texts.edit",
    "GET /console/texts/export": "texts.edit",
    "POST /console/texts/import": "texts.edit",
    "POST /console/texts/drafts": "texts.edit",
    "GET /console/texts/{locale}/{key}": "texts.read",
    "POST /console/texts/{locale}/{key}": "texts.edit",
    "POST /console/texts/{locale}/{key}/look": "texts.edit",
    "POST /console/texts/{locale}/{key}/try": "texts.edit",
    "POST /console/texts/{locale}/{key}/publish": "texts.publish",
    "POST /console/texts/{locale}/{key}/drop": "texts.edit",
    "POST /console/texts/{locale}/{key}/restore": "texts.edit",
    "POST /console/texts/{locale}/{key}/back": "texts.edit",
    "POST /console/texts/{locale}/{key}/trial": "texts.edit",
    "POST /console/texts/{locale}/{key}/trial/publish": "texts.publish",
    "GET /console/phrases": "phrases.read",
    "GET /console/phrases/new": "phrases.edit",
    "POST /console/phrases/new": "phrases.edit",
    "POST /console/phrases/dismiss": "phrases.edit",
    "POST /console/phrases/changes/{change}/publish": "phrases.publish",
    "POST /console/phrases/changes/{change}/drop": "phrases.edit",
    "POST /console/phrases/changes/{change}/undo": "phrases.edit",
    "GET /console/phrases/model": "phrases.read",
    "POST /console/phrases/model": "phrases.edit",
    "POST /console/phrases/model/{rehearsal}/publish": "phrases.edit",
    "POST /console/phrases/model/{rehearsal}/undo": "phrases.edit",
}

# Forms whose words are kept when the session ended meanwhile: the field they are in, and what kind of draft they are.
KEEPS = {
    "POST /console/cases/{case}/reply": ("text", "reply"),
    "POST /console/cases/{case}/look": ("text", "reply"),
    "POST /console/cases/{case}/note": ("text", "note"),
    "POST /console/cases/{case}/note/keep": ("text", "note"),
    "POST /console/cases/{case}/transfer": ("note", "note"),
    "POST /console/cases/{case}/close": ("note", "note"),
    "POST /console/cases/{case}/reveal": ("note", "note"),
}

# Other forms that somebody writes in: their fields with words. When the session ended meanwhile, all that the form
# brought comes back with the answer, to be sent again by whoever has logged in.
RETURNS: dict[str, tuple[str, ...]] = {
    "POST /console/views": ("name",),
    "POST /console/many": ("note",),
    "POST /console/rota/shifts": ("starts", "ends"),
    "POST /console/pause": ("note",),
    "POST /console/training/{drill}/reply": ("text",),
    "POST /console/texts/drafts": (),
    "POST /console/texts/{locale}/{key}": ("text",),
    "POST /console/texts/{locale}/{key}/look": ("text",),
    "POST /console/texts/{locale}/{key}/try": ("text",),
    "POST /console/phrases/new": ("text",),
}

# What each role finds in the bar, and where it lands: the first one.
PAGES = (
    ("queue", "/console", "queue.read"),
    ("closed", "/console?view=closed", "queue.read"),
    ("rota", "/console/rota", "rota.read"),
    ("reveals", "/console/reveals", "reveal.grant"),
    ("texts", "/console/texts", "texts.read"),
    ("phrases", "/console/phrases", "phrases.edit"),
    ("training", "/console/training", "training.use"),
    ("staff", "/console/staff", "staff.read"),
    ("stats", "/console/stats", "stats.read"),
)

ID = re.compile(r"[0-9a-f]{32}")
CONTROL = ("Cc", "Cs")  # what no channel takes and no database keeps


@dataclasses.dataclass(frozen=True, slots=True)
class Visit:
    """One request that passed its rule. ``session`` is None only on pages for anyone.

    ``deps`` speaks the visitor's language.
    """

    request: Request
    deps: ConsoleDeps
    session: Session | None
    now: float

    @property
    def staff(self) -> Staff:
        """Who is here; only on pages that need a session."""
        if self.session is None:
            raise HTTPException(404)
        return self.session.staff

    def may(self, permission: str) -> bool:
        return self.staff.role in PERMISSIONS[permission]

    async def field(self, name: str, limit: int = 20_000) -> str:
        """A form field as text without control characters, cut at ``limit``; empty when it is absent."""
        value = await self.raw(name)
        plain = (
            c for c in value.replace("\r\n", "\n") if c in "\n\t" or unicodedata.category(c) not in CONTROL
        )
        return "".join(plain).strip()[:limit]

    async def fields(self, name: str) -> list[str]:
        """Every value of a form field that may be there several times."""
        await self.raw(name)  # reads the form, and refuses a broken one
        return [value for value in (await self.request.form()).getlist(name) if isinstance(value, str)]

    async def raw(self, name: str) -> str:
        """A form field exactly as it came; empty when it is absent or a file."""
        try:
            value = (await self.request.form()).get(name, "")
        except MultiPartException:
            raise HTTPException(400) from None
        return value if isinstance(value, str) else ""

    async def file(self, name: str) -> bytes:
        """What a file field of the form holds; empty when none was chosen."""
        await self.raw(name)
        value = (await self.request.form()).get(name)
        if not isinstance(value, UploadFile):
            return b""
        try:
            return await value.read()
        finally:
            await value.close()

    async def page(self, template: str, here: str = "", *, status: int = 200, **values: Any) -> Response:
        """A page with the bar and what waits on top; a notice is what the address asks for unless ``flash`` is given."""
        bar = [{"name": name, "href": href, "here": name == here} for name, href in pages_of(self.staff)]
        values.setdefault("flash", pages.flash(self.request.query_params.get("said", "")))
        frame: dict[str, Any] = {
            "me": self.staff,
            "nav": bar,
            "may": {name for name in PERMISSIONS if self.may(name)},
            "languages": language.others(self.deps),
            "address": self._address(),
            "strip": await self.strip() if self.may("queue.read") else None,
        }
        return pages.render(self.deps, template, status=status, **frame, **values)

    async def strip(self) -> dict[str, Any]:
        """What stands on top of the page of whoever may read the queue."""
        return await strip(self.deps, self.staff, self.now, grants=self.may("reveal.grant"))

    def _address(self) -> str:
        """Where this page is read again; the answer to a form cannot be, its notice need not."""
        if self.request.method != "GET":
            return "/console"
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != "said"]
        path = quote(self.request.url.path)
        return f"{path}?{urlencode(kept)}" if kept else path

    def id(self, name: str) -> str:
        """An id from the address; anything that cannot be one is an unknown page."""
        value: str = self.request.path_params[name]
        if not ID.fullmatch(value):
            raise HTTPException(404)
        return value


View = Callable[[Visit], Awaitable[Response]]
Gap = Literal["login", "code", "first", "inside", "hidden"]
# Session that is under way → the rule that it passes, and where it goes on.
UNDER_WAY: dict[str, tuple[str, Gap]] = {"password": ("half", "code"), "enrol": ("enrol", "first")}
WAYS = {"code": "/console/login/code", "first": "/console/login/first", "inside": "/console"}


def missing(rule: str, session: Session | None) -> Gap | None:
    """What stands between a session and a page: to log in, to go on with it, or it is not theirs to see."""
    if rule == "anyone":
        return None
    if session is None:
        return "login"
    if session.step in UNDER_WAY:
        passes, gap = UNDER_WAY[session.step]
        return None if rule == passes else gap
    if rule in ("half", "enrol"):
        return "inside"
    return None if rule == "staff" or session.staff.role in PERMISSIONS[rule] else "hidden"


def guarded(
    deps: ConsoleDeps,
    rule: str,
    view: View,
    keeps: tuple[str, str] | None = None,
    returns: Sequence[str] | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """``view`` behind its rule. Raises ``LookupError`` at start for a rule that nobody wrote down.

    ``keeps``: the words in this field become a draft of this kind when the session ended while they were written;
    ``returns``: those in these fields are given back.
    """
    if rule not in STEPS and rule not in PERMISSIONS:
        raise LookupError(f"no permission is called {rule}")

    async def endpoint(request: Request) -> Response:
        now = deps.clock()
        writer = await sessions.owner(deps, request) if keeps else None
        session = await sessions.resume(deps, request, now)
        spoken = language.speaking(deps, request, session.staff if session is not None else None)
        gap = missing(rule, session)
        if gap == "hidden":
            raise HTTPException(404)
        if gap is not None:
            kept = False
            if writer is not None and keeps is not None:
                kept = await _keep(Visit(request, deps, None, now), writer, *keeps)
            if gap == "login" and returns is not None and sessions.token(deps, request):
                return await _give_back(Visit(request, spoken, None, now), returns)
            return _to_login(deps, request, gap, "kept" if kept else "expired")
        return await view(Visit(request, spoken, session, now))

    return endpoint


async def _keep(visit: Visit, writer: str, field: str, kind: str) -> bool:
    """Keep what was being written for when they are back; only beside a case that they may open."""
    deps, case_id, text = visit.deps, visit.id("case"), await visit.field(field)
    async with deps.db.write() as conn:
        case = await cases.get(conn, deps.vault, case_id)
        member = await accounts.get(conn, deps.vault, writer)
        if case is None or member is None or member.disabled_at is not None or not may_open(member, case):
            return False
        await drafts.keep(conn, deps.vault, case_id, writer, kind, text, visit.now)
    return bool(text)


async def _give_back(visit: Visit, fields: Sequence[str]) -> Response:
    """The form as it came, to be sent again after a log-in; one that a page sent by itself stays where it is."""
    if "hx-request" in visit.request.headers:
        return Response(status_code=401)
    words = [text for name in fields if (text := await visit.field(name))]
    form = await visit.request.form()
    brought = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return pages.render(
        visit.deps, "ended.html", status=401, words=words, brought=brought, action=visit.request.url.path
    )


def _to_login(deps: ConsoleDeps, request: Request, gap: Gap, said: str) -> Response:
    """The way in. A page that refreshes itself is told to leave, or it would show the form inside itself."""
    expired = f"?said={said}" if sessions.token(deps, request) else ""
    target = WAYS.get(gap, f"/console/login{expired}")
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def pages_of(staff: Staff) -> list[tuple[str, str]]:
    """Name and address of the pages in the bar of ``staff``."""
    return [(name, href) for name, href, permission in PAGES if staff.role in PERMISSIONS[permission]]


def may_open(staff: Staff, case: Case) -> bool:
    """Supervisors open every case; responders what waits, what is or was theirs, and what holds nothing any more."""
    return staff.role == "supervisor" or case.state == "waiting" or case.claimed_by == staff.id or case.erased
