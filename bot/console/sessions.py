"""Sessions live on the server: 256 random bits in the cookie, only their hash in the database.

A new token at each step, so that one planted beforehand opens nothing. A session ends after a quarter of an
hour in which the person did nothing, after ten hours at most, and at once when the account is disabled. A page
that refreshes itself does not count as a person doing something.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from bot.console.deps import ConsoleDeps
from bot.storage import staff as accounts
from bot.storage.staff import Staff, StoredSession
from bot.vault import Vault

TOKEN_BYTES = 32
DEVICE_DAYS = 90
DAY = 86400
SEEN_EVERY = 30.0  # seconds between two notes of the same person doing something


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """Who is here; ``step`` is ``password`` until the code was right, then ``full``; a first login is ``enrol``."""

    staff: Staff
    step: str
    key: bytes = dataclasses.field(repr=False)


async def resume(deps: ConsoleDeps, request: Request, now: float) -> Session | None:
    """The session of the request's cookie, if it still lives; one that is over is removed."""
    given = token(deps, request)
    if not given:
        return None
    key = _hash(given)
    async with deps.db.read() as conn:
        stored = await accounts.session(conn, key)
        member = None if stored is None else await accounts.get(conn, deps.vault, stored.staff_id)
    if stored is None or member is None:
        return None
    if _over(deps, stored, now) or member.disabled_at is not None:
        async with deps.db.write() as conn:
            await accounts.end_session(conn, key)
        return None
    if active(request) and now - stored.seen_at > SEEN_EVERY:
        async with deps.db.write() as conn:
            await accounts.see_session(conn, key, now)
    return Session(member, stored.step, key)


async def owner(deps: ConsoleDeps, request: Request) -> str | None:
    """Whose session the request's cookie is, or was until it ended: somebody who had passed both factors."""
    given = token(deps, request)
    if not given:
        return None
    async with deps.db.read() as conn:
        stored = await accounts.session(conn, _hash(given))
    return stored.staff_id if stored is not None and stored.step == "full" else None


def active(request: Request) -> bool:
    """True when a person did something; false when the page only refreshed itself."""
    return "auto" not in request.query_params or request.headers.get("x-faro-active") == "1"


def _over(deps: ConsoleDeps, stored: StoredSession, now: float) -> bool:
    longest = {"full": deps.longest, "enrol": deps.enrol}.get(stored.step, deps.half)
    return now - stored.seen_at > deps.idle or now - stored.created_at > longest


async def start(conn: AsyncConnection, member: Staff, step: str, before: Session | None, now: float) -> str:
    """A new session in place of ``before``; its token, which is kept nowhere."""
    if before is not None:
        await accounts.end_session(conn, before.key)
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    await accounts.start_session(conn, _hash(fresh), member.id, step, now)
    return fresh


def token(deps: ConsoleDeps, request: Request) -> str:
    """The session token that the browser sent, or nothing."""
    return request.cookies.get(_name(deps, "faro"), "")


def give(deps: ConsoleDeps, response: Response, value: str) -> None:
    """Put the session token into the browser until it is closed."""
    _set(deps, response, "faro", value, None)


def take(deps: ConsoleDeps, response: Response) -> None:
    """Remove the session token from the browser."""
    _set(deps, response, "faro", "", 0)


def mark_device(deps: ConsoleDeps, response: Response, member: Staff, now: float) -> None:
    """Remember that the device passed both factors of the account: guessing elsewhere will not slow it."""
    stamp = f"{int(now // DAY)}-{secrets.token_hex(16)}"
    value = f"{stamp}.{_device_mac(deps.vault, member, stamp)}"
    _set(deps, response, "faro-device", value, DEVICE_DAYS * DAY)


def known_device(deps: ConsoleDeps, request: Request, member: Staff | None, now: float) -> str:
    """The name of the device if it passed both factors of this account lately; else nothing."""
    stamp, _, mac = request.cookies.get(_name(deps, "faro-device"), "").partition(".")
    day = stamp.partition("-")[0]
    if member is None or not day.isascii() or not day.isdigit() or len(day) > 6:
        return ""
    right = hmac.compare_digest(mac.encode(), _device_mac(deps.vault, member, stamp).encode())
    return stamp if right and 0 <= now // DAY - int(day) <= DEVICE_DAYS else ""


def _device_mac(vault: Vault, member: Staff, stamp: str) -> str:
    # The password's hash is part of it: a reset makes every device unknown.
    return vault.staff_mac("device", f"{member.id}\n{member.password_hash}\n{stamp}").hex()


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _name(deps: ConsoleDeps, name: str) -> str:
    return f"__Host-{name}" if deps.secure else name


def _set(deps: ConsoleDeps, response: Response, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        _name(deps, name), value, max_age, path="/", secure=deps.secure, httponly=True, samesite="strict"
    )
