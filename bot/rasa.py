"""The gateway's end of Rasa: a client for the one call, and the child process that answers it.

Promise: every failure is one error, ``RasaUnavailable``, whose sentence says what to do next and quotes nothing
that a person wrote; a Rasa that dies or hangs is started again; a new model takes over without a message waiting.
Must not: log a text, repeat a turn that Rasa answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import structlog

from bot.models import (
    GENTLY,
    HERE,
    MODELS,
    PROJECT,
    PYTHON,
    Project,
    RasaUnavailable,
    Tell,
    command,
    environment,
    fingerprint,
    model_path,
    train_if_needed,
)
from bot.screening.model import renew

__all__ = [
    "MODELS",
    "PROJECT",
    "PYTHON",
    "RasaClient",
    "RasaProcess",
    "RasaUnavailable",
    "fingerprint",
    "model_path",
    "train_if_needed",
]

log = structlog.get_logger()

TIMEOUT = httpx.Timeout(5.0, connect=1.0)
KEEP_ALIVE_SECONDS = 3.0  # Rasa's server closes an idle connection after five
START_SECONDS = 60.0
PATIENCE = 5  # so many times as long for one that lets everybody else go first
STOP_SECONDS = 5.0
FINISH_SECONDS = 6.0  # longer than any request may take
POLL_SECONDS = 0.2
HEALTH_SECONDS = 5.0
HUNG_CHECKS = 3  # so many health checks in a row unanswered: the process is ended and started again
BACK_OFF_SECONDS = (0.2, 1.0, 3.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # after running so long the next death counts as the first


class RasaClient:
    """Asks one Rasa on loopback. ``RasaUnavailable`` for anything but an answer."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(
            headers={"authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
            trust_env=False,  # a proxy of this machine's environment would read along
        )
        self.point_at(url)

    def point_at(self, url: str) -> None:
        """Ask at another address from now on."""
        self._base = f"{url.rstrip('/')}/webhooks/turn"

    async def turn(self, request: dict[str, Any]) -> dict[str, Any]:
        """One turn (contracts, section 3): ``{acts, state, model, instrument}``, for text also ``nlu``.

        Rasa takes up changed files of the instrument at once; what it answers is assessed with the same files.
        """
        answer = await self._ask("POST", "/webhook", request)
        if "instrument" in answer:
            renew(answer["instrument"])
        return answer

    async def parse(self, text: str) -> dict[str, Any]:
        """The classifier alone: ``{intent, confidence, ranking, also, partly, danger}``."""
        return await self._ask("POST", "/parse", {"text": text})

    async def health(self) -> dict[str, Any]:
        """``{model, instrument}`` of a Rasa that can answer a turn."""
        return await self._ask("GET", "/", None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, path: str, data: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = await self._send(method, path, data)
        except httpx.HTTPError as error:
            raise RasaUnavailable(f"Rasa does not answer ({type(error).__name__}).") from None
        if answer.status_code != httpx.codes.OK:
            raise RasaUnavailable(f"Rasa refused ({answer.status_code}): {_meaning(answer.status_code)}")
        found: dict[str, Any] = answer.json()
        return found

    async def _send(self, method: str, path: str, data: dict[str, Any] | None) -> httpx.Response:
        """Once more when the connection broke: a turn changes nothing in Rasa, so repeating it is harmless."""
        try:
            return await self._http.request(method, self._base + path, json=data)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await self._http.request(method, self._base + path, json=data)


def _meaning(status: int) -> str:
    if status == httpx.codes.UNAUTHORIZED:
        return "give gateway and Rasa the same FARO_RASA_TOKEN."
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return "it has no model; run `faro train` and start it again."
    if status < httpx.codes.INTERNAL_SERVER_ERROR:
        return "gateway and Rasa are not of the same version; start both again from one checkout."
    return "its log names the place (event turn_failed)."


# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────


class RasaProcess:
    """Rasa as a child on loopback, with a port and a token of its own; ``client`` asks it, also after restarts;
    ``url`` and ``token`` let another process of this machine ask it too.

    ``model`` is one to answer with in the place of the one that fits; ``gently``: whoever else has work comes first.
    ``output`` is the file descriptor for its log (events and names, no text). The child ends when this process
    does, however that happens.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        output: int = 2,
        tell: Tell | None = None,
        project: Project = HERE,
        model: Path | None = None,
        gently: bool = False,
    ) -> None:
        self.token, self.url = secrets.token_urlsafe(32), ""
        self._loudness = "--debug" if debug else "--quiet"
        self._output, self._tell, self.project = output, tell, project
        self._given, self._first = model, GENTLY if gently else ()
        self.model = ""  # the name of the file that it answers with
        self.client = RasaClient("http://127.0.0.1:0", self.token)
        self.restarts = 0
        self._replacing = asyncio.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    async def start(self) -> None:
        """Train if no model fits, start, wait until it answers; raises ``RasaUnavailable``."""
        await self._launch()
        self._watcher = asyncio.create_task(self._watch())

    async def restart(self) -> None:
        """End the child and start another."""
        await self.stop()
        await self.start()

    async def replace(self) -> None:
        """Take up the model that fits the files now: the next child answers before the one before it ends.

        Raises ``RasaUnavailable`` when it cannot be started; then the one before it goes on.
        """
        async with self._replacing:
            model = await asyncio.to_thread(train_if_needed, self._tell, self.project)
            port = _free_port()
            url = f"http://127.0.0.1:{port}"
            child = await self._begin(model, port)
            rehearsal = RasaClient(url, self.token)
            try:
                await _answers(child, rehearsal)
            except BaseException:
                await _end(child)
                raise
            finally:
                await rehearsal.close()
            await self._unwatch()
            before, self._child = self._child, child
            self.url, self.model = url, model.name
            self.client.point_at(url)
            self._watcher = asyncio.create_task(self._watch())
            log.info("rasa_replaced", port=port, model=model.name)
            await asyncio.sleep(FINISH_SECONDS)  # what was asked of it before is still answered
            await _end(before)

    async def stop(self) -> None:
        """End the child and wait for it. The client can be used again after ``start``."""
        await self._unwatch()
        await self._end()

    async def _unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None

    async def _launch(self) -> None:
        model = self._given
        if model is None:
            model = await asyncio.to_thread(train_if_needed, self._tell, self.project)
        started = time.monotonic()
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.client.point_at(self.url)
        self._child = child = await self._begin(model, port)
        try:
            await _answers(child, self.client, START_SECONDS * (PATIENCE if self._first else 1))
        except BaseException:
            await self._end()
            raise
        self.model = model.name
        log.info("rasa_ready", port=port, seconds=round(time.monotonic() - started, 1), model=model.name)

    async def _begin(self, model: Path, port: int) -> subprocess.Popen[bytes]:
        """A child of its own; one that is called off while it is being started is ended, not left alone."""
        starting = asyncio.create_task(asyncio.to_thread(self._spawn, model, port))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await _end(await starting)
            raise

    def _spawn(self, model: Path, port: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and entry point
            [*self._first, *command(*_serving(model, port), self._loudness, project=self.project)],
            env=environment(FARO_RASA_TOKEN=self.token, FARO_RASA_CHILD="1"),
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
        )

    async def _watch(self) -> None:
        """As long as the service runs: a child that is gone or hangs is replaced, ever more patiently."""
        deaths, since = 0, time.monotonic()
        while True:
            await self._until_dead()
            deaths = 0 if time.monotonic() - since > STEADY_SECONDS else deaths + 1
            self.restarts += 1
            log.error("rasa_died", restarts=self.restarts)
            await self._end()
            await asyncio.sleep(BACK_OFF_SECONDS[min(deaths, len(BACK_OFF_SECONDS) - 1)])
            try:
                await self._launch()
            except (RasaUnavailable, OSError, subprocess.SubprocessError):
                log.exception("rasa_not_started", restarts=self.restarts)
            since = time.monotonic()

    async def _until_dead(self) -> None:
        missed, checked = 0, time.monotonic()
        while self.pid is not None and missed < HUNG_CHECKS:
            await asyncio.sleep(POLL_SECONDS)
            if time.monotonic() - checked < HEALTH_SECONDS:
                continue
            try:
                await self.client.health()
            except RasaUnavailable:
                missed += 1
            else:
                missed = 0
            checked = time.monotonic()

    async def _end(self) -> None:
        child, self._child = self._child, None
        await _end(child)


async def _answers(
    child: subprocess.Popen[bytes], client: RasaClient, seconds: float = START_SECONDS
) -> None:
    """Wait until a child that was just started answers; raises ``RasaUnavailable``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RasaUnavailable("Rasa ended while starting: its lines above say why.")
        try:
            await client.health()
        except RasaUnavailable:
            await asyncio.sleep(POLL_SECONDS)
        else:
            return
    raise RasaUnavailable(f"Rasa did not answer within {seconds:.0f} s of starting: see its lines above.")


async def _end(child: subprocess.Popen[bytes] | None) -> None:
    if child is None:
        return
    child.terminate()
    try:
        await asyncio.to_thread(child.wait, STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        await asyncio.to_thread(child.wait)
    if child.stdin is not None:
        child.stdin.close()


def _serving(model: Path, port: int) -> list[str]:
    """Rasa's own API stays closed: without ``--enable-api`` the turn channel is the only door."""
    words = ["run", "--model", str(model), "--interface", "127.0.0.1", "--port", str(port)]
    words += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml", "--response-timeout", "10"]
    return words


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
