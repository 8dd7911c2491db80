"""Accounts: made with secrets that a machine chose, shown once; listed, disabled, reset.

Raises ``AccountError`` with one sentence for whoever runs the command. Nobody but the account's owner is meant
to see what ``create_staff`` and ``reset_staff`` return. With ``first_login`` they return a one-time password only:
the person chooses another one and sets up the authenticator with it (``bot.console.enrol``).
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit
from bot.console import passwords
from bot.storage import staff as store
from bot.storage.staff import ROLES, Staff
from bot.storage.tables import staff as table
from bot.vault import Vault

ALIASES = Path(__file__).with_name("aliases.yml")
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
PASSWORD_GROUPS, PASSWORD_GROUP = 4, 5  # 20 letters of 31: 99 bits
CODES, CODE_GROUPS, CODE_GROUP = 8, 3, 4  # 12 letters: 59 bits each, and guessing is slowed
OPERATOR = "operator"
FIRST_LOGIN_SECONDS = 7 * 86400.0  # how long a one-time password serves


class AccountError(ValueError):
    """The account cannot be made or changed; the message is one sentence that says why."""


async def create_staff(
    conn: AsyncConnection,
    vault: Vault,
    login: str,
    role: str,
    now: float,
    *,
    first_login: bool = False,
    by: str = OPERATOR,
) -> dict[str, Any]:
    """A new account: ``{"login","password","totp_secret","recovery_codes"}``, shown once and kept nowhere.

    With ``first_login``: ``{"login","password","until"}``.
    """
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise AccountError("A login is 1 to 64 of a-z 0-9 . _ - @ and begins with a letter or a digit.")
    if role not in ROLES:
        raise AccountError(f"The role must be one of {', '.join(ROLES)}.")
    if await store.by_login(conn, vault, login) is not None:
        raise AccountError(f"There is an account {login} already.")
    made = _secrets(login)
    until = now + FIRST_LOGIN_SECONDS if first_login else None
    staff_id = await store.add(
        conn,
        vault,
        login,
        role,
        await _alias(conn),
        passwords.digest(made["password"]),
        made["totp_secret"],
        now,
        until,
    )
    await audit.append(conn, vault, by, "staff.create", staff_id, now)
    return await _told(conn, vault, staff_id, made, until)


async def reset_staff(
    conn: AsyncConnection,
    vault: Vault,
    login: str,
    now: float,
    *,
    first_login: bool = False,
    by: str = OPERATOR,
) -> dict[str, Any]:
    """New secrets for an account, which works again; its sessions, known devices and old codes end.

    What it returns is as with ``create_staff``.
    """
    member = await _existing(conn, vault, login)
    made = _secrets(member.login)
    until = now + FIRST_LOGIN_SECONDS if first_login else None
    await store.set_secrets(
        conn, vault, member.id, passwords.digest(made["password"]), made["totp_secret"], until
    )
    await audit.append(conn, vault, by, "staff.reset", member.id, now)
    return await _told(conn, vault, member.id, made, until)


async def _told(
    conn: AsyncConnection, vault: Vault, staff_id: str, made: dict[str, Any], until: float | None
) -> dict[str, Any]:
    """What is said of new secrets; who sets up an authenticator gets recovery codes then, and has none before."""
    if until is None:
        await _keep_codes(conn, vault, staff_id, made["recovery_codes"])
        return made
    await _keep_codes(conn, vault, staff_id, [])
    day = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")
    return {"login": made["login"], "password": made["password"], "until": day}


async def renew_codes(
    conn: AsyncConnection, vault: Vault, member: Staff, now: float, act: str = "staff.recovery"
) -> list[str]:
    """New recovery codes in place of all old ones, shown once; ``act`` is what the audit log calls it."""
    codes = [_letters(CODE_GROUPS, CODE_GROUP) for _ in range(CODES)]
    await _keep_codes(conn, vault, member.id, codes)
    await audit.append(conn, vault, member.id, act, member.id, now)
    return codes


async def disable_staff(
    conn: AsyncConnection, vault: Vault, login: str, now: float, by: str = OPERATOR
) -> None:
    """Out at once, and no way in until a reset."""
    member = await _existing(conn, vault, login)
    await store.disable(conn, member.id, now)
    await audit.append(conn, vault, by, "staff.disable", member.id, now)


async def list_staff(conn: AsyncConnection) -> list[dict[str, Any]]:
    """Every account as ``{"login","role","alias","disabled"}``, by login."""
    rows = await conn.execute(
        select(table.c.login, table.c.role, table.c.alias, table.c.disabled_at).order_by(table.c.login)
    )
    return [
        {"login": r.login, "role": r.role, "alias": r.alias, "disabled": r.disabled_at is not None}
        for r in rows
    ]


def recovery_mac(vault: Vault, staff_id: str, code: str) -> bytes:
    """What is kept of a recovery code; case and dashes do not matter."""
    plain = "".join(c for c in code.lower() if c.isalnum())
    return vault.staff_mac("recovery", f"{staff_id}\n{plain}")


async def _existing(conn: AsyncConnection, vault: Vault, login: str) -> Staff:
    member = await store.by_login(conn, vault, login.strip().lower())
    if member is None:
        raise AccountError("There is no account with this login.")
    return member


async def _keep_codes(conn: AsyncConnection, vault: Vault, staff_id: str, codes: list[str]) -> None:
    await store.set_recovery_codes(conn, staff_id, [recovery_mac(vault, staff_id, code) for code in codes])


async def _alias(conn: AsyncConnection) -> str:
    """A neutral word that no other account has; with a number when all are taken."""
    names: list[str] = yaml.safe_load(ALIASES.read_text(encoding="utf-8"))
    taken = set((await conn.execute(select(table.c.alias))).scalars())
    free = [name for name in names if name not in taken]
    if free:
        return secrets.choice(free)
    number = 2
    while f"{names[0]} {number}" in taken:
        number += 1
    return f"{names[0]} {number}"


def _secrets(login: str) -> dict[str, Any]:
    return {
        "login": login,
        "password": _letters(PASSWORD_GROUPS, PASSWORD_GROUP),
        "totp_secret": pyotp.random_base32(),
        "recovery_codes": [_letters(CODE_GROUPS, CODE_GROUP) for _ in range(CODES)],
    }


def _letters(groups: int, length: int) -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(length)) for _ in range(groups))
