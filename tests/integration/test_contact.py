"""Safe contact: nothing that was not agreed leaves to a phone that has been silent; nothing is lost by waiting."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.contact import DURING, NEVER, opens
from bot.storage.database import Database
from bot.storage.tables import conversations
from bot.vault import Vault
from connectors.base import Outbound
from tests.integration.conftest import NOW
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Line, Setting

HOUR = 3600.0
LIMA_NOON = datetime(2027, 3, 1, 17, 0, tzinfo=UTC).timestamp()  # 12:00 in Lima


def _state(**wishes: Any) -> dict[str, Any]:
    return {"wishes": wishes}


@pytest.mark.parametrize(
    ("state", "silent", "opens_in"),
    [
        (_state(may_write=False), DURING - 1, 0),  # in a conversation: answered
        (None, DURING - 1, 0),
        (_state(may_write=False), DURING, None),
        (_state(), DURING, None),
        (None, DURING, None),
        (_state(may_write=True, when="any"), 9 * HOUR, 0),
        (_state(may_write=True), 9 * HOUR, 0),
        (_state(may_write=True, when="afternoon"), 9 * HOUR, 0),
        (_state(may_write=True, when="night"), 9 * HOUR, 6 * HOUR),
        (_state(may_write=True, when="morning"), 9 * HOUR, 18 * HOUR),
        ({"wants_person": True}, 9 * HOUR, 0),
        ({"wants_person": True, **_state(may_write=False)}, 9 * HOUR, None),
        ({"emergency": "danger"}, 9 * HOUR, 0),
        ({"emergency": "danger", "emergency_denied": True}, 9 * HOUR, None),
        ({"context": {"danger_today": "yes"}}, 9 * HOUR, 0),
        ({"answers": {"M1": {"value": "yes"}}, "emergency_denied": False}, 9 * HOUR, 0),
        ({"answers": {"Q12": {"value": "yes"}}}, 9 * HOUR, None),
    ],
)
def test_when_a_responders_words_may_leave(
    state: dict[str, Any] | None, silent: float, opens_in: float | None
) -> None:
    """At once in a conversation; later as agreed, where a person was asked for or help was; else never unasked."""
    at = opens(state, LIMA_NOON - silent, LIMA_NOON)
    assert at == (NEVER if opens_in is None else LIMA_NOON + opens_in)


class Phone(Setting):
    """One person who wrote at the start, and a responder."""

    async def told(self, person: str, state: dict[str, Any]) -> None:
        sealed = self.vault.seal_json("conversations", "state_sealed", person, state)
        async with self.db.write() as conn:
            await conn.execute(
                update(conversations).where(conversations.c.id == person).values(state_sealed=sealed)
            )

    async def reply(self, person: str, text: str, key: str = "") -> None:
        author = "bot" if key else "staff"
        async with self.db.write() as conn:
            await self.outbox.enqueue(conn, person, text, author, key, Outbound(text), self.now)
        await self.work()

    async def writes(self, n: int) -> None:
        at = datetime.fromtimestamp(self.now, UTC)
        await self.inbox.store(dataclasses.replace(event(n), address=ADDRESS, received_at=at))
        async with self.db.read() as conn:
            here = await conn.scalar(select(conversations.c.id))
        async with self.db.write() as conn:
            await self.outbox.release(conn, here, self.now)
        await self.work()

    def got(self) -> list[str]:
        return [text for _, text in self.line.sent]


ADDRESS = "whatsapp:+51987654320"


@pytest.fixture
def phone(database: Database, vault: Vault) -> Phone:
    return Phone(database, vault, Line())


async def test_solo_si_yo_escribo_is_kept(phone: Phone) -> None:
    """Half an hour later a reply, who is here and goodbye all wait; they leave, in order, when the person writes."""
    person = await phone.person()
    await phone.told(person, {"wants_person": True, **_state(may_write=False)})
    await phone.reply(person, "en la conversación")
    phone.now += DURING
    await phone.reply(person, "soy Ana", "human.joined")
    await phone.reply(person, "¿cómo sigue?")
    await phone.reply(person, "gracias", "human.closed.oriented")
    phone.now += 40 * HOUR
    await phone.work()
    assert phone.got() == ["en la conversación"]
    assert await phone.states() == [("sent", ""), *[("held", "contact")] * 3]
    await phone.writes(1)
    assert phone.got()[1:] == ["soy Ana", "¿cómo sigue?", "gracias"]


async def test_what_the_person_caused_never_waits_for_it(phone: Phone) -> None:
    """The bot's own lines answer a message; they are not a responder's."""
    person = await phone.person()
    await phone.told(person, _state(may_write=False))
    phone.now += DURING
    await phone.say(person, "respuesta")
    await phone.work()
    assert phone.got() == ["respuesta"]


async def test_the_agreed_hours_are_waited_for(phone: Phone) -> None:
    """Agreed for the night: held by day, sent when the night begins, not while the chat is covered."""
    person = await phone.person()
    await phone.told(person, _state(may_write=True, when="night"))
    phone.now = max(NOW + DURING, LIMA_NOON)
    phone.now += (LIMA_NOON - phone.now) % (24 * HOUR)
    await phone.reply(person, "hola")
    assert phone.got() == []
    async with phone.db.write() as conn:
        await conn.execute(update(conversations).values(phase="locked", phase_before="human"))
    phone.now += 6 * HOUR + 60
    await phone.work()
    assert phone.got() == []
    async with phone.db.write() as conn:
        await conn.execute(update(conversations).values(phase="human"))
    phone.now += 60
    await phone.work()
    assert phone.got() == ["hola"]


async def test_who_writes_at_that_very_moment_is_answered(phone: Phone) -> None:
    """Between reading the queue and holding the reply the person wrote: it is not held."""
    person = await phone.person()
    await phone.told(person, _state(may_write=False))
    phone.now += DURING
    async with phone.db.write() as conn:
        await phone.outbox.enqueue(conn, person, "r", "staff", "", Outbound("respuesta"), phone.now)
    (row,) = await phone.outbox._due(phone.now)
    await phone.inbox.store(dataclasses.replace(event(1), address=ADDRESS))
    await phone.outbox._contacts.holds(row)
    await phone.work()
    assert phone.got() == ["respuesta"]
