"""Inbox, turns and outbox against a simple model, with a crash between any two steps (security, check 4).

The model is a list per person of what was acknowledged. Whatever arrives twice, whichever worker dies where, when
all is quiet each acknowledged message was taken into the conversation's state exactly once, in its order; each
answer left in that order; and it left twice only if a process died between sending and noting it.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue import Dialogue, Parts
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.phrasing import Catalogues, Phrasing
from bot.screening import engine
from bot.screening.model import load
from bot.storage.database import Database, upgrade
from bot.storage.tables import outbound
from bot.turn import Tools
from bot.vault import KeyRing, Vault
from connectors.base import Inbound, Limits, Outbound, SendError, Sent
from tests.conftest import ROOT
from tests.integration.conftest import NOW

PEOPLE = ("whatsapp:+51987650001", "whatsapp:+51987650002", "whatsapp:+51987650003")
LIMITS = Limits(1600, 1024, 3, 20, per_person_burst=1000, per_person_seconds=0.001)
CATALOGUES = Catalogues(ROOT / "locales")
START = engine.turn(load(), None, engine.Input("event", event="unsupported"), {}).state


class Crash(BaseException):
    """The process is gone: nobody catches it, nothing is cleaned up."""


class Power:
    """Counts the steps of a process down to the one at which it dies; None: it lives."""

    def __init__(self) -> None:
        self.left: int | None = None

    def step(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            raise Crash
        self.left -= 1


class FragileDatabase(Database):
    """Every transaction has three places to die: before it, before its commit, after it."""

    def __init__(self, url: str, power: Power) -> None:
        super().__init__(url)
        self._power = power

    @contextlib.asynccontextmanager
    async def write(self, **how: bool) -> AsyncIterator[AsyncConnection]:
        self._power.step()
        async with super().write(**how) as conn:
            yield conn
            self._power.step()
        self._power.step()


class FragileLine:
    """A channel that takes a message and may not live to say so, or refuses for a while."""

    name = "whatsapp"
    limits = LIMITS

    def __init__(self, power: Power) -> None:
        self._power = power
        self.taken: list[tuple[str, str]] = []
        self.refusals = 0
        self.died_after = 0

    async def send(self, address: str, message: Outbound) -> Sent:
        self._power.step()
        if self.refusals:
            self.refusals -= 1
            raise SendError("20429", retryable=True, retry_after=1.0)
        self.taken.append((address, message.text))
        try:
            self._power.step()
        except Crash:
            self.died_after += 1
            raise
        return Sent(f"MM{len(self.taken)}", f"MM{len(self.taken)}")

    async def erase(self, address: str, refs: list[str]) -> int:
        return 0


class Echo:
    """In Rasa's place: a pure turn that keeps what it was told in the state, and answers with it."""

    async def turn(self, request: Mapping[str, Any]) -> dict[str, Any]:
        state = copy.deepcopy(request["state"] or START)
        text = request["input"]["text"]
        state["told"] = [*state.get("told", []), *text.split("\n")]
        return {"acts": [{"say": "echo", "params": {"text": text}}], "state": state, "nlu": {}}

    async def parse(self, text: str) -> dict[str, Any]:
        raise AssertionError(text)


class Plain(Phrasing):
    """The renderer, but that it says what it is given."""

    def render(self, act: Mapping[str, Any], *_: object, **__: object) -> list[Outbound]:
        return [Outbound(act["params"]["text"])]


@dataclasses.dataclass
class Process:
    """What one process builds and loses when it dies."""

    inbox: Inbox
    outbox: Outbox
    dialogue: Dialogue


