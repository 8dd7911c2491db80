"""A region with one text, and «usted», end to end: on both channels, picked up while Faro runs."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.texts import files
from tests.conftest import ROOT
from tests.journey.service import Service, faro

pytestmark = pytest.mark.rasa

CHANNELS = ("whatsapp", "telegram")
HELLO = "Épale 👋 Soy Faro. Doy información a personas que llegan a vivir y trabajar en Perú."
AGAIN = "Épale 👋 Aquí Faro. Doy información a personas que llegan a vivir y trabajar en Perú."
USTED = "¿Puede escribir ahora sin que nadie mire su teléfono?"
LIVE_SECONDS = 5.0


def save(folder: Path, text: str) -> None:
    """The one text of the region."""
    path = files.catalogue(folder / "locales", "es_VE")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'msgid "start.hello"\nmsgstr "{text}"\n', encoding="utf-8")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Faro in a house that says it as in Venezuela, and with «usted»."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    save(tmp_path, HELLO)
    settings = {
        "FARO_LOCALES": str(tmp_path / "locales"),
        "FARO_LOCALE": "es_VE",
        "FARO_ADDRESS": "usted",
        "FARO_SIMULATOR": "1",
    }
    async with faro(tmp_path, settings) as running:
        yield running


async def told(service: Service, channel: str, seconds: float = 20.0) -> list[str]:
    """What a new telephone reads when it says hello: the greeting and the first question."""
    api = f"/simulator/api/{channel}/v{secrets.token_hex(4)}/messages"
    assert (await service.http.post(api, json={"text": "hola"})).status_code == 202
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        said = [
            str(m["text"]) for m in (await service.http.get(f"{api}?after=0")).json() if m["from"] == "bot"
        ]
        if len(said) > 1 or any("\n" in text for text in said[1:]):
            return said
    raise AssertionError("nobody answered")


async def test_a_region_and_usted_are_said_on_both_channels_and_change_while_faro_runs(
    service: Service,
) -> None:
    """The region's own text, everybody's with «usted» for the rest; a save is on both telephones within five seconds."""
    for channel in CHANNELS:
        said = await told(service, channel)
        assert said[0] == HELLO
        assert any(USTED in text for text in said)
    save(service.folder, AGAIN)
    saved = time.monotonic()
    for channel in CHANNELS:
        while (first := (await told(service, channel))[0]) != AGAIN:
            assert first == HELLO
            assert time.monotonic() - saved < LIVE_SECONDS
    assert time.monotonic() - saved < LIVE_SECONDS
