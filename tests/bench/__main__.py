"""``faro bench``: figures of the main path on this machine, against a real ``faro serve`` and the platform's peer.

Webhook answer at 20 messages a second, message in to reply handed over at 10 a second (first message of each turn,
one conversation each), Rasa's turn early and late in a conversation, resident memory of both processes.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bot.rasa import RasaProcess
from tests.journey.service import BOT_TOKEN, Service, faro, telegram_settings
from tests.peers.sign import text_update
from tests.peers.telegram import TelegramPeer

PEOPLE = 120
TURNS = 200


def centile(values: list[float], part: float) -> float:
    """The value that ``part`` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def load(
    service: Service, peer: TelegramPeer, rate: float, first: int
) -> tuple[list[float], list[float]]:
    """Seconds of each webhook answer, and from each message to the first call that answers it."""
    answers: list[float] = []
    started: dict[str, float] = {}
    handed: dict[str, float] = {}

    async def write(chat: int) -> None:
        started[str(chat)] = begun = time.perf_counter()
        assert (await service.telegram(text_update("hola", chat))).status_code == 200
        answers.append(time.perf_counter() - begun)

    async def watch() -> None:
        seen = len(peer.calls)
        while len(handed) < PEOPLE:
            for call in peer.calls[seen:]:
                if call.name == "sendMessage" and int(call.data["chat_id"]) >= first:  # not an earlier load's
                    handed.setdefault(str(call.data["chat_id"]), time.perf_counter())
            seen = len(peer.calls)
            await asyncio.sleep(0.002)

    watcher = asyncio.create_task(watch())
    tasks = []
    for n in range(PEOPLE):
        tasks.append(asyncio.create_task(write(first + n)))
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*tasks)
    async with asyncio.timeout(60):
        await watcher
    return answers, [handed[chat] - at for chat, at in started.items()]


def resident(pid: int) -> float:
    """Megabytes of a process and its children."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
    return sum(rss for own, parent, rss in rows if pid in (own, parent)) / 1024


async def rasa_turns() -> list[float]:
    """Milliseconds of each of many turns of one conversation."""
    process = RasaProcess()
    await process.start()
    state, took = None, []
    request = {
        "conversation": "bench",
        "message_ids": ["m"],
        "input": {"kind": "text", "text": "no sé"},
        "locale": "es",
    }
    for _ in range(TURNS):
        begun = time.perf_counter()
        answer = await process.client.turn({**request, "state": state, "context": {}})
        took.append((time.perf_counter() - begun) * 1000)
        state = answer["state"]
    await process.stop()
    return took


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            TelegramPeer(token=BOT_TOKEN) as peer,
            faro(Path(folder), telegram_settings(peer.url)) as service,
        ):
            answers, _ = await load(service, peer, 20, 10_000)
            _, replies = await load(service, peer, 10, 20_000)
            memory = resident(service.pid)
    turns = await rasa_turns()
    early, late = statistics.median(turns[5:45]), statistics.median(turns[-40:])
    print(
        f"webhook answer at 20/s       p50 {centile(answers, 0.5) * 1000:.0f} ms   p99 {centile(answers, 0.99) * 1000:.0f} ms"
    )
    print(
        f"message in to reply at 10/s  p50 {centile(replies, 0.5) * 1000:.0f} ms   p95 {centile(replies, 0.95) * 1000:.0f} ms"
    )
    print(
        f"Rasa turn                    p50 {early:.1f} ms early, {late:.1f} ms at {TURNS}: ratio {late / early:.2f}"
    )
    print(f"resident memory              {memory:.0f} MB, gateway and Rasa together")


if __name__ == "__main__":
    asyncio.run(main())
