"""What Twilio keeps goes once it served its purpose, and what its webhooks lost is found in its list.

Guards against a copy of somebody's words that outlives them, and against a message that nobody ever saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from bot import reconciliation
from bot.erasure import AFTER_READING, AFTER_SENDING, MOST_ATTEMPTS
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.reconciliation import EVERY_SECONDS, OVERLAP_SECONDS, Sweep
from bot.retention import erase_conversation
from bot.storage.database import Database
from bot.storage.tables import conversations, erasures, inbound
from bot.vault import Vault
from bot.webhook import Door
from connectors.base import Outbound, Status
from connectors.whatsapp import WhatsApp
from tests.integration.test_outbox import Setting
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, PERSON, SENDER, message_form, sign_twilio
from tests.peers.twilio import TwilioPeer

PUBLIC = "https://faro.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"


class Account(Setting):
    """One WhatsApp account with a clock that the test moves, from the webhook to Twilio's own list."""

    def __init__(self, database: Database, vault: Vault, peer: TwilioPeer) -> None:
        channel = WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, peer.url, Contents())
        super().__init__(database, vault, channel)
        self.peer = peer
        channels, clock = {"whatsapp": channel}, lambda: self.now
        self.inbox = Inbox(database, vault, clock, copies=["whatsapp"])
        self.outbox = Outbox(database, vault, channels, clock, lambda: 0.5)
        self.door = Door(channels, self.inbox, self.outbox, clock)
        self.sweep = Sweep(database, [channel], self.door.deliver, clock)
        transport = httpx.ASGITransport(Starlette(routes=self.door.routes()))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    async def writes(self, text: str, *, lost: bool = False) -> str:
        """Somebody writes: Twilio lists the message and calls us, unless the call is ``lost``."""
        form = message_form(text)
        when = format_datetime(datetime.fromtimestamp(self.now, UTC))
        listed = {"direction": "inbound", "date_sent": when, "num_media": "0"}
        self.peer.inbox.insert(
            0, {"sid": form["MessageSid"], "from": PERSON, "to": SENDER, "body": text, **listed}
        )
        if not lost:
            headers, body = sign_twilio(f"{PUBLIC}/webhooks/whatsapp", form, TOKEN)
            assert (await self.http.post("/webhooks/whatsapp", content=body, headers=headers)).is_success
        return form["MessageSid"]

    async def turn(self) -> str:
        """A worker handles whatever is queued; the conversation."""
        claimed = await self.inbox.claim("w", self.now)
        assert claimed is not None
        async with self.db.write() as conn:
            await self.inbox.done(conn, claimed, [m.id for m in claimed.messages], self.now)
        return claimed.conversation.id

    async def texts(self) -> list[str]:
        async with self.db.read() as conn:
            rows = await conn.execute(select(inbound).order_by(inbound.c.received_at, inbound.c.seq))
            return [self.inbox.opened(row).text for row in rows]

    async def ordered(self) -> int:
        async with self.db.read() as conn:
            return int(await conn.scalar(select(func.count()).select_from(erasures)))


@pytest.fixture
async def account(database: Database, vault: Vault) -> AsyncIterator[Account]:
    async with TwilioPeer(token=TOKEN) as peer:
        account = Account(database, vault, peer)
        yield account
        await account.door.close()
        await account.http.aclose()
        await account.line.close()


async def test_what_was_handled_goes_from_twilio(account: Account) -> None:
    """Not before it was handled, and a minute after it; nothing is left to do then."""
    sid = await account.writes("me quitaron el pasaporte")
    account.now += 10 * AFTER_READING
    await account.work()
    assert account.peer.deleted == []
    await account.turn()
    account.now += AFTER_READING - 1
    await account.work()
    assert account.peer.deleted == []
    account.now += 1
    await account.work()
    assert account.peer.deleted == [sid]
    assert await account.ordered() == 0


async def test_what_we_sent_goes_after_its_delivery_had_time(account: Account) -> None:
    """The record of our own message is deleted too; its status still counts."""
    await account.writes("hola")
    person = await account.turn()
    await account.say(person, "respuesta")
    await account.work()
    sid = account.peer.messages[0]["sid"]
    await account.outbox.apply_status(Status("whatsapp", sid, "read"))
    account.now += AFTER_SENDING
    await account.work()
    assert sid in account.peer.deleted
    assert await account.states() == [("read", "")]


async def test_what_is_still_on_its_way_is_tried_for_days(account: Account) -> None:
    """Error 20009 means later: a phone that is switched off keeps its message unfinished."""
    await account.writes("hola")
    person = await account.turn()
    await account.say(person, "respuesta")
    await account.work()
    sid = account.peer.messages[0]["sid"]
    account.peer.unfinished.add(sid)
    for _ in range(20):
        account.now += 3600
        await account.work()
    assert sid not in account.peer.deleted
    account.peer.unfinished.clear()
    for _ in range(7):
        account.now += 3600
        await account.work()
    assert sid in account.peer.deleted
    assert await account.ordered() == 0


