"""What a script needs from behind the curtain of a running Faro: time that passes, a responder, the case at the end.

Reads and changes the database of the service as another process would, with the same keys.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console import accounts
from bot.handoff.desk import Desk
from bot.outbox import Outbox
from bot.phrasing import Phrasing
from bot.storage import conversations, staff
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.tables import cases as case_rows
from bot.storage.tables import conversations as people
from bot.vault import KeyRing, Vault
from connectors.telegram import LIMITS as TELEGRAM
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.dialogue.script import CATALOGUES

LIMITS = {"sim-whatsapp": WHATSAPP, "sim-telegram": TELEGRAM}


class Backstage:
    """Opened beside a service that runs in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._db = Database(f"sqlite:///{folder / 'faro.db'}")
        self._vault = Vault(KeyRing.load(folder / "keys.json"))
        outbox = Outbox(self._db, self._vault, {}, time.time, lambda: 0.5)
        self._desk = Desk(self._db, self._vault, outbox, Phrasing(CATALOGUES), LIMITS)
        self._ana: Staff | None = None

    async def close(self) -> None:
        await self._db.close()

    async def wait(self, channel: str, phone: str, seconds: float) -> None:
        """As if the last turn had been that long ago."""
        async with self._db.write() as conn:
            here = await self._conversation(conn, channel, phone)
            assert here is not None
            shown = dict(here.shown or {})
            shown["at"] -= seconds
            sealed = self._vault.seal_json("conversations", "shown_sealed", here.id, shown)
            await conn.execute(update(people).where(people.c.id == here.id).values(shown_sealed=sealed))

    async def staff(self, channel: str, phone: str, does: str) -> None:
        """``claim``, ``close``, or words to the person."""
        async with self._db.write() as conn:
            here = await self._conversation(conn, channel, phone)
            assert here is not None
            case = await conn.scalar(
                select(case_rows.c.id)
                .where(case_rows.c.conversation_id == here.id, case_rows.c.state != "closed")
                .limit(1)
            )
            ana = await self._member(conn)
        now = time.time()
        if does == "claim":
            assert await self._desk.claim(case, ana, now)
        elif does == "close":
            assert await self._desk.close(case, ana, "oriented", "", now)
        else:
            assert await self._desk.reply(case, ana, does, "", now)

    async def _member(self, conn: AsyncConnection) -> Staff:
        if self._ana is None:
            await accounts.create_staff(conn, self._vault, "ana", "responder", time.time())
            self._ana = (await staff.everybody(conn, self._vault))[0]
        return self._ana

    async def found(self, channel: str, phone: str, name: str, wanted: Any) -> Any:
        """What is known at the end under ``name``, in the shape in which it is wanted."""
        async with self._db.read() as conn:
            here = await self._conversation(conn, channel, phone)
            if name == "erased":
                return here is None
            assert here is not None, "there is no such conversation"
            if name == "case":
                return await self._case(conn, here, wanted)
        state = here.state or {}
        if name == "phase":
            return here.phase
        if name == "locale":
            return here.locale
        if name == "answers":
            given = {code: answer["value"] for code, answer in state.get("answers", {}).items()}
            return {code: given.get(code) for code in wanted}
        if name == "told":
            return sorted(state.get("told", {}))
        return {wish: state.get("wishes", {}).get(wish) for wish in wanted}

    async def _case(self, conn: AsyncConnection, here: Conversation, wanted: Any) -> Any:
        found = (
            await conn.execute(
                select(case_rows)
                .where(case_rows.c.conversation_id == here.id)
                .order_by(case_rows.c.opened_at.desc())
            )
        ).first()
        if found is None or not isinstance(wanted, dict):
            return "none" if found is None else f"U{found.urgency} {found.origin}"
        known = {
            "urgency": f"U{found.urgency}",
            "origin": found.origin,
            "minor": found.minor,
            "result": found.result,
            "state": found.state,
            "department": found.department,
        }
        return {key: known[key] for key in wanted}

    async def _conversation(self, conn: AsyncConnection, channel: str, phone: str) -> Conversation | None:
        found = await conversations.find(conn, self._vault, f"sim-{channel}", phone)
        return await conversations.get(conn, self._vault, found[0]) if found else None