class Machine(RuleBasedStateMachine):
    template: Path
    vault: Vault

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="faro-machine-"))
        shutil.copy(self.template, self.folder / "faro.db")
        self.power = Power()
        self.line = FragileLine(self.power)
        self.now, self.n = NOW, 0
        self.acknowledged: dict[str, list[str]] = {person: [] for person in PEOPLE}
        self.posted: list[tuple[str, str]] = []

    @initialize()
    def begin(self) -> None:
        self.db = FragileDatabase(f"sqlite:///{self.folder / 'faro.db'}", self.power)
        self.restart()

    def restart(self) -> None:
        """A new process over the same database."""
        clock = lambda: self.now
        outbox = Outbox(self.db, self.vault, {"whatsapp": self.line}, clock, lambda: 0.5)
        inbox = Inbox(self.db, self.vault, clock)
        tools = Tools(Echo(), load, lambda _: {}, self.vault.word_mac)
        parts = Parts(
            self.db, self.vault, inbox, outbox, Plain(CATALOGUES), tools, {"whatsapp": LIMITS}, clock
        )
        self.process = Process(inbox, outbox, Dialogue(parts))

    def live(self, work: Any, dies_at: int | None) -> bool:
        """Run one piece of a process; False when it died on the way."""
        self.power.left = dies_at
        try:
            self.loop.run_until_complete(work)
        except Crash:
            self.restart()
            return False
        finally:
            self.power.left = None
        return True

    @rule(person=st.sampled_from(PEOPLE), dies_at=st.none() | st.integers(0, 2))
    def arrive(self, person: str, dies_at: int | None) -> None:
        """A message is posted; without an answer the provider posts it again, maybe much later, maybe never."""
        self.n += 1
        self.posted.append((person, f"m{self.n}"))
        self._post(person, f"m{self.n}", dies_at)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def arrive_again(self, data: st.DataObject) -> None:
        person, text = data.draw(st.sampled_from(self.posted))
        self._post(person, text, None)

    def _post(self, person: str, text: str, dies_at: int | None) -> None:
        at = datetime.fromtimestamp(self.now, UTC)
        event = Inbound("whatsapp", f"SM{text}", person, "text", at, text=text)
        lived = self.live(self.process.inbox.store(event), dies_at)
        durable = lived or dies_at == 2
        if durable and text not in self.acknowledged[person]:
            self.acknowledged[person].append(text)

    @rule(dies_at=st.none() | st.integers(0, 8))
    def work(self, dies_at: int | None) -> None:
        self.live(self.process.dialogue.take("w"), dies_at)

    @rule(dies_at=st.none() | st.integers(0, 9))
    def send(self, dies_at: int | None) -> None:
        self.live(self._send(), dies_at)

    async def _send(self) -> None:
        outbox = self.process.outbox
        await outbox.step()
        ended = await asyncio.gather(*outbox._busy.values(), return_exceptions=True)
        if any(isinstance(end, BaseException) for end in ended):
            raise Crash

    @rule(times=st.integers(1, 3))
    def refuse(self, times: int) -> None:
        self.line.refusals = times

    @rule(seconds=st.sampled_from([1, 5, 61]))
    def wait(self, seconds: int) -> None:
        """Time enough for a retry, or for the lease of a dead worker to lapse."""
        self.now += seconds

    @invariant()
    def nothing_left_out_of_order(self) -> None:
        for person in PEOPLE:
            texts = [text for address, text in self.line.taken if address == person]
            first = list(dict.fromkeys(texts))
            told = [one for text in first for one in text.split("\n")]
            assert told == self.acknowledged[person][: len(told)]

    def teardown(self) -> None:
        try:
            self.loop.run_until_complete(self._settle())
        finally:
            self.loop.run_until_complete(self.db.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    async def _settle(self) -> None:
        """Whatever happened, time and one living process bring everything to its end."""
        self.power.left, self.line.refusals = None, 0
        for _ in range(12):
            self.now += 61
            while await self.process.dialogue.take("last"):
                pass
            await self._send()
        async with self.db.read() as conn:
            rows = (await conn.execute(select(outbound.c.state))).scalars().all()
        assert set(rows) <= {"sent"}
        for person in PEOPLE:
            texts = [text for address, text in self.line.taken if address == person]
            told = [one for text in dict.fromkeys(texts) for one in text.split("\n")]
            assert told == self.acknowledged[person], "lost, handled twice, or out of order"
        twice = sum(count - 1 for count in Counter(self.line.taken).values())
        assert twice <= self.line.died_after


@pytest.fixture
def machine(tmp_path: Path) -> type[Machine]:
    """The machine with a migrated database to start from and a vault."""
    template = tmp_path / "template.db"
    asyncio.run(upgrade(f"sqlite:///{template}"))
    ring = KeyRing.create(tmp_path / "keys.json")
    return type("Prepared", (Machine,), {"template": template, "vault": Vault(ring)})


def _how(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


def test_nothing_is_lost_or_done_twice(machine: type[Machine]) -> None:
    """The small edition; ``make nightly`` walks much further."""
    run(machine, settings=_how(30, 40))


@pytest.mark.nightly
def test_nothing_is_lost_or_done_twice_in_a_long_walk(machine: type[Machine]) -> None:
    """Some 5,000 walks of 100 steps (security, check 4)."""
    run(machine, settings=_how(5000, 100))
