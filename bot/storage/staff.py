"""Staff accounts, their recovery codes, sessions, and attempts to log in."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import devices
from bot.storage.tables import login_attempts, push_devices, recovery_codes, sessions, staff
from bot.vault import Vault

ROLES = ("responder", "supervisor", "editor", "admin")


@dataclasses.dataclass(frozen=True, slots=True)
class Staff:
    """One account. ``alias`` is what the chatter sees; ``totp_secret`` is base32."""

    id: str
    login: str
    role: str
    alias: str
    password_hash: str = dataclasses.field(repr=False)
    totp_secret: str = dataclasses.field(repr=False)
    totp_last_step: int
    disabled_at: float | None
    created_at: float
    departments: str = ""
    paused_at: float | None = None
    alerted: bool = False  # has an address for alerts, or a browser that is told
    locale: str = ""  # the language of their pages; empty: what their browser asks for
    enrolment: str = (
        ""  # of the first login still due: ``password`` (then the code), ``code``; empty: nothing
    )
    enrol_until: float | None = None  # the first login must be done by then


@dataclasses.dataclass(frozen=True, slots=True)
class StoredSession:
    """A session by its token's hash; ``step`` is ``password`` until the code was right, then ``full``.

    It is ``enrol`` instead while a first login is under way.
    """

    token_hash: bytes = dataclasses.field(repr=False)
    staff_id: str
    step: str
    created_at: float
    seen_at: float


_people = select(staff, exists().where(push_devices.c.staff_id == staff.c.id).label("pushed"))


def _opened(vault: Vault, row: Row[Any]) -> Staff:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to read a row by name
    values["totp_secret"] = vault.open(
        "staff", "totp_sealed", values["id"], values.pop("totp_sealed")
    ).decode()
    values["alerted"] = bool(values.pop("pushed")) or values["alert_sealed"] is not None
    del values["alert_sealed"]
    return Staff(**values)


async def add(
    conn: AsyncConnection,
    vault: Vault,
    login: str,
    role: str,
    alias: str,
    password_hash: str,
    totp_secret: str,
    now: float,
    enrol_until: float | None = None,
) -> str:
    """A new account; its id. The login must be free (IntegrityError otherwise).

    With ``enrol_until`` its password serves for a first login only, until then.
    """
    staff_id = secrets.token_hex(16)
    await conn.execute(
        insert(staff).values(
            id=staff_id,
            login=login,
            role=role,
            alias=alias,
            password_hash=password_hash,
            totp_sealed=vault.seal("staff", "totp_sealed", staff_id, totp_secret.encode()),
            totp_last_step=0,
            created_at=now,
            **_enrolment(enrol_until),
        )
    )
    return staff_id


async def by_login(conn: AsyncConnection, vault: Vault, login: str) -> Staff | None:
    """The account of a login, disabled or not."""
    row = (await conn.execute(_people.where(staff.c.login == login))).first()
    return None if row is None else _opened(vault, row)


async def get(conn: AsyncConnection, vault: Vault, staff_id: str) -> Staff | None:
    """One account."""
    row = (await conn.execute(_people.where(staff.c.id == staff_id))).first()
    return None if row is None else _opened(vault, row)


async def everybody(conn: AsyncConnection, vault: Vault) -> list[Staff]:
    """All accounts by login."""
    return [_opened(vault, row) for row in await conn.execute(_people.order_by(staff.c.login))]


async def disable(conn: AsyncConnection, staff_id: str, now: float) -> None:
    """Out at once: no log-in, every session ends, no browser is told of anything."""
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(disabled_at=now))
    await devices.forget(conn, staff_id)
    await end_sessions(conn, staff_id)


async def set_secrets(
    conn: AsyncConnection,
    vault: Vault,
    staff_id: str,
    password_hash: str,
    totp_secret: str,
    enrol_until: float | None = None,
) -> None:
    """New password and code secret; the account works again, its sessions end, its browsers are forgotten.

    ``enrol_until`` as in ``add``.
    """
    await conn.execute(
        update(staff)
        .where(staff.c.id == staff_id)
        .values(
            password_hash=password_hash,
            totp_sealed=vault.seal("staff", "totp_sealed", staff_id, totp_secret.encode()),
            totp_last_step=0,
            disabled_at=None,
            **_enrolment(enrol_until),
        )
    )
    await devices.forget(conn, staff_id)
    await end_sessions(conn, staff_id)


def _enrolment(until: float | None) -> dict[str, Any]:
    return {"enrolment": "" if until is None else "password", "enrol_until": until}


async def choose_password(conn: AsyncConnection, staff_id: str, password_hash: str) -> bool:
    """At the first login, in place of the one-time password: True once. Every session ends."""
    done = await conn.execute(
        update(staff)
        .where(staff.c.id == staff_id, staff.c.enrolment == "password")
        .values(password_hash=password_hash, enrolment="code")
    )
    await end_sessions(conn, staff_id)
    return int(done.rowcount) == 1


async def end_enrolment(conn: AsyncConnection, staff_id: str) -> bool:
    """The authenticator works: the first login is over. True once."""
    done = await conn.execute(
        update(staff)
        .where(staff.c.id == staff_id, staff.c.enrolment == "code")
        .values(enrolment="", enrol_until=None)
    )
    return int(done.rowcount) == 1


async def set_password(conn: AsyncConnection, staff_id: str, password_hash: str) -> None:
    """A new password; every session ends, and no device is known any more."""
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(password_hash=password_hash))
    await end_sessions(conn, staff_id)


async def set_role(conn: AsyncConnection, staff_id: str, role: str) -> None:
    """Another role; every session ends."""
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(role=role))
    await end_sessions(conn, staff_id)


async def set_departments(conn: AsyncConnection, staff_id: str, departments: Sequence[str]) -> None:
    """The team of an account, by the departments that it looks after; none is all of them."""
    await conn.execute(
        update(staff).where(staff.c.id == staff_id).values(departments=" ".join(sorted(departments)))
    )


async def set_paused(conn: AsyncConnection, staff_id: str, at: float | None) -> None:
    """On a break since ``at``; back with None."""
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(paused_at=at))


async def set_locale(conn: AsyncConnection, staff_id: str, locale: str) -> None:
    """The language in which they read the console."""
    await conn.execute(update(staff).where(staff.c.id == staff_id).values(locale=locale))


async def use_totp_step(conn: AsyncConnection, staff_id: str, step: int) -> bool:
    """Spend a time step: True once for each step, and never for an earlier one."""
    done = await conn.execute(
        update(staff).where(staff.c.id == staff_id, staff.c.totp_last_step < step).values(totp_last_step=step)
    )
    return int(done.rowcount) == 1


async def set_recovery_codes(conn: AsyncConnection, staff_id: str, macs: Sequence[bytes]) -> None:
    """Replace the recovery codes."""
    await conn.execute(delete(recovery_codes).where(recovery_codes.c.staff_id == staff_id))
    if macs:
        await conn.execute(
            insert(recovery_codes), [{"staff_id": staff_id, "code_mac": mac, "used_at": None} for mac in macs]
        )


async def use_recovery_code(conn: AsyncConnection, staff_id: str, mac: bytes, now: float) -> bool:
    """Spend a recovery code: True once."""
    done = await conn.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.staff_id == staff_id,
            recovery_codes.c.code_mac == mac,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return int(done.rowcount) == 1


async def recovery_codes_left(conn: AsyncConnection, staff_id: str) -> int:
    """How many recovery codes were not used yet."""
    unused = (recovery_codes.c.staff_id == staff_id, recovery_codes.c.used_at.is_(None))
    return int(await conn.scalar(select(func.count()).select_from(recovery_codes).where(*unused)) or 0)


async def end_other_sessions(conn: AsyncConnection, staff_id: str, token_hash: bytes) -> int:
    """Log out everywhere but here; how many sessions ended."""
    other = (sessions.c.staff_id == staff_id, sessions.c.token_hash != token_hash)
    return int((await conn.execute(delete(sessions).where(*other))).rowcount)


async def start_session(
    conn: AsyncConnection, token_hash: bytes, staff_id: str, step: str, now: float
) -> None:
    """A new session."""
    await conn.execute(
        insert(sessions).values(
            token_hash=token_hash, staff_id=staff_id, step=step, created_at=now, seen_at=now
        )
    )


async def session(conn: AsyncConnection, token_hash: bytes) -> StoredSession | None:
    """The session of a token's hash."""
    row = (await conn.execute(select(sessions).where(sessions.c.token_hash == token_hash))).first()
    return None if row is None else StoredSession(**row._mapping)  # noqa: SLF001 - as above


