"""Safe contact: what the person did not just cause leaves only as agreed, or waits until the person writes.

Whoever wrote within the last half hour is in a conversation, and is answered at once. Later the phone may be in other
hands: then a responder's words leave when the person has said that they may, in the hours that were agreed; when a
person was asked for and the question about writing was never answered; and else not before the next message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.screening.model import load
from bot.storage import conversations as people
from bot.storage.database import Database
from bot.storage.tables import conversations, outbound
from bot.vault import Vault

CODE = "contact"  # why such a message is held
DURING = 30 * 60.0  # seconds after a message that belong to the same conversation
LIMA = -5 * 3600.0  # Peru has one time all year
DAY, HOUR = 86_400.0, 3_600.0
HOURS: Mapping[str, tuple[int, int]] = {"morning": (6, 12), "afternoon": (12, 18), "night": (18, 22)}
NEVER = 1e12
SPEAKING = ("bot", "human")
STAFF_KEYS = "human."  # what Faro says for a responder: who is here, and goodbye


def opens(state: Mapping[str, Any] | None, heard_at: float, now: float) -> float:
    """From when a responder's words may leave: ``now``, a later moment, or ``NEVER``."""
    if now - heard_at < DURING:
        return now
    wishes = (state or {}).get("wishes") or {}
    agreed = wishes.get("may_write")
    if agreed is None:
        return now if _asked(state or {}) else NEVER
    return _next(str(wishes.get("when", "")), now) if agreed else NEVER


def _asked(state: Mapping[str, Any]) -> bool:
    """A person was asked for, or there was a cry for help that was not taken back."""
    if state.get("wants_person"):
        return True
    told = (state.get("answers", {}).get(code, {}).get("value") for code in load().minor.groups["danger"])
    cried = (
        state.get("emergency", "none") != "none"
        or state.get("context", {}).get("danger_today") == "yes"
        or "yes" in told
    )
    return bool(cried and not state.get("emergency_denied"))


def _next(when: str, now: float) -> float:
    """The beginning of the next agreed hours; ``now`` within them."""
    if when not in HOURS:
        return now
    begin, end = (hour * HOUR for hour in HOURS[when])
    of_day = (now + LIMA) % DAY
    if begin <= of_day < end:
        return now
    return now - of_day + begin + (0 if of_day < begin else DAY)


class Contacts:
    """Holds what may not leave yet, and lets go what may."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], float]) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock

    async def holds(self, row: Row[Any]) -> bool:
        """Whether this message must wait; if so it is held until its hours, or until the person writes."""
        if row.author != "staff" and not row.key.startswith(STAFF_KEYS):
            return False
        now = self._clock()
        async with self._db.read() as conn:
            person = await people.get(conn, self._vault, row.conversation_id)
        if person is None:
            return False
        heard = person.last_inbound_at or person.created_at
        at = opens(person.state, heard, now)
        if at <= now:
            return False
        async with self._db.write() as conn:
            await conn.execute(
                update(outbound)
                .where(
                    outbound.c.id == row.id,
                    outbound.c.state == row.state,
                    outbound.c.next_at == row.next_at,
                    ~select(conversations.c.id)  # unless the person wrote this moment
                    .where(conversations.c.id == row.conversation_id, conversations.c.last_inbound_at > heard)
                    .exists(),
                )
                .values(state="held", error_code=CODE, next_at=at)
            )
        return True

    async def let_go(self, conn: AsyncConnection, now: float) -> None:
        """The agreed hours have come: what waited for them goes out, unless the person has gone silent since."""
        speaking = (
            select(conversations.c.id)
            .where(conversations.c.id == outbound.c.conversation_id, conversations.c.phase.in_(SPEAKING))
            .exists()
        )
        due = (outbound.c.state == "held") & (outbound.c.error_code == CODE) & (outbound.c.next_at <= now)
        await conn.execute(
            update(outbound).where(due, speaking).values(state="queued", next_at=now, error_code="")
        )
