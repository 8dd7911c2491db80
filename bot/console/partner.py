"""Signing in through a partner's single sign-on: it stands in for the password; the one-time code is asked as ever.

Only an account that exists can be entered, by its login, which then is an e-mail. What is remembered meanwhile
stands in a cookie of ten minutes that only this server can have written; it is not ``Strict``, because the browser
comes back from elsewhere.
"""

from __future__ import annotations

import hmac
import secrets

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import login, pages, sessions
from bot.console.access import Visit
from bot.console.deps import ConsoleDeps
from bot.storage import staff as store
from connectors.base import Attempt, SignInError

log = structlog.get_logger()

SECONDS = 600


async def leave(visit: Visit) -> Response:
    """Off to the partner."""
    deps = visit.deps
    if deps.sign_in is None:
        raise HTTPException(404)
    attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
    try:
        where = await deps.sign_in.leave(attempt)
    except SignInError as error:
        log.warning("partner_failed", reason=str(error))
        return login.refused(visit)
    response = RedirectResponse(where, 303)
    _keep(deps, response, _written(deps, attempt, visit.now), SECONDS)
    return response


async def back(visit: Visit) -> Response:
    """Back from the partner: on to the code, or to the form with a sentence that says nothing of why."""
    deps = visit.deps
    if deps.sign_in is None:
        raise HTTPException(404)
    query = visit.request.query_params
    attempt = _remembered(deps, visit.request.cookies.get(_name(deps), ""), visit.now)
    if attempt is None or not hmac.compare_digest(attempt.state.encode(), query.get("state", "").encode()):
        return _refused(visit, "state")
    try:
        email = await deps.sign_in.come_back(attempt, query.get("code", ""))
    except SignInError as error:
        return _refused(visit, str(error))
    async with deps.db.read() as conn:
        member = await store.by_login(conn, deps.vault, email) if login.LOGIN.fullmatch(email) else None
    if member is None or member.disabled_at is not None or login.lapsed(member, visit.now):
        return _refused(visit, "account")
    async with deps.db.write() as conn:
        token = await sessions.start(conn, member, login.first_step(member), visit.session, visit.now)
    # A page of ours, not a redirect: what follows another site's lead carries no Strict cookie.
    response = pages.render(deps, "partner.html")
    sessions.give(deps, response, token)
    _keep(deps, response, "", 0)
    return response


def _refused(visit: Visit, reason: str) -> Response:
    log.warning("partner_refused", reason=reason)
    response = login.refused(visit)
    _keep(visit.deps, response, "", 0)
    return response


def _written(deps: ConsoleDeps, attempt: Attempt, now: float) -> str:
    kept = ".".join((str(int(now)), attempt.state, attempt.nonce, attempt.verifier))
    return f"{kept}.{_mac(deps, kept)}"


def _remembered(deps: ConsoleDeps, cookie: str, now: float) -> Attempt | None:
    """The attempt that this browser left with, if it was lately and nobody changed it."""
    kept, _, mac = cookie.rpartition(".")
    at, *rest = kept.split(".")
    if not hmac.compare_digest(mac.encode(), _mac(deps, kept).encode()) or len(rest) != 3:
        return None
    return Attempt(*rest) if now - int(at) < SECONDS else None


def _mac(deps: ConsoleDeps, kept: str) -> str:
    return deps.vault.staff_mac("partner", kept).hex()


def _name(deps: ConsoleDeps) -> str:
    return "__Host-faro-partner" if deps.secure else "faro-partner"


def _keep(deps: ConsoleDeps, response: Response, value: str, max_age: int) -> None:
    response.set_cookie(
        _name(deps), value, max_age, path="/", secure=deps.secure, httponly=True, samesite="lax"
    )
