"""From a turn to the queue: opens or raises the case, with the summary as it stands after the turn.

Runs inside the turn's transaction. A case never loses urgency here, and a conversation has one open case.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.draft import URGENCIES, Draft
from bot.handoff import summary
from bot.screening import engine, htcds
from bot.screening.assess import assess
from bot.screening.model import load
from bot.storage import cases
from bot.storage.conversations import Conversation
from bot.vault import Vault


async def settle(
    conn: AsyncConnection, vault: Vault, draft: Draft, conversation: Conversation, now: float
) -> None:
    """After each turn: open a case if one is needed, or bring the open one up to date."""
    case = await cases.open_for(conn, conversation.id)
    if case is None and not draft.origin:
        return
    facts = _facts(draft.state)
    urgency = max(URGENCIES.index(facts["urgency"]), URGENCIES.index(draft.floor))
    if case is None:
        await cases.open_case(
            conn, vault, conversation, origin=draft.origin, urgency=urgency, now=now, **_columns(facts)
        )
    else:
        await cases.raise_case(conn, vault, case, urgency=urgency, now=now, **_columns(facts))


async def bot_failed(conn: AsyncConnection, vault: Vault, conversation: Conversation, now: float) -> None:
    """The bot could not handle a message: a person gets the chat, and nothing unasked is sent."""
    if await cases.open_for(conn, conversation.id) is not None:
        return
    facts = _facts(conversation.state)
    urgency = max(URGENCIES.index(facts["urgency"]), URGENCIES.index("U1"))
    await cases.open_case(
        conn, vault, conversation, origin="bot_failed", urgency=urgency, now=now, **_columns(facts)
    )


def _facts(state: dict[str, Any] | None) -> dict[str, Any]:
    """The summary of a state; an empty one when the conversation has not begun."""
    instruments = load()
    if state is None:  # nothing was answered yet: all the same, a whole and empty summary
        state = engine.turn(instruments, None, engine.Input("event", event="unsupported"), {}).state
    payload = engine.assessment(state)
    result = assess(payload)
    order = instruments.of(payload["instrument"]).codes
    values = htcds.derive(instruments, payload, result)
    return summary.build(payload, result, state["answers"], order, engine.wishes(state), values)


def _columns(facts: dict[str, Any]) -> dict[str, Any]:
    department = facts["wishes"].get("department", "")
    return {
        "result": facts["type"],
        "minor": facts["instrument"] == "minor",
        "modifier": bool(facts["context"].get("modifiers")),
        "department": department,
        "summary": facts,
    }
