"""``faro worker``: several real processes on one PostgreSQL, each message handled once and answered once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import func, select

from bot.storage.database import Database
from bot.storage.tables import inbound, outbound
from tests.integration.conftest import NEWEST, _at, _make
from tests.integration.test_dialogue import EngineRasa
from tests.journey.service import BOT_TOKEN, FARO, Service, faro, telegram_settings, until
from tests.peers.sign import text_update
from tests.peers.telegram import TelegramPeer

PEOPLE = range(9000, 9024)


class RasaPeer:
    """The engine behind Rasa's turn route; knows by its token which process asked."""

    def __init__(self) -> None:
        self.rasa, self.url, self.turns = EngineRasa(), "", Counter[str]()

    async def _turn(self, request: web.Request) -> web.Response:
        self.turns[request.headers["authorization"].removeprefix("Bearer ").strip()] += 1
        await asyncio.sleep(0.02)  # long enough for every process to get its share
        return web.json_response(await self.rasa.turn(await request.json()))

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"model": "m", "instrument": ""})

    async def _parse(self, request: web.Request) -> web.Response:
        return web.json_response(await self.rasa.parse((await request.json())["text"]))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[RasaPeer]:
        app = web.Application()
        app.router.add_post("/webhooks/turn/webhook", self._turn)
        app.router.add_post("/webhooks/turn/parse", self._parse)
        app.router.add_get("/webhooks/turn/", self._health)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


class Worker:
    """A ``faro worker`` beside a service, with the service's settings."""

    def __init__(self, service: Service, name: str) -> None:
        self.log = service.folder / f"{name}.log"
        environment = {**service._environment, "FARO_RASA_TOKEN": name * 16}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*FARO, "worker", "--count", "3"],
                cwd=service.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        await until("the worker", lambda: b"working" in self.log.read_bytes(), 30)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
async def store(server: str) -> str:
    """The address of a migrated PostgreSQL database."""
    return await _make(_at(server, f"t{secrets.token_hex(6)}"), NEWEST)


@contextlib.asynccontextmanager
async def _setting(
    folder: Path, url: str, **more: str
) -> AsyncIterator[tuple[Service, TelegramPeer, RasaPeer]]:
    async with TelegramPeer(BOT_TOKEN) as peer, RasaPeer().running() as rasa:
        settings: Mapping[str, str] = {
            **telegram_settings(peer.url),
            "FARO_DATABASE_URL": url,
            "FARO_RASA_URL": rasa.url,
            "FARO_RASA_TOKEN": "s" * 16,
            **more,
        }
        async with faro(folder, settings) as service:
            yield service, peer, rasa


async def _sent(url: str) -> tuple[int, int]:
    """Messages not handled yet, and messages that left."""
    db = Database(url)
    try:
        async with db.read() as conn:
            queued = await conn.scalar(
                select(func.count()).select_from(inbound).where(inbound.c.state == "queued")
            )
            waiting = await conn.scalar(
                select(func.count()).select_from(outbound).where(outbound.c.state.in_(("queued", "sending")))
            )
            all_of_them = await conn.scalar(select(func.count()).select_from(outbound))
    finally:
        await db.close()
    return queued + waiting, all_of_them


async def _quiet(url: str, seconds: float = 60) -> int:
    async with asyncio.timeout(seconds):
        while True:
            left, sent = await _sent(url)
            if not left:
                return sent
            await asyncio.sleep(0.2)


def _texts(peer: TelegramPeer) -> dict[int, list[str]]:
    told: dict[int, list[str]] = defaultdict(list)
    for call in peer.called("sendMessage"):
        told[int(call.data["chat_id"])].append(call.data["text"])
    return told


async def test_three_processes_handle_each_message_once(tmp_path: Path, store: str) -> None:
    """One serve and two workers share the work: every chat gets what a lone one gets, in order, and nothing twice."""
    async with _setting(tmp_path, store, FARO_WORKERS="2") as (service, peer, rasa):
        workers = [Worker(service, name) for name in "ab"]
        try:
            for worker in workers:
                await worker.ready()
            for text in ("hola", "1"):
                updates = [text_update(text, chat) for chat in PEOPLE]
                await asyncio.gather(*(service.telegram(update) for update in updates))
                await asyncio.gather(
                    *(service.telegram(update) for update in updates)
                )  # Telegram says it twice
                sent = await _quiet(store)
        finally:
            ended = [worker.end() for worker in workers]
        told = _texts(peer)
        assert set(told) == set(PEOPLE)
        assert all(texts == told[PEOPLE[0]] for texts in told.values())
        assert len(set(told[PEOPLE[0]])) == len(told[PEOPLE[0]]) > 2
        assert sum(len(texts) for texts in told.values()) == sent
        assert set(rasa.turns) == {"s" * 16, "a" * 16, "b" * 16}
        assert ended == [0, 0]


async def test_serve_without_workers_takes_in_and_leaves_the_rest(tmp_path: Path, store: str) -> None:
    """With FARO_WORKERS=0 a message is stored and waits for a worker; serve needs no Rasa for that."""
    async with _setting(tmp_path, store, FARO_WORKERS="0") as (service, peer, rasa):
        assert (await service.http.get("/readyz")).json() == {"database": True}
        assert (await service.telegram(text_update("hola", 1))).status_code == 200
        await asyncio.sleep(1.5)
        assert not peer.called("sendMessage")
        worker = Worker(service, "a")
        try:
            await until("the reply", lambda: peer.called("sendMessage"), 30)
        finally:
            assert worker.end() == 0
        assert set(rasa.turns) == {"a" * 16}
        assert len(peer.called("setWebhook")) == 1  # only serve says where messages are to be sent


@pytest.mark.nightly
async def test_a_killed_worker_leaves_its_work_to_the_others(tmp_path: Path, store: str) -> None:
    """Everybody is answered within the leases; for one kill at most a message for each send under way comes twice."""
    async with _setting(tmp_path, store, FARO_WORKERS="0") as (service, peer, rasa):
        workers = [Worker(service, name) for name in "ab"]
        try:
            for worker in workers:
                await worker.ready()
            await asyncio.gather(*(service.telegram(text_update("hola", chat)) for chat in PEOPLE))
            await until("a turn of the one that dies", lambda: rasa.turns["a" * 16] > 1)
            workers[0].process.kill()
            workers[0].process.wait()
            sent = await _quiet(store, 150)
        finally:
            assert workers[1].end() == 0
        told = _texts(peer)
        assert set(told) == set(PEOPLE)
        first_times = {chat: list(dict.fromkeys(texts)) for chat, texts in told.items()}
        assert all(texts == first_times[PEOPLE[-1]] for texts in first_times.values())
        assert sum(len(texts) for texts in first_times.values()) == sent
        assert sum(len(texts) for texts in told.values()) - sent <= 3


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"FARO_DATABASE_URL": "sqlite:///faro.db"}, "one writer process"),
        ({"FARO_DATABASE_URL": "postgresql://x/y", "FARO_SIMULATOR": "1"}, "FARO_SIMULATOR"),
        ({"FARO_DATABASE_URL": "postgresql://x/y", "FARO_WORKERS": "0"}, "--count"),
    ],
)
def test_a_worker_that_could_do_harm_is_refused(
    tmp_path: Path, settings: Mapping[str, Any], sentence: str
) -> None:
    """One sentence that says what to do, and exit 1."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FARO_")}
    done = subprocess.run(
        [*FARO, "worker"],
        cwd=tmp_path,
        env={**clean, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
