"""The gateway is killed at random moments while people write (security, check 8).

A real ``faro serve`` on a real file, Telegram's peer outside, Rasa alive beside it: after any number of deaths every
message that was answered 200 is stored and handled, none twice, and the file is sound.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import httpx
import pytest

from bot.rasa import RasaProcess
from bot.vault import KeyRing, Vault
from tests.journey.service import BOT_TOKEN, Service, faro, telegram_settings, until
from tests.peers.sign import text_update
from tests.peers.telegram import TelegramPeer

pytestmark = pytest.mark.rasa

CHATS = range(8101, 8107)
LINES = ("hola", "sí", "no", "no sé", "ya", "1", "2")


class Crowd:
    """Several people who write at once; what was acknowledged is remembered by the provider's id."""

    def __init__(self, service: Service, chance: random.Random) -> None:
        self._service, self._chance = service, chance
        self._next = 900_000
        self.acknowledged: list[int] = []

    async def write(self, chat: int) -> None:
        """One after the other, until the line breaks; a message without an answer is posted once more later."""
        while True:
            self._next += 1
            update = text_update(self._chance.choice(LINES), chat, update_id=self._next)
            try:
                answer = await self._service.telegram(update)
            except httpx.TransportError:
                return
            assert answer.status_code in (200, 503)
            if answer.status_code == 200:
                self.acknowledged.append(update["update_id"])
            await asyncio.sleep(self._chance.random() * 0.2)

    async def until_killed(self, seconds: float) -> None:
        writers = [asyncio.create_task(self.write(chat)) for chat in CHATS]
        await asyncio.sleep(seconds)
        self._service.kill()
        await asyncio.gather(*writers)


def _rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{folder / 'faro.db'}?mode=ro", uri=True) as conn:
        return conn.execute(query).fetchall()


async def _rounds(folder: Path, rounds: int) -> None:
    chance = random.Random(20261126)
    rasa = RasaProcess()
    await rasa.start()
    beside = {"FARO_RASA_URL": rasa.url, "FARO_RASA_TOKEN": rasa.token}
    try:
        async with (
            TelegramPeer(token=BOT_TOKEN) as peer,
            faro(folder, {**telegram_settings(peer.url), **beside}, start=False) as service,
        ):
            crowd = Crowd(service, chance)
            for _ in range(rounds):
                await service.start()
                await crowd.until_killed(0.2 + chance.random())
            await service.start()
            await until("quiet", lambda: _quiet(folder), 30)  # well within the lease of what the dead held
            _judge(folder, crowd, peer, rounds)
    finally:
        await rasa.stop()
        await rasa.client.close()


def _quiet(folder: Path) -> bool:
    waiting = _rows(
        folder,
        "SELECT (SELECT count(*) FROM inbound WHERE state <> 'done')"
        " + (SELECT count(*) FROM outbound WHERE state IN ('queued', 'sending'))",
    )
    return waiting == [(0,)]


def _judge(folder: Path, crowd: Crowd, peer: TelegramPeer, rounds: int) -> None:
    vault = Vault(KeyRing.load(folder / "keys.json"))
    stored = {mac for (mac,) in _rows(folder, "SELECT provider_mac FROM seen")}
    assert len(crowd.acknowledged) > rounds
    assert {vault.provider_mac("telegram", str(one)) for one in crowd.acknowledged} <= stored
    assert _rows(folder, "SELECT count(*) FROM inbound") == [(len(stored),)]
    taken = _rows(folder, "SELECT count(*) FROM outbound WHERE state <> 'cancelled'")[0][0]
    sent = len(peer.called("sendMessage"))
    assert isinstance(taken, int)
    # At most one send under way in each conversation at a death, and that one may leave again.
    assert taken <= sent <= taken + rounds * len(CHATS)
    assert _rows(folder, "PRAGMA integrity_check") == [("ok",)]


async def test_nothing_acknowledged_is_lost_when_the_process_dies(tmp_path: Path) -> None:
    """The small edition."""
    await _rounds(tmp_path, 3)


@pytest.mark.nightly
async def test_nothing_acknowledged_is_lost_in_a_hundred_deaths(tmp_path: Path) -> None:
    """A hundred deaths (security, check 8)."""
    await _rounds(tmp_path, 100)
