"""Alerts climb the ladder while a case waits: raised, sent, checked; whatever does not arrive goes one step on.

An alert carries the case's code and its urgency, nothing else, in the language of whoever gets it. A claim ends it:
what is not sent by then is not sent any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.handoff import devices, ladder, rota, shifts
from bot.handoff.ladder import Step
from bot.storage import alerts
from bot.storage import devices as browsers
from bot.storage import shifts as rows
from bot.storage.alerts import COMMON, NOBODY, Alert, Goal, Reachable, Waiting
from bot.storage.database import Database
from bot.storage.devices import Device
from bot.vault import Vault, VaultError
from connectors.base import WebPush

log = structlog.get_logger()

ROUND_SECONDS = 5.0
AGAIN = (5.0, 20.0)  # then it has failed
CODE_LETTERS = 6
PRESSING = 2  # the urgency from which a push wakes a telephone that saves power

DONE = Counter("faro_alerts", "Alerts to staff that were taken", ["to"])
FAILED = Counter("faro_alerts_failed", "Alerts to staff that nobody took", ["to"])
UNHEARD = Counter("faro_alerts_unheard", "Steps of the ladder with nobody to tell", ["to"])


class Sender(Protocol):
    """Whoever takes a line to addresses; True only when all took it."""

    async def send(self, addresses: Sequence[str], title: str, body: str) -> bool: ...


def code(case_id: str) -> str:
    """What a case is called outside the house."""
    return case_id[:CODE_LETTERS].upper()


class Escalation:
    """Any number of processes may run it; the database gives each alert to one of them.

    ``say`` gives the words of a key in a language; ``locale`` is that of the common addresses, and of whoever chose none.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        sender: Sender,
        clock: Callable[[], float],
        say: Callable[..., str],
        locale: str,
        common: Sequence[str] = (),
        push: WebPush | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._sender = sender
        self._clock = clock
        self._say = say
        self._locale = locale
        self._common = Goal(tuple(common), "")
        self._push = push

    async def run(self, stop: asyncio.Event) -> None:
        """Look and send until ``stop``."""
        while not stop.is_set():
            try:
                await self.step()
            except (SQLAlchemyError, VaultError, OSError):
                log.exception("escalation_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), ROUND_SECONDS)

    async def step(self) -> None:
        """One round: what is due is raised, what is raised is sent."""
        now = self._clock()
        async with self._db.read() as conn:
            known = await alerts.all_of(conn)
            climbs = [
                (case, step)
                for case in await alerts.waiting(conn)
                for step in ladder.due(case.urgency, now - case.waiting_since, _taken(case, known))
            ]
        async with self._db.write() as conn:
            await alerts.forget_answered(conn)
            for case, step in climbs:
                for recipient in await self._recipients(conn, case, step, known, now):
                    await alerts.raise_alert(conn, case.id, case.urgency, step.n, recipient, now)
            taken = await alerts.take(conn, now)
            sends = [
                (alert, await self._goal(conn, alert), await self._browsers(conn, alert)) for alert in taken
            ]
        await asyncio.gather(*(self._send(*send) for send in sends))

    async def _recipients(
        self, conn: AsyncConnection, case: Waiting, step: Step, known: Sequence[Alert], now: float
    ) -> list[str]:
        """Who is told; the common addresses when nobody else can be, and nobody when there are none."""
        found: list[str] = []
        if step.to != COMMON:
            told = {a.recipient for a in known if a.case_id == case.id and a.urgency == case.urgency}
            people = await alerts.reachable(conn, rota.ANSWERING_ROLES)
            found = [one.id for one in await _meant(conn, people, case, step.to, told, now)]
        if not found:
            found = [COMMON] if self._common.addresses else [NOBODY]
        if found == [NOBODY]:
            UNHEARD.labels(step.to).inc()
            log.warning("alert_reaches_nobody", to=step.to, urgency=case.urgency)
        return found

    async def _goal(self, conn: AsyncConnection, alert: Alert) -> Goal:
        if alert.recipient == COMMON:
            return self._common
        return await alerts.goal_of(conn, self._vault, alert.recipient)

    async def _browsers(self, conn: AsyncConnection, alert: Alert) -> Sequence[Device]:
        if self._push is None or alert.recipient == COMMON:
            return ()
        return await browsers.of(conn, self._vault, alert.recipient)

    async def _tell(self, alert: Alert, goal: Goal, found: Sequence[Device]) -> bool:
        """True only when all that there is to reach somebody took it."""
        locale = goal.locale or self._locale
        title = self._say("console.alert.title", locale)
        body = self._say("console.alert.body", locale, code=code(alert.case_id), urgency=f"U{alert.urgency}")
        ways = [self._sender.send(goal.addresses, title, body)] if goal.addresses else []
        if self._push is not None and found:
            words = {"title": title, "body": body, "tag": code(alert.case_id)}
            pressing = alert.urgency >= PRESSING
            send = devices.tell(
                self._db, self._push, alert.recipient, found, words, alert.id, pressing=pressing
            )
            ways.append(send)
        return bool(ways) and all(await asyncio.gather(*ways))

    async def _send(self, alert: Alert, goal: Goal, found: Sequence[Device]) -> None:
        arrived = await self._tell(alert, goal, found)
        now, to = self._clock(), "common" if alert.recipient == COMMON else "person"
        if arrived:
            DONE.labels(to).inc()
            state, at = "sent", now
        elif alert.attempts <= len(AGAIN):
            state, at = "queued", now + AGAIN[alert.attempts - 1]
        else:
            FAILED.labels(to).inc()
            log.warning("alert_failed", to=to, urgency=alert.urgency)
            state, at = "failed", now
        async with self._db.write() as conn:
            await alerts.mark(conn, alert.id, state, at)


def _taken(case: Waiting, known: Sequence[Alert]) -> dict[int, frozenset[str]]:
    """How the alerts of each step that was taken stand, for the urgency that the case has now."""
    found: dict[int, frozenset[str]] = {}
    for alert in known:
        if alert.case_id == case.id and alert.urgency == case.urgency:
            found[alert.step] = found.get(alert.step, frozenset()) | {alert.state}
    return found


async def _meant(
    conn: AsyncConnection, people: Sequence[Reachable], case: Waiting, to: str, told: set[str], now: float
) -> list[Reachable]:
    """Whom a step means. A supervisor is told even on a break: behind that step nobody else comes."""
    if to == "supervisor":
        return [one for one in people if one.role == "supervisor"]
    awake = [one for one in people if not one.paused and one.id not in told]
    if to == "second":
        return awake
    expected = {one.shift.staff_id for one in shifts.running(await rows.everybody(conn), now)}
    here = [one for one in awake if one.id in expected | await rota.present(conn, now)]
    team = [one for one in here if not one.departments or case.department in one.departments]
    return team or here
