"""What time alone brings about, by the service itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot import app
from bot.app import Service
from bot.config import Settings
from bot.storage import cases
from bot.vault import KeyRing
from tests import newest
from tests.integration.console_support import World


async def test_a_forgotten_claim_lapses_while_faro_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody presses anything: the case waits again, as long as before, and its history says why."""
    monkeypatch.setattr(app, "LEASE_SWEEP_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    KeyRing.create(tmp_path / "keys.json")
    keys = tmp_path / "keys.json"
    service = Service(Settings(database_url=url, keys_file=keys, workers=0, rasa_url="http://127.0.0.1:9"))
    world = World(service.db, service.vault)
    service.clock = world.clock
    ana, case = await world.account("ana"), await world.case()
    since = (await world.standing(case)).waiting_since
    assert await world.deps.desk.claim(case, ana, world.clock.now)
    jobs = asyncio.create_task(service._jobs())
    world.clock.now += cases.LEASE_SECONDS - 1
    await asyncio.sleep(0.5)
    assert (await world.standing(case)).state == "claimed"
    world.clock.now += 2
    for _ in range(400):
        if (await world.standing(case)).state == "waiting":
            break
        await asyncio.sleep(0.05)
    service._stop.set()
    await jobs
    found = await world.standing(case)
    assert (found.state, found.claimed_by, found.waiting_since) == ("waiting", None, since)
    async with world.db.read() as conn:
        assert [note.kind for note in await cases.notes(conn, world.vault, case)][-1] == "lapsed"
    await service.rasa.close()
    await service.door.close()
    await service.db.close()
