"""Log in: password, then a one-time code (or a recovery code); log out. A first login goes on in ``enrol``.

An unknown login, a disabled account and a wrong password get the same answer after the same work.
"""

from __future__ import annotations

import hmac
import re

import pyotp
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from bot import audit
from bot.console import accounts, pages, passwords, sessions, throttle
from bot.console.access import Visit
from bot.console.throttle import Subjects
from bot.storage import staff as store
from bot.storage.staff import Staff

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
STEP_SECONDS, CODE_DIGITS = 30, 6
DRIFT = (0, -1, 1)  # a phone's clock may be one step off

checks = passwords.Checks()


async def form(visit: Visit) -> Response:
    """The login form."""
    said = visit.request.query_params.get("said", "")
    return _form(visit, notice=said if said in ("expired", "kept", "out") else "")


async def password(visit: Visit) -> Response:
    """Check login and password; on to the code."""
    deps = visit.deps
    login = (await visit.field("login", 64)).lower()
    given = await visit.raw("password")
    async with deps.db.read() as conn:
        member = await store.by_login(conn, deps.vault, login) if LOGIN.fullmatch(login) else None
    if member is not None and member.disabled_at is not None:
        member = None
    device = sessions.known_device(deps, visit.request, member, visit.now)
    if seconds := await throttle.take(deps, subjects(visit, login, device), visit.now):
        return _form(visit, problem="slow", seconds=seconds)
    kept = None if member is None else member.password_hash
    right = await checks.matches(kept, given[:256])
    if member is None or not right:
        return _form(visit, problem="wrong")
    if lapsed(member, visit.now):
        return _form(visit, problem="lapsed")
    async with deps.db.write() as conn:
        fresh = await sessions.start(conn, member, first_step(member), visit.session, visit.now)
    response = RedirectResponse(f"/console/login/{'first' if member.enrolment else 'code'}", 303)
    sessions.give(deps, response, fresh)
    return response


def first_step(member: Staff) -> str:
    """What a session begins as when its password was right."""
    return "enrol" if member.enrolment else "password"


def lapsed(member: Staff, now: float) -> bool:
    """True when the first login was not done in time."""
    return member.enrol_until is not None and member.enrol_until <= now


def _form(visit: Visit, *, problem: str = "", notice: str = "", seconds: int = 0) -> Response:
    status = {"": 200, "wrong": 401, "slow": 429, "partner": 403, "lapsed": 403}[problem]
    headers = {"Retry-After": str(seconds)} if seconds else None
    return pages.render(
        visit.deps,
        "login.html",
        status=status,
        headers=headers,
        problem=problem,
        notice=notice,
        seconds=seconds,
        partner=visit.deps.sign_in is not None,
    )


def refused(visit: Visit) -> Response:
    """The login form after a single sign-on that did not come about."""
    return _form(visit, problem="partner")


async def code_form(visit: Visit) -> Response:
    """The form for the code."""
    return _code_form(visit)


async def code(visit: Visit) -> Response:
    """Check the code, once; the session becomes a full one with a new token."""
    deps, member = visit.deps, visit.staff
    given = (await visit.field("code", 64)).replace(" ", "")
    device = sessions.known_device(deps, visit.request, member, visit.now)
    guessing = subjects(visit, member.login, device)
    if seconds := await throttle.take(deps, guessing, visit.now):
        return _code_form(visit, "console.login.slow", 429, seconds)
    async with deps.db.write() as conn:
        act = await spend(visit, conn, member, given)
        if act:
            fresh = await sessions.start(conn, member, "full", visit.session, visit.now)
            await audit.append(conn, deps.vault, member.id, act, member.id, visit.now)
        else:
            fresh = ""
            await audit.append(conn, deps.vault, member.id, "login.code_refused", member.id, visit.now)
    if not fresh:
        return _code_form(visit, "console.code.wrong", 401)
    await throttle.forget(deps, guessing)
    response = RedirectResponse("/console", 303)
    sessions.give(deps, response, fresh)
    sessions.mark_device(deps, response, member, visit.now)
    return response


def _code_form(visit: Visit, problem: str = "", status: int = 200, seconds: int = 0) -> Response:
    headers = {"Retry-After": str(seconds)} if seconds else None
    return pages.render(
        visit.deps, "code.html", status=status, headers=headers, problem=problem, seconds=seconds
    )


async def spend(visit: Visit, conn: AsyncConnection, member: Staff, given: str) -> str:
    """Use up the code; the act to record, or nothing when it is wrong or was used."""
    if len(given) == CODE_DIGITS and given.isascii() and given.isdigit():
        step = step_of(member.totp_secret, given, visit.now)
        return "login" if step and await store.use_totp_step(conn, member.id, step) else ""
    mac = accounts.recovery_mac(visit.deps.vault, member.id, given)
    return "login.recovery" if await store.use_recovery_code(conn, member.id, mac, visit.now) else ""


def step_of(secret: str, given: str, now: float) -> int:
    """The time step that the code belongs to; 0 when it belongs to none that counts now."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    here = int(now // STEP_SECONDS)
    found = 0
    for step in (here + drift for drift in DRIFT):
        if hmac.compare_digest(totp.generate_otp(step), given):
            found = step
    return found


async def out(visit: Visit) -> Response:
    """End the session, here and on the server."""
    if visit.session is not None:
        async with visit.deps.db.write() as conn:
            await store.end_session(conn, visit.session.key)
            await audit.append(conn, visit.deps.vault, visit.staff.id, "logout", visit.staff.id, visit.now)
    response = RedirectResponse("/console/login?said=out", 303)
    sessions.take(visit.deps, response)
    return response


def subjects(visit: Visit, login: str, device: str) -> Subjects:
    client = visit.request.client
    return Subjects.of(login, client.host if client else "", device)
