"""Outermost around every page: cross-site requests are refused, every answer carries the safe headers.

That includes 404 and 500: an error inside becomes a plain page here and a line in the log without its words.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in POLICY.items()),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
STRICT_TRANSPORT = "max-age=31536000"

STORE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, OSError)

ErrorPage = Callable[[Request, int], Response]


def same_origin(headers: Headers, scheme: str) -> bool:
    """True only if the browser says that the request comes from our own page.

    ``Sec-Fetch-Site`` decides where it is sent. Beside it an ``Origin`` must be ours or ``null``, which is what
    our own forms send because the pages say no-referrer. Alone, an ``Origin`` must be ours. With neither header
    nothing proves where the request comes from, and it is refused.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = f"{scheme}://{headers.get('host', '')}"
    if site is None:
        return origin == ours
    return site == "same-origin" and origin in (None, "null", ours)


class Protection:
    """Wraps the console's application; ``error_page(request, status)`` makes the page for a refusal or error."""

    def __init__(self, app: ASGIApp, error_page: ErrorPage, *, secure: bool) -> None:
        self._app = app
        self._error_page = error_page
        self._headers = {**HEADERS, **({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})}
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        scope.setdefault("app", self)  # or the router answers in plain text of its own
        request = Request(scope)
        scheme = "https" if self._secure else request.url.scheme  # a proxy in front may speak http with us
        if request.method not in SAFE_METHODS and not same_origin(request.headers, scheme):
            log.warning("console_cross_site_refused")
            await self._error_page(request, 403)(scope, receive, guarded)
            return
        await self._answer(request, receive, guarded, lambda: started)

    async def _answer(
        self, request: Request, receive: Receive, send: Send, started: Callable[[], bool]
    ) -> None:
        scope = request.scope
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            log.exception("console_failed", reason=type(error).__name__)
            if started():  # half an answer is out: only breaking it off is honest
                raise
            status = 503 if isinstance(error, STORE_AWAY) else 500
            await self._error_page(request, status)(scope, receive, send)
