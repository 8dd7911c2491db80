"""After 24 hours of silence: a person's reply waits behind one neutral template, judged by Twilio's own description.

Guards against both harms: a reply that is lost, and a message with a topic on a phone that others may hold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from bot.outbox import Outbox
from bot.phrasing import Catalogues
from bot.storage import conversations as people
from bot.storage.database import Database
from bot.storage.tables import conversations, outbound
from bot.vault import Vault
from connectors.base import Choice, Outbound, Status
from connectors.whatsapp import WhatsApp
from tests.conftest import ROOT
from tests.integration.test_inbox import event
from tests.integration.test_outbox import Setting
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, SENDER
from tests.peers.twilio import TwilioPeer

DAY = 24 * 3600.0
TEMPLATE = "HX" + "e" * 32
SAY = Catalogues(ROOT / "locales").text
NOTICE = SAY("window.notice", "es")
PHONE = "whatsapp:+51987654320"


class Late(Setting):
    """An outbox on a real WhatsApp channel; the person has written once, at the start."""

    def __init__(self, database: Database, vault: Vault, peer: TwilioPeer, template: str) -> None:
        channel = WhatsApp(
            ACCOUNT, "12345", SENDER, "https://faro.example.org", peer.url, Contents(), template=template
        )
        super().__init__(database, vault, channel)
        self.peer = peer
        self.outbox = Outbox(database, vault, {"whatsapp": channel}, lambda: self.now, lambda: 0.5, SAY)

    async def person(self, n: int = 0) -> str:
        """Somebody who has agreed to be written to."""
        person = await super().person(n)
        await self.wishes(person, may_write=True)
        return person

    async def wishes(self, person: str, **wishes: object) -> None:
        state = self.vault.seal_json("conversations", "state_sealed", person, {"wishes": wishes})
        async with self.db.write() as conn:
            await conn.execute(
                update(conversations).where(conversations.c.id == person).values(state_sealed=state)
            )

    async def reply(self, conversation: str, text: str) -> None:
        async with self.db.write() as conn:
            await self.outbox.enqueue(conn, conversation, text, "staff", "", Outbound(text), self.now)

    async def writes(self, n: int) -> None:
        """The person writes; their turn releases what was held."""
        at = datetime.fromtimestamp(self.now, UTC)
        await self.inbox.store(dataclasses.replace(event(n, address=PHONE), received_at=at))
        async with self.db.read() as conn:
            here = await conn.scalar(select(conversations.c.id))
        async with self.db.write() as conn:
            await self.outbox.release(conn, here, self.now)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.peer.messages]


@pytest.fixture
async def late(database: Database, vault: Vault) -> AsyncIterator[Late]:
    async with TwilioPeer() as peer:
        peer.approved[TEMPLATE] = NOTICE
        late = Late(database, vault, peer, TEMPLATE)
        yield late
        await late.line.close()


async def test_in_time_a_reply_goes_out_as_it_is(late: Late) -> None:
    """Up to the last minutes nothing stands before it."""
    person = await late.person()
    late.now += DAY - 120
    await late.reply(person, "respuesta")
    await late.work()
    assert late.texts() == ["respuesta"]


async def test_a_late_reply_waits_behind_one_template(late: Late) -> None:
    """Held before any send: Twilio sees the template only, once for many replies; all leave when the person writes."""
    person = await late.person()
    late.now += DAY
    late.peer.closed.add(PHONE)
    await late.reply(person, "uno")
    await late.work()
    late.now += 3 * DAY
    await late.reply(person, "dos")
    await late.work()
    assert late.texts() == [NOTICE]
    assert [call.data.get("ContentSid") for call in late.peer.called("/Messages.json")] == [TEMPLATE]
    assert await late.states() == [("held", "window"), ("sent", ""), ("held", "window")]
    late.peer.closed.clear()
    await late.writes(1)
    await late.work()
    assert late.texts() == [NOTICE, "uno", "dos"]
    late.now += DAY
    await late.reply(person, "tres")
    await late.work()
    assert late.texts() == [NOTICE, "uno", "dos", NOTICE]


async def test_what_the_bot_had_to_say_is_held_without_a_notice(late: Late) -> None:
    """Only a person's words are worth a message to a phone that has been silent for a day."""
    person = await late.person()
    late.now += DAY
    await late.say(person, "recordatorio")
    await late.work()
    assert late.peer.calls == []
    assert await late.states() == [("held", "window")]


@pytest.mark.parametrize("why", ["locked", "stopped", "blocked", "no wish", "not asked", "no template"])
async def test_where_no_notice_may_go(late: Late, why: str) -> None:
    """A silent chat, a blocked one, no agreement to be written to, no approved template: nothing leaves."""
    person = await late.person()
    if why == "no template":
        late = Late(late.db, late.vault, late.peer, "")
    late.now += DAY
    await late.reply(person, "respuesta")
    async with late.db.write() as conn:
        here = update(conversations).where(conversations.c.id == person)
        if why in ("locked", "stopped"):
            await conn.execute(here.values(phase=why))
        if why == "blocked":
            await people.set_blocked(conn, person, blocked=True)
    if why == "no wish":
        await late.wishes(person, may_write=False)
    if why == "not asked":
        await late.wishes(person)
    await late.work()
    assert late.peer.calls == []
    assert await late.states() == [("held", "contact" if why in ("no wish", "not asked") else "window")]


