"""A real ``faro serve`` in its own process, with its own folder, database and keys, on free loopback ports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.peers.sign import ACCOUNT, SENDER, sign_twilio

PUBLIC = "https://faro.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
BOT_TOKEN = "123456:" + "a" * 35
SECRET = "s" * 64
READY_SECONDS = 90.0
FARO = [str(Path(sys.executable).with_name("faro"))]


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """A running Faro seen from outside: its webhooks, its console, its log."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "faro.log"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("FARO_")}
        self._environment = {
            **clean,
            "FARO_DATABASE_URL": f"sqlite:///{folder / 'faro.db'}",
            "FARO_KEYS_FILE": str(folder / "keys.json"),
            "FARO_PORT": str(self.port),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.http = httpx.AsyncClient(base_url=self.base, timeout=20.0)

    def command(self, *words: str) -> str:
        """Run one ``faro`` command with the service's settings; what it printed."""
        done = subprocess.run(
            [*FARO, *words],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def staff(self, login: str = "ana", role: str = "responder") -> dict[str, Any]:
        """A new account with its secrets."""
        made: dict[str, Any] = json.loads(self.command("staff", "add", login, "--role", role, "--json"))
        return made

    async def start(self) -> None:
        """Start ``faro serve`` and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*FARO, "--debug", "serve"], cwd=self.folder, env=self._environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(READY_SECONDS):
            while True:
                assert self._process.poll() is None, self.log.read_text()
                with contextlib.suppress(httpx.HTTPError):
                    if (await self.http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def stop(self) -> None:
        """Ask the process to end; it must do so by itself."""
        await self.http.aclose()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 30)

    async def whatsapp(self, form: Mapping[str, str]) -> httpx.Response:
        """Post a form as Twilio does, signed."""
        path = "/webhooks/whatsapp/status" if "MessageStatus" in form else "/webhooks/whatsapp"
        headers, body = sign_twilio(PUBLIC + path, form, TOKEN)
        return await self.http.post(path, content=body, headers=headers)

    async def telegram(self, update: Mapping[str, Any]) -> httpx.Response:
        """Post an update as Telegram does, with the secret."""
        return await self.http.post(
            "/webhooks/telegram", json=update, headers={"x-telegram-bot-api-secret-token": SECRET}
        )


def whatsapp_settings(api: str) -> dict[str, str]:
    """WhatsApp through a peer at ``api``."""
    return {
        "FARO_PUBLIC_URL": PUBLIC,
        "FARO_TWILIO_ACCOUNT_SID": ACCOUNT,
        "FARO_TWILIO_AUTH_TOKEN": TOKEN,
        "FARO_TWILIO_FROM": SENDER,
        "FARO_TWILIO_API_URL": api,
    }


def telegram_settings(api: str) -> dict[str, str]:
    """Telegram by webhook through a peer at ``api``."""
    return {
        "FARO_PUBLIC_URL": PUBLIC,
        "FARO_TELEGRAM_TOKEN": BOT_TOKEN,
        "FARO_TELEGRAM_SECRET": SECRET,
        "FARO_TELEGRAM_API_URL": api,
    }


@contextlib.asynccontextmanager
async def faro(folder: Path, settings: Mapping[str, str], *, start: bool = True) -> AsyncIterator[Service]:
    """A service with keys and database, stopped at the end."""
    service = Service(folder, settings)
    service.command("keys", "init")
    service.command("migrate")
    try:
        if start:
            await service.start()
        yield service
    finally:
        await service.stop()


async def until(what: str, found: Any, seconds: float = 15.0) -> Any:
    """Wait until ``found()`` gives something; say what was waited for when it does not come."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if value := found():
                    return value
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited {seconds} s for {what}") from None
