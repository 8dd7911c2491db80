"""What somebody is writing and has not sent: kept when the session ends, the tab is old or the machine dies."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import case_drafts, cases
from bot.vault import Vault

KINDS = ("reply", "note")


async def keep(
    conn: AsyncConnection, vault: Vault, case_id: str, staff_id: str, kind: str, text: str, now: float
) -> None:
    """Keep a draft in place of the one before; an empty one is forgotten. Nothing is kept beside an erased case."""
    here = select(cases.c.id).where(cases.c.id == case_id, ~cases.c.erased)
    there = await conn.scalar(here.with_for_update())  # one writer of a draft at a time
    await drop(conn, case_id, staff_id, kind)
    if not text or there is None:
        return
    draft_id = secrets.token_hex(16)
    await conn.execute(
        insert(case_drafts).values(
            id=draft_id,
            case_id=case_id,
            staff_id=staff_id,
            kind=kind,
            text_sealed=vault.seal("case_drafts", "text_sealed", draft_id, text.encode()),
            at=now,
        )
    )


async def drop(conn: AsyncConnection, case_id: str, staff_id: str, kind: str) -> None:
    """It was sent, or is not wanted any more."""
    await conn.execute(
        delete(case_drafts).where(
            case_drafts.c.case_id == case_id, case_drafts.c.staff_id == staff_id, case_drafts.c.kind == kind
        )
    )


async def of(conn: AsyncConnection, vault: Vault, case_id: str, staff_id: str) -> dict[str, str]:
    """Kind → text of somebody's drafts beside a case."""
    rows = await conn.execute(
        select(case_drafts).where(case_drafts.c.case_id == case_id, case_drafts.c.staff_id == staff_id)
    )
    return {r.kind: vault.open("case_drafts", "text_sealed", r.id, r.text_sealed).decode() for r in rows}


async def cases_of(conn: AsyncConnection, staff_id: str) -> set[str]:
    """The cases beside which somebody has a reply that was not sent."""
    rows = await conn.execute(
        select(case_drafts.c.case_id).where(case_drafts.c.staff_id == staff_id, case_drafts.c.kind == "reply")
    )
    return set(rows.scalars())
