"""The worker: takes a conversation in its order, has its messages decided, commits the turn as a whole.

A turn is one transaction: new state, outgoing messages, case and "inbound done" commit together or not at all.
No transaction is open while Rasa is asked. When the bot fails, a person gets the chat: messages that cannot be
handled for ten minutes open a case, and after fifteen seconds the chatter has the lines to call.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import bursts, retention
from bot.draft import Draft, Shown
from bot.handoff import handover, rota
from bot.inbox import Claimed, Inbox
from bot.outbox import Outbox
from bot.phrasing import IN_SPANISH, Phrasing
from bot.rasa import RasaUnavailable
from bot.reading import Message, for_model
from bot.safety.rules import check
from bot.showing import put_anew, show
from bot.statistics import month_of, month_start, reached_of
from bot.storage import cases, conversations, figures, phrases, trials, wordings
from bot.storage.conversations import StaleStateError
from bot.storage.database import Database
from bot.trials import Trials
from bot.turn import Tools, alarms, decide, group
from bot.vault import Vault
from connectors.base import Limits, Outbound

log = structlog.get_logger()

FALLBACK_SECONDS = 12.0  # handed to the channel before the promised 15
GIVE_UP_SECONDS = 600.0
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
BROKEN_ATTEMPTS = 5  # a message that breaks the bot this often goes to a person
IDLE_SECONDS = 0.5
SPEAKING = ("bot", "human")
RECEIPTS = {"telegram": "erase.done_telegram", "whatsapp": "erase.done_whatsapp"}  # what each can take back

TURNS = Counter("faro_turns", "Turns committed", ["channel"])
FAILED = Counter("faro_turns_failed", "Turns that did not commit", ["reason"])
SECONDS = Histogram(
    "faro_turn_seconds", "From claim to commit", buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
)


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """What the worker is built from; the composition root puts it together."""

    db: Database
    vault: Vault
    inbox: Inbox
    outbox: Outbox
    phrasing: Phrasing
    tools: Tools
    limits: Mapping[str, Limits]
    clock: Callable[[], float]
    trials: Trials = dataclasses.field(default_factory=Trials)


class Dialogue:
    """Any number of ``run`` loops may share one instance; the inbox gives each conversation to one of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asked: set[str] = set()  # versions of wordings that are known to be kept

    async def run(self, worker: str, stop: asyncio.Event) -> None:
        """Take turns until ``stop``; a turn under way is finished first."""
        while not stop.is_set():
            try:
                if not await self.take(worker):
                    await self._parts.inbox.wait(IDLE_SECONDS)
            except Exception:
                FAILED.labels("worker").inc()
                log.exception("worker_failed", worker=worker)
                await asyncio.sleep(IDLE_SECONDS)

    async def take(self, worker: str) -> bool:
        """Handle one conversation that is due; False when there was none."""
        claimed = await self._parts.inbox.claim(worker, self._parts.clock())
        if claimed is None:
            return False
        with SECONDS.time():
            await self._handle(claimed)
        return True

    async def _handle(self, claimed: Claimed) -> None:
        now = self._parts.clock()
        messages = [_message(row) for row in claimed.messages]
        try:
            await self._turn(claimed, messages, now)
        except RasaUnavailable:
            FAILED.labels("rasa").inc()
            await self._without_rasa(claimed, messages, now)
        except StaleStateError:
            FAILED.labels("stale").inc()
            await self._parts.inbox.give_back(claimed, now)
        except Exception:
            FAILED.labels("error").inc()
            log.exception("turn_failed", conversation=claimed.conversation.id, attempts=claimed.attempts)
            await self._broken(claimed, messages, now)

    async def _turn(self, claimed: Claimed, messages: Sequence[Message], now: float) -> None:
        async with self._parts.db.read() as conn:
            draft = await self._draft(conn, claimed, now)
            context = await self._context(conn, claimed, draft, messages, now)
        if (until := await self._waits_for_more(draft, messages, now)) is not None:
            await self._parts.inbox.give_back(claimed, until)
            return
        if draft.phase == "bot" and (draft.closed_at or 0.0) > (draft.shown.at or math.inf):
            await self._after_human(draft, context)
        for batch in group(self._parts.tools, draft, messages):
            await decide(self._parts.tools, draft, batch, {**context, "phase": draft.phase})
        await self._commit(claimed, draft, messages, now)

    async def _waits_for_more(self, draft: Draft, messages: Sequence[Message], now: float) -> float | None:
        """When to look again, if more of the same breath is to be expected; what must not wait never does."""
        tools, last = self._parts.tools, messages[-1]
        words = tools.words(draft.locale)
        until = bursts.unfinished(last, now) or bursts.follows(draft, messages, words, now)
        if until is None or any(alarms(tools, draft, message) for message in messages):
            return None
        if bursts.with_breath(draft, messages, last.text, check(last.text, draft.locale)) is not None:
            return None
        if bursts.unfinished(last, now) is None and not bursts.goes_on(
            await tools.rasa.parse(for_model(last.text))
        ):
            return None
        return until

    async def _draft(self, conn: AsyncConnection, claimed: Claimed, now: float) -> Draft:
        c = claimed.conversation
        shown = Shown.from_json(c.shown)
        await self._parts.trials.refresh(conn, now, sure=bool(shown.tried))
        return Draft(
            conversation_id=c.id,
            channel=c.channel,
            locale=c.locale,
            phase=c.phase,
            phase_before=c.phase_before,
            state=c.state,
            shown=shown,
            consented=c.consented,
            private_word_mac=c.private_word_mac,
            breath=await self._breath(conn, claimed),
            has_case=await cases.open_for(conn, c.id) is not None,
            closed_at=await cases.last_closed_at(conn, c.id),
        )

    async def _breath(self, conn: AsyncConnection, claimed: Claimed) -> str:
        """What was written so shortly before that it belongs to this; nothing, without a look, after a pause."""
        first, answered = claimed.messages[0], Shown.from_json(claimed.conversation.shown).at
        if answered is None or first.received_at - answered >= bursts.CLOSE_SECONDS:
            return ""
        here = claimed.conversation.id
        return await self._parts.inbox.said_before(conn, first, bursts.LONGEST_SECONDS, here)

    async def _context(
        self, conn: AsyncConnection, claimed: Claimed, draft: Draft, messages: Sequence[Message], now: float
    ) -> dict[str, Any]:
        """Clock and chance reach the dialogue only here (contracts, section 3)."""
        hours = self._parts.limits[claimed.conversation.channel].window_hours
        last = messages[-1].received_at
        there = await rota.on_duty(conn, now)
        expected = None if there else await rota.next_shift(conn, now)
        return {
            "silence_s": max(0.0, messages[0].received_at - draft.shown.at) if draft.shown.at else 0.0,
            "on_duty": there,
            "next_shift": None if expected is None else {"day": expected.day, "time": expected.time},
            "wait_estimate_s": await rota.wait_estimate(conn, now),
            "window_closes_s": last + hours * 3600 - now if hours else None,
            "phase": draft.phase,
            "locales": list(self._parts.phrasing.catalogues.locales),
        }

    async def _after_human(self, draft: Draft, context: Mapping[str, Any]) -> None:
        """The first turn after a person closed the case: the engine learns that the bot is back.

        What it would say comes only if the message asks nothing.
        """
        answer = await self._parts.tools.rasa.turn(
            {
                "conversation": draft.conversation_id,
                "message_ids": [],
                "input": {"kind": "event", "event": "returned_from_human"},
                "state": draft.state,
                "locale": draft.locale,
                "context": dict(context),
            }
        )
        draft.state = answer["state"]

    async def _commit(self, claimed: Claimed, draft: Draft, done: Sequence[Message], now: float) -> None:
        """Everything the turn brought about, in one transaction."""
        p, c = self._parts, claimed.conversation
        draft.shown.at = now
        p.trials.judge(draft, now)
        dress = functools.partial(p.trials.dress, p.phrasing, draft, now)
        rendered = show(p.phrasing, draft, p.limits[c.channel], dress)
        new = [wording for wording in draft.worded if wording.version not in self._asked]
        async with p.db.write() as conn:
            await wordings.remember(conn, new, "{}-{:02}".format(*month_of(now)))
            if not c.channel.startswith("sim-"):
                await figures.count_readers(conn, month_start(month_of(now)), draft.read)
                await trials.count(conn, draft.tallies)
            if draft.erase:
                receipt = self._receipt(draft, await retention.held(conn, [c.id]))
                await retention.erase_conversation(conn, p.vault, c.id, now, receipt)
                await p.inbox.done(conn, claimed, [m.id for m in done], now)
            else:
                await conversations.save_turn(
                    conn,
                    p.vault,
                    c.id,
                    expected_version=c.state_version,
                    state=draft.state,
                    shown=draft.shown.as_json(),
                    phase=draft.phase,
                    phase_before=draft.phase_before,
                    locale=draft.locale,
                    consented=draft.consented,
                    private_word_mac=draft.private_word_mac,
                    reached=reached_of(draft.state, has_case=draft.has_case or bool(draft.origin)),
                )
                if draft.unshare:
                    await phrases.withdraw(conn, p.vault, c.id)
                await phrases.share(conn, p.vault, c.id, draft.share, now)
                if draft.hold:
                    await p.outbox.hold(conn, c.id)
                elif draft.phase in SPEAKING:  # whoever writes opened the window; what waited goes first
                    await p.outbox.release(conn, c.id, now)
                await p.outbox.supersede(conn, c.id, put_anew(rendered))
                for n, (key, silent, message) in enumerate(rendered):
                    await p.outbox.enqueue(
                        conn, c.id, f"{done[0].id}:{n}", "bot", key, message, now, even_if_silent=silent
                    )
                await handover.settle(conn, p.vault, draft, c, now)
                await p.inbox.done(conn, claimed, [m.id for m in done], now)
        self._asked |= {wording.version for wording in new}
        p.outbox.wake()
        TURNS.labels(c.channel).inc()

    def _receipt(self, draft: Draft, held: Mapping[str, int]) -> list[Outbound]:
        """What went, what is left of a case, and where it lives on for a while."""
        limits, render = self._parts.limits[draft.channel], self._parts.phrasing.render
        key = next((key for name, key in RECEIPTS.items() if name in draft.channel), "erase.done")
        acts: list[dict[str, Any]] = [{"say": key, "params": {"messages": held["received"] + held["sent"]}}]
        if held["cases"]:
            acts.append({"say": "erase.rest"})
        acts.append(
            {"say": "erase.copies", "params": {"days": round(retention.KEEP_BACKUPS / retention.DAY)}}
        )
        return [message for act in acts for message in render(act, draft.locale, limits)]

    async def _without_rasa(self, claimed: Claimed, messages: Sequence[Message], now: float) -> None:
        """Rasa is away: what the rules can answer is answered, the rest waits, and nobody waits in silence."""
        p, c = self._parts, claimed.conversation
        async with p.db.read() as conn:
            draft = await self._draft(conn, claimed, now)
            context = await self._context(conn, claimed, draft, messages, now)
        urgent = [m for m in messages if alarms(p.tools, draft, m)]
        if urgent:
            for message in urgent:
                await decide(p.tools, draft, [message], {**context, "phase": draft.phase})
            await self._commit(claimed, draft, urgent, now)
            return
        waited = now - messages[0].received_at
        if waited >= GIVE_UP_SECONDS:
            await self._give_to_a_person(claimed, messages, now)
            return
        if waited >= FALLBACK_SECONDS and c.down_notice_at is None and c.phase == "bot":
            await self._fall_back(claimed, messages, now)
        await p.inbox.give_back(claimed, now + _back_off(claimed.attempts, waited), failed=True)

    async def _broken(self, claimed: Claimed, messages: Sequence[Message], now: float) -> None:
        """A message that breaks the bot must not be lost, nor keep the conversation for ever."""
        if claimed.attempts + 1 < BROKEN_ATTEMPTS:
            await self._parts.inbox.give_back(claimed, now + _back_off(claimed.attempts, 0), failed=True)
            return
        if claimed.conversation.down_notice_at is None and claimed.conversation.phase == "bot":
            await self._fall_back(claimed, messages, now)
        await self._give_to_a_person(claimed, messages, now)

    async def _fall_back(self, claimed: Claimed, messages: Sequence[Message], now: float) -> None:
        """Once per outage: a neutral first line, then the lines to call."""
        p, c = self._parts, claimed.conversation
        act = {"say": "fallback.down"}
        if p.phrasing.explains(act["say"], c.locale):
            act["lead"] = IN_SPANISH
        rendered = p.phrasing.render(act, c.locale, p.limits[c.channel])
        async with p.db.write() as conn:
            await conversations.set_down_notice(conn, c.id, now)
            for n, message in enumerate(rendered):
                await p.outbox.enqueue(
                    conn, c.id, f"{messages[0].id}:down{n}", "bot", "fallback.down", message, now
                )
        p.outbox.wake()

    async def _give_to_a_person(self, claimed: Claimed, messages: Sequence[Message], now: float) -> None:
        p, c = self._parts, claimed.conversation
        async with p.db.write() as conn:
            await handover.bot_failed(conn, p.vault, c, now)
            await p.inbox.done(conn, claimed, [m.id for m in messages], now)


def _message(row: Any) -> Message:
    return Message(
        id=row.id,
        kind=row.kind,
        text=row.text,
        choice_id=row.choice_id,
        received_at=row.received_at,
        department=row.department,
        edited=row.edited,
    )


def _back_off(attempts: int, waited: float) -> float:
    """Seconds until the next try; never past the moment at which the fallback is due."""
    pause = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS) - 1)]
    if waited < FALLBACK_SECONDS:
        return min(pause, max(0.2, FALLBACK_SECONDS - waited))
    return pause