@pytest.mark.parametrize("how", ["answer", "status"])
async def test_twilio_says_that_it_is_too_late(late: Late, how: str) -> None:
    """63016, at once or by status later: the reply is held and announced, as if we had known."""
    person = await late.person()
    if how == "answer":
        late.peer.closed.add(PHONE)
    await late.reply(person, "respuesta")
    await late.work()
    if how == "status":
        sid = late.peer.messages[0]["sid"]
        await late.outbox.apply_status(Status("whatsapp", sid, "failed", "63016"))
        await late.work()
    assert await late.states() == [("held", "63016"), ("sent", "")]
    assert late.texts()[-1] == NOTICE


@pytest.mark.parametrize("how", ["unknown", "refused", "status"])
async def test_a_template_that_is_refused_is_a_dead_letter(late: Late, how: str) -> None:
    """It never goes out as free words, is not tried for ever, and does not take the reply with it."""
    person = await late.person()
    late.now += DAY
    if how == "unknown":
        late.peer.approved.clear()
    if how == "refused":
        late.peer.fault("/Messages.json", 400, {"code": 63016, "message": "x", "status": 400})
    await late.reply(person, "respuesta")
    await late.work()
    if how == "status":
        sid = late.peer.messages[0]["sid"]
        await late.outbox.apply_status(Status("whatsapp", sid, "failed", "63016"))
    code = "21655" if how == "unknown" else "63016"
    assert await late.states() == [("held", "window"), ("failed", code)]
    assert "respuesta" not in late.texts()


async def test_a_notice_that_did_not_leave_in_time_is_dropped(late: Late) -> None:
    """The person writes while Twilio is down: what follows is the reply, not a notice of it."""
    person = await late.person()
    late.now += DAY
    late.peer.fault("/Messages.json", 503, {})
    await late.reply(person, "respuesta")
    await late.work()
    await late.writes(1)
    late.now += 10
    await late.work()
    assert late.texts() == ["respuesta"]
    async with late.db.read() as conn:
        assert (
            await conn.scalar(select(outbound.c.state).where(outbound.c.key == "window.notice"))
            == "cancelled"
        )


async def test_whoever_writes_at_that_very_moment_is_answered(late: Late) -> None:
    """Between reading the queue and holding the message the person wrote: it is not held."""
    person = await late.person()
    late.now += DAY
    await late.reply(person, "respuesta")
    (row,) = await late.outbox._due(late.now)
    await late.writes(1)
    await late.outbox._windows.hold(row)
    await late.work()
    assert late.texts() == ["respuesta"]


YES_NO = Outbound("¿Te deben dinero?", (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No")), "buttons")


@pytest.mark.parametrize(
    ("code", "wait", "ends"),
    [
        ("63005", 0, ["¿Te deben dinero?", "¿Te deben dinero?\n\n1. Sí\n2. No"]),
        ("63021", 0, ["¿Te deben dinero?", "¿Te deben dinero?\n\n1. Sí\n2. No"]),
        ("63018", 60, ["¿Te deben dinero?", "¿Te deben dinero?"]),
        ("63024", 0, ["¿Te deben dinero?"]),
        ("63013", 0, ["¿Te deben dinero?"]),
    ],
)
async def test_a_refusal_told_late_gets_its_second_chance(
    late: Late, code: str, wait: float, ends: list[str]
) -> None:
    """Taken and then not delivered: refused buttons go as words, a rate limit waits, the rest stays failed.

    The same status, repeated at any moment, changes nothing more.
    """
    person = await late.person()
    async with late.db.write() as conn:
        await late.outbox.enqueue(conn, person, "q", "bot", "ask.Q07", YES_NO, late.now)
    await late.work()
    sid = late.peer.messages[0]["sid"]
    for _ in range(3):
        await late.outbox.apply_status(Status("whatsapp", sid, "failed", code))
    late.now += wait
    await late.work()
    await late.outbox.apply_status(Status("whatsapp", sid, "failed", code))
    await late.work()
    assert late.texts() == ends
    assert await late.states() == [("sent", "") if len(ends) > 1 else ("failed", code)]


async def test_an_old_status_does_not_touch_the_next_try(late: Late) -> None:
    """The status of the first try, repeated while the second is being sent, is of a message that is no more."""
    person = await late.person()
    await late.reply(person, "respuesta")
    await late.work()
    sid = late.peer.messages[0]["sid"]
    await late.outbox.apply_status(Status("whatsapp", sid, "failed", "63018"))
    async with late.db.write() as conn:
        await conn.execute(update(outbound).values(state="sending"))
    for status, code in (("failed", "63024"), ("delivered", "")):
        await late.outbox.apply_status(Status("whatsapp", sid, status, code))  # type: ignore[arg-type]  # both are names
    assert await late.states() == [("sending", "63018")]
