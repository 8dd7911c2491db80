"""A phrase that an editor saves is on the telephone within five seconds; one that may not be said never is."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.texts import files, po
from tests.conftest import ROOT
from tests.journey.service import Service, faro

pytestmark = pytest.mark.rasa

HELLO = "Hola 👋 Soy Faro y estoy para orientarte. Escribe con calma."
LIVE_SECONDS = 5.0


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Faro with catalogues of its own and the simulator's phones."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    settings = {"FARO_LOCALES": str(tmp_path / "locales"), "FARO_SIMULATOR": "1"}
    async with faro(tmp_path, settings) as running:
        yield running


def save(service: Service, key: str, text: str) -> Path:
    """As a text editor does: the whole file anew."""
    path = files.catalogue(service.folder / "locales", "es")
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), key, text), encoding="utf-8")
    return path


async def greeting(service: Service, seconds: float = 15.0) -> str:
    """What a new telephone reads first."""
    phone = f"t{secrets.token_hex(4)}"
    api = f"/simulator/api/whatsapp/{phone}/messages"
    assert (await service.http.post(api, json={"text": "hola"})).status_code == 202
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        said = [m for m in (await service.http.get(f"{api}?after=0")).json() if m["from"] == "bot"]
        if said:
            return str(said[0]["text"])
    raise AssertionError("nobody answered")


async def test_a_saved_catalogue_is_said_and_a_broken_one_is_refused(service: Service) -> None:
    """No restart and no training between any of these; the log names file, line, key and reason, and no text."""
    model = sorted((ROOT / "rasa_project/models").iterdir())
    before = await greeting(service)
    save(service, "start.hello", HELLO)
    saved = time.monotonic()
    while (said := await greeting(service)) != HELLO:
        assert said == before
        assert time.monotonic() - saved < LIVE_SECONDS
    assert time.monotonic() - saved < LIVE_SECONDS

    path = save(service, "start.hello", "Hola, te prometo papeles.")
    deadline = time.monotonic() + LIVE_SECONDS
    while time.monotonic() < deadline:
        assert await greeting(service) == HELLO
    told = [json.loads(line) for line in service.log.read_text().splitlines() if "catalogue_refused" in line]
    line = next(e.line for e in po.parse(path.read_text(encoding="utf-8")) if e.key == "start.hello")
    found = {(one["file"], one["line"], one["key"], one["reason"]) for one in told}
    assert ("es/LC_MESSAGES/messages.po", line, "start.hello", "banned") in found
    assert "prometo" not in service.log.read_text()

    path.write_text(path.read_text(encoding="utf-8") + '\nmsgid "say.x"\nmsgstr "abierto\n', encoding="utf-8")
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        assert await greeting(service) == HELLO
    assert '"unreadable"' in service.log.read_text()

    shutil.copy(files.catalogue(ROOT / "locales", "es"), path)
    mended = time.monotonic()
    while await greeting(service) != before:
        assert time.monotonic() - mended < LIVE_SECONDS
    assert sorted((ROOT / "rasa_project/models").iterdir()) == model