async def see_session(conn: AsyncConnection, token_hash: bytes, now: float) -> None:
    """The person did something just now."""
    await conn.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


async def end_session(conn: AsyncConnection, token_hash: bytes) -> None:
    """Log out."""
    await conn.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


async def end_sessions(conn: AsyncConnection, staff_id: str) -> None:
    """Log out everywhere."""
    await conn.execute(delete(sessions).where(sessions.c.staff_id == staff_id))


async def note_attempt(conn: AsyncConnection, subject_mac: bytes, now: float) -> None:
    """A failed attempt to log in."""
    await conn.execute(
        insert(login_attempts).values(id=secrets.token_hex(16), subject_mac=subject_mac, at=now)
    )


async def attempts_since(conn: AsyncConnection, subject_mac: bytes, since: float) -> tuple[int, float]:
    """How many attempts failed since then, and when the latest did (0 when none)."""
    row = (
        await conn.execute(
            select(func.count(), func.max(login_attempts.c.at)).where(
                login_attempts.c.subject_mac == subject_mac, login_attempts.c.at >= since
            )
        )
    ).one()
    return int(row[0]), float(row[1] or 0)


async def forget_attempts(conn: AsyncConnection, subject_mac: bytes) -> None:
    """A right log-in ends the count."""
    await conn.execute(delete(login_attempts).where(login_attempts.c.subject_mac == subject_mac))
