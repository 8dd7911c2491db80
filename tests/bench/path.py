"""The main path on this machine: a real ``faro serve`` against the platform's peer, which shares its cores.

Webhook answer at 20 messages a second; message in to the first reply handed to the channel at 10 a second: all at
the same first message, then people at different places of the gate, as they are in life (a reply is one to three
messages, and Telegram takes thirty a second); messages that come in bursts, counted apart; how long a second start
takes; Rasa's turn, and the 200th beside a first with the same state; resident memory.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.rasa import RasaProcess
from tests.journey.service import BOT_TOKEN, Service, faro, telegram_settings
from tests.peers.sign import text_update
from tests.peers.telegram import TelegramPeer

PEOPLE = 120
GATE = ("hola", "1", "1", "2")  # a greeting, and answers by digit to what the bot asks
APART = 10  # people between one answer of a person and the next: ten times four messages at ten a second
TURNS, PAIRS = 200, 60
FRAGMENTS = ("mira", "no se", "creo que")
THOUGHTS = ("le trabajo a un señor", "me quitaron el pasaporte", "no me pagan", "ya son varios meses")


def centile(values: Sequence[float], part: float) -> float:
    """The value that ``part`` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Load:
    """Writes as many people do, and notes when each was answered."""

    def __init__(self, service: Service, peer: TelegramPeer) -> None:
        self._service, self._peer = service, peer
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._seen = len(peer.calls)
        self.webhooks: list[float] = []

    async def watch(self) -> None:
        """For as long as the load lasts: the first message to somebody who waits is the reply."""
        while True:
            for call in self._peer.calls[self._seen :]:
                waiting = (
                    self._waiting.pop(int(call.data["chat_id"]), None) if call.name == "sendMessage" else None
                )
                if waiting is not None:
                    waiting.set_result(time.perf_counter())
            self._seen = len(self._peer.calls)
            await asyncio.sleep(0.001)

    async def write(self, chat: int, text: str) -> float:
        """Seconds from the message to the call that answers it."""
        answered = self._waiting[chat] = asyncio.Future[float]()
        begun = time.perf_counter()
        assert (await self._service.telegram(text_update(text, chat))).status_code == 200
        self.webhooks.append(time.perf_counter() - begun)
        return await answered - begun

    async def round(self, text: str, first: int, rate: float) -> list[float]:
        """One message of everybody, ``rate`` a second."""
        tasks = []
        for chat in range(first, first + PEOPLE):
            tasks.append(asyncio.create_task(self.write(chat, text)))
            await asyncio.sleep(1 / rate)
        async with asyncio.timeout(60):
            return await asyncio.gather(*tasks)

    async def mixed(self, first: int, rate: float) -> dict[str, list[float]]:
        """Everybody walks the gate, each at another place of it; seconds to the reply to a greeting, to answers."""
        took: dict[str, list[float]] = {"greeting": [], "answers": []}
        loop = asyncio.get_running_loop()
        begun = loop.time()

        async def walk(person: int) -> None:
            for step, text in enumerate(GATE):
                slot = (person + APART * step) * len(GATE) + step
                await asyncio.sleep(begun + slot / rate - loop.time())
                took["answers" if step else "greeting"].append(await self.write(first + person, text))

        async with asyncio.timeout(600):
            await asyncio.gather(*(walk(person) for person in range(PEOPLE)))
        return took

    async def burst(self, chat: int) -> float:
        """Seconds from the last of several fragments to the one reply."""
        for text in FRAGMENTS[:-1]:
            await self._service.telegram(text_update(text, chat))
            await asyncio.sleep(0.1)
        return await self.write(chat, FRAGMENTS[-1])

    async def thoughts(self, chat: int) -> tuple[int, float]:
        """How often one thought, told in finished pieces 1.5 s apart, is answered; seconds from the last to its answer."""
        await self.write(chat, "hola")
        await asyncio.sleep(5)
        before = self._asked(chat)
        for text in THOUGHTS[:-1]:
            await self._service.telegram(text_update(text, chat))
            await asyncio.sleep(1.5)
        waited = await self.write(chat, THOUGHTS[-1])
        await asyncio.sleep(3)
        return self._asked(chat) - before, waited

    def _asked(self, chat: int) -> int:
        """The questions that this chat was sent: every answer ends with one."""
        sent = [call.data for call in self._peer.calls if call.name == "sendMessage"]
        return sum(int(data["chat_id"]) == chat and "reply_markup" in data for data in sent)


def resident(pid: int) -> float:
    """Megabytes of a process and its children."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
    return sum(rss for own, parent, rss in rows if pid in (own, parent)) / 1024


async def rasa_turns() -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the turns of one conversation; then of more of them, each beside a first turn like it."""
    process = RasaProcess()
    await process.start()
    state: dict[str, object] | None = None

    async def turn(conversation: str) -> tuple[float, dict[str, object]]:
        said = {"kind": "text", "text": "no sé"}
        request = {"conversation": conversation, "message_ids": ["m"], "input": said, "locale": "es"}
        begun = time.perf_counter()
        answer = await process.client.turn({**request, "state": state, "context": {}})
        return (time.perf_counter() - begun) * 1000, answer["state"]

    took, old, new = [], [], []
    for _ in range(TURNS):
        spent, state = await turn("bench")
        took.append(spent)
    for pair in range(PAIRS):
        old.append((await turn("bench"))[0])
        new.append((await turn(f"new-{pair}"))[0])
    await process.stop()
    return took, old, new


def line(what: str, values: Sequence[float], part: float) -> None:
    """One row of figures, in milliseconds."""
    middle, high = centile(values, 0.5) * 1000, centile(values, part) * 1000
    print(f"{what:38} p50 {middle:4.0f} ms   p{part * 100:.0f} {high:4.0f} ms   n {len(values)}", flush=True)


async def main() -> None:
    """Print the figures, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            TelegramPeer(token=BOT_TOKEN) as peer,
            faro(Path(folder), telegram_settings(peer.url), start=False) as service,
        ):
            begun = time.perf_counter()
            await service.start()
            started = time.perf_counter() - begun
            load = Load(service, peer)
            watcher = asyncio.create_task(load.watch())
            await load.round("hola", 10_000, 20)
            await load.round("1", 10_000, 20)
            webhooks, load.webhooks = load.webhooks, []
            took = await load.mixed(20_000, 10)
            bursts = [await load.burst(chat) for chat in range(30_000, 30_020)]
            told = await asyncio.gather(*(load.thoughts(chat) for chat in range(40_000, 40_020)))
            watcher.cancel()
            memory = resident(service.pid)
    turns, old, new = map(statistics.median, await rasa_turns())
    line("webhook answer at 20/s", webhooks, 0.99)
    for what, waits in took.items():
        line(f"message in to reply at 10/s, {what}", waits, 0.95)
    line("last fragment of a burst to reply", bursts, 0.95)
    line("last of four, 1.5 s apart, to reply", [waited for _, waited in told], 0.95)
    print(f"{'answers to those four':38} {statistics.mean(answers for answers, _ in told):.1f}")
    print(
        f"{'Rasa turn':38} p50 {turns:.1f} ms; after {TURNS} turns {old:.1f}, a first beside it {new:.1f} ms"
    )
    print(f"{'resident memory':38} {memory:.0f} MB, gateway and Rasa together")
    print(f"{'faro serve to ready, model there':38} {started:.1f} s")
