"""The outbox: order, pace, retry, silence, status. Judged with a channel that fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from bot.delivery import MOST_ATTEMPTS
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.storage.database import Database
from bot.storage.tables import conversations, outbound
from bot.vault import Vault
from connectors.base import Limits, Outbound, SendError, Sent, Status
from tests.integration.conftest import NOW
from tests.integration.test_inbox import event


class Line:
    """A channel in memory: takes messages, or raises what it was told to."""

    name = "whatsapp"

    def __init__(self, burst: int = 100, seconds: float = 1.0) -> None:
        self.limits = Limits(1600, 1024, 3, 20, per_person_burst=burst, per_person_seconds=seconds)
        self.sent: list[tuple[str, str]] = []
        self.errors: list[Exception] = []

    async def send(self, address: str, message: Outbound) -> Sent:
        if self.errors:
            raise self.errors.pop(0)
        await asyncio.sleep(0)
        self.sent.append((address, message.text))
        return Sent(f"MM{len(self.sent)}", f"MM{len(self.sent)}")

    def explain(self, code: str) -> SendError:
        return SendError(code, retryable=False, window=code == "63016")

    async def erase(self, address: str, refs: Sequence[str]) -> int:
        return 0


class Setting:
    """An outbox with a clock that the test moves."""

    def __init__(self, database: Database, vault: Vault, line: Line) -> None:
        self.db, self.vault, self.line, self.now = database, vault, line, NOW
        self.outbox = Outbox(database, vault, {"whatsapp": line}, lambda: self.now, lambda: 0.5)
        self.inbox = Inbox(database, vault, lambda: self.now)

    async def person(self, n: int = 0) -> str:
        stored = await self.inbox.store(event(n, address=f"whatsapp:+5198765432{n}"))
        return stored.conversation_id

    async def say(self, conversation: str, *texts: str, **options: object) -> None:
        async with self.db.write() as conn:
            for text in texts:
                await self.outbox.enqueue(
                    conn,
                    conversation,
                    f"{conversation}:{text}",
                    "bot",
                    options.pop("key", "say.x"),
                    Outbound(text),
                    self.now,
                    **options,
                )

    async def work(self) -> None:
        """Send whatever may be sent now."""
        for _ in range(50):
            await self.outbox.step()
            if not self.outbox._busy:
                return
            await asyncio.gather(*self.outbox._busy.values())

    async def states(self) -> list[tuple[str, str]]:
        async with self.db.read() as conn:
            rows = await conn.execute(
                select(outbound.c.state, outbound.c.error_code).order_by(outbound.c.seq)
            )
            return [tuple(row) for row in rows]


@pytest.fixture
def setting(database: Database, vault: Vault) -> Setting:
    return Setting(database, vault, Line())


async def test_messages_leave_in_order_and_once(setting: Setting) -> None:
    """Ten messages to each of three people, queued twice: ten each, in order."""
    people = [await setting.person(n) for n in range(3)]
    for _ in range(2):
        for person in people:
            await setting.say(person, *[f"{n}" for n in range(10)])
    await setting.work()
    for n in range(3):
        assert [t for a, t in setting.line.sent if a.endswith(str(n))] == [str(i) for i in range(10)]


async def test_a_failed_message_keeps_the_later_ones_back(setting: Setting) -> None:
    """A question never arrives before the one it follows; the wait the provider names is kept."""
    person = await setting.person()
    await setting.say(person, "a", "b")
    setting.line.errors = [SendError("20429", retryable=True, retry_after=7.0)]
    await setting.work()
    assert setting.line.sent == []
    setting.now += 6.9
    await setting.work()
    assert setting.line.sent == []
    setting.now += 0.2
    await setting.work()
    assert [text for _, text in setting.line.sent] == ["a", "b"]


@pytest.mark.parametrize("error", [TimeoutError(), RuntimeError("odd"), SendError("503", retryable=True)])
async def test_whatever_goes_wrong_is_tried_again(setting: Setting, error: Exception) -> None:
    """A time-out, a fault of ours and a fault of theirs cost time, not the message."""
    person = await setting.person()
    await setting.say(person, "a")
    setting.line.errors = [error]
    await setting.work()
    assert (await setting.states())[0][0] == "queued"
    setting.now += 3
    await setting.work()
    assert await setting.states() == [("sent", "")]


async def test_trying_ends_in_a_dead_letter_that_does_not_block(setting: Setting) -> None:
    """After the last attempt the message is failed and visible; the next one goes out."""
    person = await setting.person()
    await setting.say(person, "a", "b")
    setting.line.errors = [SendError("30001", retryable=True) for _ in range(MOST_ATTEMPTS)]
    for _ in range(MOST_ATTEMPTS + 1):
        await setting.work()
        setting.now += 4000
    assert await setting.states() == [("failed", "30001"), ("sent", "")]


async def test_never_blocked_and_window_have_their_own_ends(setting: Setting) -> None:
    """Refused: a dead letter. Blocked: nothing more is tried. Window closed: held until the person writes."""
    person = await setting.person()
    await setting.say(person, "a")
    setting.line.errors = [SendError("63024", retryable=False)]
    await setting.work()
    await setting.say(person, "b")
    setting.line.errors = [SendError("63016", retryable=False, window=True)]
    await setting.work()
    assert await setting.states() == [("failed", "63024"), ("held", "63016")]
    async with setting.db.write() as conn:
        await setting.outbox.release(conn, person, setting.now)
    await setting.work()
    assert [text for _, text in setting.line.sent] == ["b"]
    await setting.say(person, "c", "d")
    setting.line.errors = [SendError("21610", retryable=False, blocked=True)]
    await setting.work()
    assert (await setting.states())[2:] == [("failed", "21610"), ("cancelled", "")]
    async with setting.db.read() as conn:
        assert await conn.scalar(select(conversations.c.blocked))


async def test_a_locked_chat_is_silent(setting: Setting) -> None:
    """What the bot had to say is dropped, what a person wrote waits, and only the cover line leaves."""
    person = await setting.person()
    await setting.say(person, "pregunta")
    async with setting.db.write() as conn:
        await setting.outbox.enqueue(conn, person, "staff", "staff", "", Outbound("respuesta"), setting.now)
        await conn.execute(update(conversations).values(phase="locked"))
        await setting.outbox.hold(conn, person)
    await setting.say(person, "arroz", key="exit.cover", even_if_silent=True)
    await setting.say(person, "recordatorio")
    await setting.work()
    assert [text for _, text in setting.line.sent] == ["arroz"]
    assert [state for state, _ in await setting.states()] == ["cancelled", "held", "sent", "held"]


async def test_the_pace_of_one_person_does_not_slow_another(database: Database, vault: Vault) -> None:
    """Bursts of three, then one for each refill; a cover line does not wait."""
    setting = Setting(database, vault, Line(burst=3, seconds=6.0))
    slow, other = await setting.person(1), await setting.person(2)
    await setting.say(slow, *"abcdef")
    await setting.say(other, "x")
    await setting.work()
    assert [text for a, text in setting.line.sent if a.endswith("1")] == ["a", "b", "c"]
    assert ("whatsapp:+51987654322", "x") in setting.line.sent
    setting.now += 6.1
    await setting.work()
    assert [text for a, text in setting.line.sent if a.endswith("1")] == ["a", "b", "c", "d"]
    async with setting.db.write() as conn:
        await setting.outbox.hold(conn, slow)
    await setting.say(slow, "arroz", key="exit.cover")
    await setting.work()
    assert setting.line.sent[-1][1] == "arroz"


async def test_a_status_never_goes_back(setting: Setting) -> None:
    """Delivered after read, failed after delivered, and statuses of unknown messages change nothing."""
    person = await setting.person()
    await setting.say(person, "a", "b", "c")
    await setting.work()
    for n, name, code in [
        (1, "read", ""),
        (1, "delivered", ""),
        (1, "failed", "63013"),
        (2, "failed", "63016"),
        (3, "sent", ""),
        (9, "read", ""),
    ]:
        await setting.outbox.apply_status(Status("whatsapp", f"MM{n}", name, code))
    assert await setting.states() == [("read", ""), ("held", "63016"), ("sent", "")]


async def test_two_processes_send_once(database: Database, vault: Vault) -> None:
    """Two outboxes on one database hand each message over once."""
    line = Line()
    a, b = Setting(database, vault, line), Setting(database, vault, line)
    for n in range(8):
        await a.say(await a.person(n), "x", "y")
    for _ in range(4):
        await asyncio.gather(a.work(), b.work())
    assert sorted(line.sent) == sorted((f"whatsapp:+5198765432{n}", t) for n in range(8) for t in "xy")


async def test_a_crash_between_sending_and_noting_sends_again(setting: Setting) -> None:
    """Twice is better than not at all: the row comes back when its lease is over."""
    person = await setting.person()
    await setting.say(person, "a")
    async with setting.db.write() as conn:
        await conn.execute(update(outbound).values(state="sending", next_at=setting.now + 60))
    await setting.work()
    assert setting.line.sent == []
    setting.now += 61
    await setting.work()
    assert [text for _, text in setting.line.sent] == ["a"]


async def test_what_an_operator_must_mend_is_told_and_not_thrown_away(setting: Setting) -> None:
    """Refused credentials: the figure rises at each try, and the message leaves once they are right."""
    labels = {"channel": "whatsapp", "code": "20003"}
    before = REGISTRY.get_sample_value("faro_channel_alarms_total", labels) or 0.0
    person = await setting.person()
    await setting.say(person, "a")
    setting.line.errors = [SendError("20003", retryable=True, retry_after=900, alarm=True) for _ in range(2)]
    for _ in range(3):
        await setting.work()
        setting.now += 901
    assert REGISTRY.get_sample_value("faro_channel_alarms_total", labels) == before + 2
    assert await setting.states() == [("sent", "")]