async def test_what_cannot_be_deleted_is_counted_and_given_up(account: Account) -> None:
    """Each failure and the end of trying show in the figures; nothing is tried for ever."""

    def figure(name: str) -> float:
        return REGISTRY.get_sample_value(f"faro_erasures_{name}_total", {"channel": "whatsapp"}) or 0.0

    before = figure("retried"), figure("left")
    await account.writes("hola")
    await account.turn()
    account.peer.fault("/Messages/", 500, {}, times=1000)
    for _ in range(MOST_ATTEMPTS + 5):
        account.now += 6 * 3600
        await account.work()
    assert (figure("retried") - before[0], figure("left") - before[1]) == (MOST_ATTEMPTS - 1, 1)
    assert await account.ordered() == 0


async def test_no_address_rests_in_the_order(account: Account, vault: Vault) -> None:
    """Deleting one message at Twilio needs no number, so none is kept for it."""
    await account.writes("hola")
    await account.turn()
    async with account.db.read() as conn:
        row = (await conn.execute(select(erasures))).one()
    target = vault.open_json("erasures", "target_sealed", row.id, row.target_sealed)
    assert target["address"] == ""


async def test_twenty_lost_webhooks_are_found(account: Account) -> None:
    """20 of 20 within five minutes; the twenty that came, and what was erased, change nothing."""
    await account.sweep.step()
    account.now += 3600
    await account.sweep.step()
    began = account.now
    for n in range(20):
        await account.writes(f"perdido {n}", lost=True)
        await account.writes(f"llegó {n}")
    while account.now < began + 300 - EVERY_SECONDS:
        account.now += EVERY_SECONDS
        await account.sweep.step()
    found = await account.texts()
    assert sorted(found) == sorted(f"{what} {n}" for n in range(20) for what in ("perdido", "llegó"))
    person = await account.turn()
    async with account.db.write() as conn:
        await erase_conversation(conn, account.vault, person, account.now, receipt=())
    await account.sweep.step()
    assert await account.texts() == []


async def test_a_look_that_fails_is_made_up_for(account: Account) -> None:
    """Twilio is away for an hour: afterwards the list is read from where it was left."""
    await account.sweep.step()
    await account.writes("perdido", lost=True)
    account.peer.fault("/Messages.json", 503, {}, times=40)
    for _ in range(40):
        account.now += EVERY_SECONDS
        await account.sweep.step()
    assert await account.texts() == []
    account.now += EVERY_SECONDS
    await account.sweep.step()
    assert await account.texts() == ["perdido"]


async def test_the_first_look_ever_takes_up_no_old_messages(account: Account) -> None:
    """What somebody wrote to this number before Faro was there is not answered now."""
    await account.writes("viejo", lost=True)
    account.now += OVERLAP_SECONDS + 3600
    await account.sweep.step()
    account.now += EVERY_SECONDS
    await account.sweep.step()
    assert await account.texts() == []


async def test_a_message_found_late_opens_the_window_from_when_it_was_written(account: Account) -> None:
    """The 24 hours count from the person's message, and an older one does not shorten them."""
    await account.sweep.step()
    wrote = account.now
    await account.writes("perdido", lost=True)
    account.now += 1800
    await account.sweep.step()
    async with account.db.read() as conn:
        assert await conn.scalar(select(conversations.c.last_inbound_at)) == int(wrote)
    await account.writes("ahora")
    latest = account.now
    await account.writes("otro perdido", lost=True)
    account.now += 600
    await account.sweep.step()
    async with account.db.read() as conn:
        assert await conn.scalar(select(conversations.c.last_inbound_at)) == latest
    await account.line.send(PERSON, Outbound("hola"))


async def test_the_loop_looks_and_ends(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job runs by itself, and stops when the service does."""
    monkeypatch.setattr(reconciliation, "EVERY_SECONDS", 0.01)
    stop = asyncio.Event()
    task = asyncio.create_task(account.sweep.run(stop))
    await asyncio.sleep(0.05)
    await account.writes("perdido", lost=True)
    account.now += 300
    async with asyncio.timeout(5):
        while await account.texts() != ["perdido"]:  # noqa: ASYNC110 - it is another task's work
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 5)


@pytest.mark.parametrize(("phase", "shown"), [("bot", 1), ("human", 0), ("locked", 0), ("stopped", 0)])
async def test_typing_is_shown_only_where_the_bot_speaks(account: Account, phase: str, shown: int) -> None:
    """In a covered chat nothing moves, and where a person speaks nobody pretends; a repeated call shows nothing."""
    await account.writes("hola")
    await account.door.close()
    account.peer.typing.clear()
    async with account.db.write() as conn:
        await conn.execute(update(conversations).values(phase=phase))
    form = message_form("sigo aquí")
    for _ in range(2):
        headers, body = sign_twilio(f"{PUBLIC}/webhooks/whatsapp", form, TOKEN)
        await account.http.post("/webhooks/whatsapp", content=body, headers=headers)
    await account.door.close()
    assert account.peer.typing == [form["MessageSid"]] * shown
