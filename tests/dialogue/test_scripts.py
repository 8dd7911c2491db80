"""Every script of this folder, acted on both channels of one running Faro: real gateway, real Rasa, real store."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from bot.rasa import train_if_needed
from tests.dialogue.backstage import Backstage
from tests.dialogue.phone import Actor
from tests.dialogue.script import Script, scripts
from tests.journey.service import faro

pytestmark = pytest.mark.rasa

SCRIPTS = scripts()
PARTS = [(script, channel) for script in SCRIPTS for channel in script.channels]
AT_ONCE = 24  # more than one service can answer at once makes each wait longer, and nothing faster
Outcome = dict[tuple[str, str], BaseException | None]


def _id(part: tuple[Script, str]) -> str:
    return f"{part[0].name}-{part[1]}"


async def _act_all(folder: Path, parts: list[tuple[Script, str]]) -> Outcome:
    train_if_needed()
    turns = asyncio.Semaphore(AT_ONCE)
    plain = ssl.create_default_context()  # nothing here speaks TLS, but each client would make one
    async with faro(folder, {"FARO_SIMULATOR": "1"}) as service:
        backstage = Backstage(folder)

        async def act(script: Script, channel: str) -> None:
            one = httpx.AsyncClient(base_url=service.base, timeout=60.0, verify=plain)
            async with turns, one as http:  # a pool that many share looks through all of it for each request
                await Actor(http, backstage, script, channel).play()

        ends = await asyncio.gather(*(act(*part) for part in parts), return_exceptions=True)
        await backstage.close()
    return {(script.name, channel): end for (script, channel), end in zip(parts, ends, strict=True)}


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One service for all scripts that were asked for, all phones at the same time."""
    asked = [
        item.callspec.params["part"]
        for item in request.session.items
        if hasattr(item, "callspec") and "part" in item.callspec.params
    ]
    return asyncio.run(_act_all(tmp_path_factory.mktemp("dialogue"), asked))


@pytest.mark.parametrize("part", PARTS, ids=_id)
def test_the_dialogue_goes_as_written(part: tuple[Script, str], outcome: Outcome) -> None:
    """Each path: what is heard, in which order, what must never be said, and the case at its end."""
    script, channel = part
    failed = outcome[script.name, channel]
    if failed is not None:
        raise failed


def test_there_are_enough_paths() -> None:
    """At least forty files, each saying what it is about in words of its own."""
    assert len(SCRIPTS) >= 40
    assert len({script.about for script in SCRIPTS}) == len(SCRIPTS)
