"""The staff console as routes for the gateway: every page behind its rule, everything behind ``Protection``."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console import (
    access,
    alerts,
    case,
    enrol,
    exchange,
    flow,
    language,
    live,
    login,
    me,
    pages,
    partner,
    passwords,
    phrases,
    push,
    queue,
    rehearsals,
    reply,
    reveal,
    rota,
    staff,
    stats,
    texts,
    thread,
    training,
    trials,
    views,
)
from bot.console.access import View, Visit
from bot.console.deps import ConsoleDeps
from bot.console.protection import Protection

__all__ = ["ConsoleDeps", "application", "build"]

STATIC = Path(__file__).with_name("static")
MAX_BODY = 64 * 1024
MAX_FILE = 1024 * 1024
TAKES_FILES = frozenset({"/console/texts/import", "/console/texts/drafts"})
WORDS_FOR = frozenset({400, 403, 404, 405, 409, 413, 500, 503})


def build(deps: ConsoleDeps) -> list[BaseRoute]:
    """What the gateway mounts: ``/console`` and everything below it, any method."""
    app = application(deps)
    return [Route("/console", app), Route("/console/{rest:path}", app)]


def application(deps: ConsoleDeps) -> Protection:
    """The console alone. Raises ``LookupError`` for a page without a rule or a rule without a page."""
    passwords.nobody()
    unknown = request_response(
        access.guarded(deps, "anyone", _unknown)
    )  # in the language of whoever is logged in
    router = Router(routes(deps), redirect_slashes=False, default=unknown)

    def page(request: Request, status: int) -> Response:
        known = status if status in WORDS_FOR else 400
        spoken = language.for_errors(deps, request)
        return pages.render(spoken, "error.html", status=status, problem=known)

    async def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        answer = page(request, status)
        if isinstance(error, HTTPException) and error.headers:
            answer.headers.update(error.headers)
        return answer

    inner: ASGIApp = ExceptionMiddleware(router, handlers={HTTPException: refuse})
    small, large = (RequestBodyLimitMiddleware(inner, most) for most in (MAX_BODY, MAX_FILE))

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        await (large if scope.get("path") in TAKES_FILES else small)(scope, receive, send)

    return Protection(bounded, page, secure=deps.secure)


def routes(deps: ConsoleDeps) -> list[Route]:
    """Every page, in the order of ``access.RULES``."""
    missing = set(VIEWS) ^ set(access.RULES)
    if missing:
        raise LookupError(f"page and rule do not match: {', '.join(sorted(missing))}")
    made = []
    for name, rule in access.RULES.items():
        method, path = name.split(" ")
        endpoint: Callable[[Request], Awaitable[Response]] = access.guarded(
            deps, rule, VIEWS[name], access.KEEPS.get(name), access.RETURNS.get(name)
        )
        made.append(Route(path, endpoint, methods=[method]))
    return made


async def _unknown(_: Visit) -> Response:
    raise HTTPException(404)


async def _static(visit: Visit) -> Response:
    content = _FILES.get(visit.request.path_params["name"])
    if content is None:
        raise HTTPException(404)
    return Response(content[0], media_type=content[1])


def _file(path: Path) -> tuple[bytes, str]:
    return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"


_FILES = {path.name: _file(path) for path in STATIC.iterdir() if path.suffix in (".css", ".js", ".svg")}

VIEWS: dict[str, View] = {
    "GET /console/static/{name}": _static,
    "GET /console/login": login.form,
    "POST /console/login": login.password,
    "GET /console/login/partner": partner.leave,
    "GET /console/login/partner/back": partner.back,
    "GET /console/login/code": login.code_form,
    "POST /console/login/code": login.code,
    "GET /console/login/first": enrol.first,
    "POST /console/login/first": enrol.choose,
    "GET /console/login/authenticator": enrol.authenticator,
    "POST /console/login/authenticator": enrol.confirm,
    "POST /console/logout": login.out,
    "GET /console": queue.home,
    "GET /console/live": live.stream,
    "POST /console/views": views.keep,
    "POST /console/views/{view}/drop": views.drop,
    "POST /console/many": views.many,
    "GET /console/cases/{case}": case.page,
    "GET /console/cases/{case}/thread": thread.page,
    "GET /console/cases/{case}/voice/{note}": thread.voice,
    "POST /console/cases/{case}/claim": case.claim,
    "POST /console/cases/{case}/release": case.release,
    "POST /console/cases/{case}/transfer": case.transfer,
    "POST /console/cases/{case}/close": case.close,
    "POST /console/cases/{case}/reopen": case.reopen,
    "POST /console/cases/{case}/reply": reply.send,
    "POST /console/cases/{case}/look": reply.look,
    "POST /console/cases/{case}/retry": reply.retry,
    "POST /console/cases/{case}/note": case.note,
    "POST /console/cases/{case}/note/keep": case.keep,
    "GET /console/cases/{case}/reveal": reveal.page,
    "POST /console/cases/{case}/reveal": reveal.ask,
    "POST /console/cases/{case}/reveal/show": reveal.show,
    "GET /console/reveals": reveal.waiting,
    "POST /console/reveals/{reveal}/grant": reveal.grant,
    "POST /console/reveals/{reveal}/refuse": reveal.refuse,
    "GET /console/alerts": alerts.page,
    "GET /console/rota": rota.page,
    "POST /console/rota/shifts": rota.add,
    "POST /console/rota/shifts/{shift}/remove": rota.remove,
    "POST /console/pause": rota.pause,
    "POST /console/back": rota.back,
    "GET /console/training": training.home,
    "POST /console/training": training.start,
    "GET /console/training/{drill}": training.page,
    "POST /console/training/{drill}/reply": training.reply,
    "POST /console/training/{drill}/end": training.end,
    "GET /console/stats": stats.page,
    "POST /console/stats/export": stats.export,
    "GET /console/staff": staff.page,
    "POST /console/staff": staff.create,
    "POST /console/staff/reset": staff.reset,
    "POST /console/staff/{member}": staff.edit,
    "POST /console/staff/{member}/disable": staff.disable,
    "GET /console/me": me.page,
    "POST /console/me/password": me.password,
    "POST /console/me/codes": me.codes,
    "POST /console/me/sessions": me.leave,
    "POST /console/me/language": me.language,
    "POST /console/me/push": push.add,
    "POST /console/me/push/{device}/drop": push.drop,
    "GET /console/texts": texts.home,
    "GET /console/texts/flow": flow.page,
    "GET /console/texts/exchange": exchange.page,
    "GET /console/texts/export": exchange.export,
    "POST /console/texts/import": exchange.bring,
    "POST /console/texts/drafts": exchange.keep,
    "GET /console/texts/{locale}/{key}": texts.page,
    "POST /console/texts/{locale}/{key}": texts.keep,
    "POST /console/texts/{locale}/{key}/look": texts.looks,
    "POST /console/texts/{locale}/{key}/try": texts.put_to_trial,
    "POST /console/texts/{locale}/{key}/publish": texts.publish,
    "POST /console/texts/{locale}/{key}/drop": texts.drop,
    "POST /console/texts/{locale}/{key}/restore": texts.restore,
    "POST /console/texts/{locale}/{key}/back": texts.go_back,
    "POST /console/texts/{locale}/{key}/trial": trials.change,
    "POST /console/texts/{locale}/{key}/trial/publish": trials.publish,
    "GET /console/phrases": phrases.home,
    "GET /console/phrases/new": phrases.form,
    "POST /console/phrases/new": phrases.add,
    "POST /console/phrases/dismiss": phrases.dismiss,
    "POST /console/phrases/changes/{change}/publish": phrases.publish,
    "POST /console/phrases/changes/{change}/drop": phrases.drop,
    "POST /console/phrases/changes/{change}/undo": phrases.undo,
    "GET /console/phrases/model": rehearsals.page,
    "POST /console/phrases/model": rehearsals.begin,
    "POST /console/phrases/model/{rehearsal}/publish": rehearsals.publish,
    "POST /console/phrases/model/{rehearsal}/undo": rehearsals.undo,
}
