"""A first login: the one-time password opens only these pages. An own password, then an authenticator, then in.

What is done is kept: whoever comes back before it is over logs in with the own password and goes on with the
authenticator. Recovery codes are on the last answer, once.
"""

from __future__ import annotations

import anyio.to_thread
import pyotp
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import accounts, login, pages, passwords, qr, sessions, throttle
from bot.console.access import Visit
from bot.storage import staff as store

FIRST, AUTHENTICATOR = "/console/login/first", "/console/login/authenticator"
ISSUER = "Faro"
GROUP = 4  # letters of the secret that are read at once


async def first(visit: Visit) -> Response:
    """The form for an own password."""
    if visit.staff.enrolment != "password":
        return RedirectResponse(AUTHENTICATOR, 303)
    return _first(visit)


def _first(visit: Visit, problem: str = "") -> Response:
    return pages.render(
        visit.deps,
        "first.html",
        status=422 if problem else 200,
        problem=problem,
        login=visit.staff.login,
        alias=visit.staff.alias,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )


async def choose(visit: Visit) -> Response:
    """Fields ``fresh`` and ``again``: the own password; the one-time password opens nothing any more."""
    deps, member = visit.deps, visit.staff
    fresh, again = [await visit.raw(name) for name in ("fresh", "again")]
    if weak := passwords.weakness(fresh, member.login, member.alias):
        return _first(visit, f"console.me.password.{weak}")
    if fresh != again:
        return _first(visit, "console.me.password.differ")
    if await login.checks.matches(member.password_hash, fresh):
        return _first(visit, "console.first.same")
    digest = await anyio.to_thread.run_sync(passwords.digest, fresh)
    async with deps.db.write() as conn:
        if await store.choose_password(conn, member.id, digest):
            await audit.append(conn, deps.vault, member.id, "staff.password", member.id, visit.now)
        token = await sessions.start(conn, member, "enrol", visit.session, visit.now)
    response = RedirectResponse(AUTHENTICATOR, 303)
    sessions.give(deps, response, token)
    return response


async def authenticator(visit: Visit) -> Response:
    """The secret, as a picture and as letters, and the form for the first code."""
    if visit.staff.enrolment == "password":
        return RedirectResponse(FIRST, 303)
    return _authenticator(visit)


def _authenticator(visit: Visit, problem: str = "") -> Response:
    member = visit.staff
    uri = pyotp.TOTP(member.totp_secret).provisioning_uri(name=member.login, issuer_name=ISSUER)
    secret = member.totp_secret
    return pages.render(
        visit.deps,
        "authenticator.html",
        status=401 if problem else 200,
        problem=problem,
        uri=uri,
        qr=qr.draw(uri),
        groups=[secret[at : at + GROUP] for at in range(0, len(secret), GROUP)],
    )


async def confirm(visit: Visit) -> Response:
    """Field ``code``: the first one of the authenticator. Recovery codes, on this one answer, and a session."""
    deps, member = visit.deps, visit.staff
    if member.enrolment == "password":
        return RedirectResponse(FIRST, 303)
    given = (await visit.field("code", 64)).replace(" ", "")
    step = login.step_of(member.totp_secret, given, visit.now)
    if not step:
        return _authenticator(visit, "console.first.code.wrong")
    async with deps.db.write() as conn:
        if not await store.end_enrolment(conn, member.id):  # a second tab was quicker
            return RedirectResponse("/console", 303)
        await store.use_totp_step(conn, member.id, step)
        codes = await accounts.renew_codes(conn, deps.vault, member, visit.now, "staff.enrolled")
        token = await sessions.start(conn, member, "full", visit.session, visit.now)
    await throttle.forget(deps, login.subjects(visit, member.login, ""))
    response = pages.render(deps, "recovery.html", codes=codes)
    sessions.give(deps, response, token)
    sessions.mark_device(deps, response, member, visit.now)
    return response
