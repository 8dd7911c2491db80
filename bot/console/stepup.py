"""Once more the code, before what a stolen session must not do: leave with data, open a number, change a role.

A fresh one-time code (or a recovery code) comes with the form itself; guessing is slowed as at the login, and a wrong
one is written down. Nothing is remembered: the next such act asks again.
"""

from __future__ import annotations

import dataclasses

from bot import audit
from bot.console import login, sessions, throttle
from bot.console.access import Visit


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: the words' key, the answer's status, and how long to wait."""

    problem: str
    status: int
    seconds: int = 0


async def refused(visit: Visit) -> Refusal | None:
    """None when the form's field ``code`` is right; the code is spent then."""
    deps, member = visit.deps, visit.staff
    given = (await visit.field("code", 64)).replace(" ", "")
    device = sessions.known_device(deps, visit.request, member, visit.now)
    subjects = login.subjects(visit, member.login, device)
    if seconds := await throttle.take(deps, subjects, visit.now):
        return Refusal("console.login.slow", 429, seconds)
    async with deps.db.write() as conn:
        right = bool(await login.spend(visit, conn, member, given))
        if not right:
            await audit.append(conn, deps.vault, member.id, "stepup.refused", member.id, visit.now)
    if not right:
        return Refusal("console.code.wrong", 403)
    await throttle.forget(deps, subjects)
    return None
