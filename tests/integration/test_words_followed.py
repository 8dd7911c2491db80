"""Words that an editor adds in another process are in force here within five seconds, because this one looks."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path

import pytest

from bot import choices, wordlists
from bot.app import Service
from bot.config import Settings
from bot.phrases import live
from bot.safety import tables
from bot.safety.rules import check
from bot.vault import KeyRing
from tests import newest
from tests.conftest import ROOT
from tests.integration.console_support import World
from tests.integration.editor_elsewhere import WORDS

LIVE_SECONDS = 5.0
ANSWER, EXIT, SIGN = WORDS.values()


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The parts of a running Faro that works, over copies of the lists; an editor and a supervisor are known."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    shutil.copytree(tables.FOLDER, tmp_path / "signs")
    monkeypatch.setattr(tables, "FOLDER", tmp_path / "signs")
    monkeypatch.setattr(tables, "_loaded", {})
    url, keys = f"sqlite:///{tmp_path / 'faro.db'}", tmp_path / "keys.json"
    newest.sqlite(url)
    KeyRing.create(keys)
    settings = Settings(
        database_url=url,
        keys_file=keys,
        locales=tmp_path / "locales",
        workers=1,
        rasa_url="http://127.0.0.1:9",
    )
    service = Service(settings)
    world = World(service.db, service.vault)
    await world.account("eva", "editor")
    await world.account("sofia", "supervisor")
    return service


async def edited(tmp_path: Path) -> None:
    """An editor elsewhere adds an answer, a word that closes the chat and a sign of danger; all are in the files."""
    words = [
        f"sqlite:///{tmp_path / 'faro.db'}",
        *(str(tmp_path / name) for name in ("keys.json", "locales", "signs")),
    ]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.editor_elsewhere", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    assert json.loads(out) == ["added", "added", "added", "asked", "asked"]
    written = choices.load_words(tmp_path / "locales", "es")
    assert ANSWER in written["Q07.yes"]
    assert SIGN in tables.added_file("es").read_text(encoding="utf-8")


def taken_up(service: Service) -> set[str]:
    """Which of the three mean something to this process."""
    words = service.words("es")
    known = {ANSWER: ANSWER in words["Q07.yes"], EXIT: EXIT in words["exit"], SIGN: check(SIGN, "es").check}
    return {word for word, here in known.items() if here}


async def test_what_another_process_added_counts_here_within_five_seconds(
    service: Service, tmp_path: Path
) -> None:
    """Answers, exit words and signs of danger, while the service runs and nobody tells it."""
    async with service.running():
        assert taken_up(service) == set()
        await edited(tmp_path)
        added = time.monotonic()
        while taken_up(service) != {ANSWER, EXIT, SIGN}:
            assert time.monotonic() - added < LIVE_SECONDS, taken_up(service)
            await asyncio.sleep(0.1)


async def test_who_does_not_look_does_not_know(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but looking brings the words over: with it off, none arrives in the time in which all did."""
    monkeypatch.setattr(live, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(wordlists, "RECHECK_SECONDS", 3600.0)
    async with service.running():
        await edited(tmp_path)
        await asyncio.sleep(LIVE_SECONDS)
        assert taken_up(service) == set()
