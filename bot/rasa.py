"""The gateway's end of Rasa: a client for the one call, the child process that answers it, and its model.

Promise: every failure is one error, ``RasaUnavailable``, whose sentence says what to do next and quotes nothing
that a person wrote; a Rasa that dies or hangs is started again; a model is used only when it was trained from
the files that lie here and is whole. Must not: log a text, repeat a turn that Rasa answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import structlog

from bot.screening.model import renew

__all__ = ["RasaClient", "RasaProcess", "RasaUnavailable", "fingerprint", "model_path", "train_if_needed"]

log = structlog.get_logger()

PROJECT = Path(__file__).resolve().parent.parent / "rasa_project"
MODELS = PROJECT / "models"
PYTHON = PROJECT / ".venv" / "bin" / "python"
ENTRY = PROJECT / "faro_rasa.py"
LEARNT_FROM = (
    "data/nlu/*.yml",
    "data/safety/*.yml",
    "data/stories.yml",
    "components/*.py",
    "components/*.yml",
    "config.yml",
    "domain.yml",
    "requirements.lock",
)
KEPT_MODELS = 2

TIMEOUT = httpx.Timeout(5.0, connect=1.0)
KEEP_ALIVE_SECONDS = 3.0  # Rasa's server closes an idle connection after five
START_SECONDS = 60.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.2
HEALTH_SECONDS = 5.0
HUNG_CHECKS = 3  # so many health checks in a row unanswered: the process is ended and started again
BACK_OFF_SECONDS = (0.2, 1.0, 3.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # after running so long the next death counts as the first
TRAIN_SECONDS = 600.0

Tell = Callable[[str], None]


class RasaUnavailable(Exception):  # noqa: N818  # what it says to the callers: now it is not there
    """Rasa gave no answer, or cannot be started. The sentence says what to do next; it quotes no message."""


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


# ── the model ───────────────────────────────────────────────────────────────────────────────────────────────


def fingerprint(project: Path = PROJECT) -> str:
    """Of all that a model is trained from: examples, domain, configuration, components, versions."""
    digest = hashlib.sha256()
    for pattern in LEARNT_FROM:
        for path in sorted(project.glob(pattern)):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(project)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def model_path() -> Path | None:
    """The model that fits the files of the moment and is whole; None when there is none."""
    path = MODELS / f"faro-{fingerprint()}.tar.gz"
    recorded = _record(path)
    if not path.is_file() or not recorded.is_file():
        return None
    whole = hashlib.sha256(path.read_bytes()).hexdigest() == recorded.read_text().strip()
    return path if whole else None


def train_if_needed(tell: Tell | None = None) -> Path:
    """The model that fits, trained now if there is none; ``tell`` hears what happens, line by line.

    Raises ``RasaUnavailable`` when training fails. Several callers at once train once.
    """
    tell = tell or _tell_the_log
    if (found := model_path()) is not None:
        return found
    MODELS.mkdir(exist_ok=True)
    with _alone():
        if (found := model_path()) is not None:
            return found
        started = time.monotonic()
        tell("training the language model")
        trained = _train(tell)
        tell(f"trained in {time.monotonic() - started:.0f} s")
        return trained


def _tell_the_log(line: str) -> None:
    log.info("rasa_model", reason=line)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (MODELS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _train(tell: Tell) -> Path:
    """Beside the final place first, so that a training that is cut short leaves no half a model."""
    name = f"faro-{fingerprint()}"
    with tempfile.TemporaryDirectory(dir=MODELS) as folder:
        words = ["train", "--skip-validation", "--fixed-model-name", name, "--out", folder]
        words += ["--data", "data/nlu", "data/stories.yml"]  # not data/dev: what judges must not teach
        done = subprocess.run(  # noqa: S603  # our own interpreter and entry point
            _command(*words),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TRAIN_SECONDS,
            check=False,
            text=True,
        )
        made = Path(folder) / f"{name}.tar.gz"
        if done.returncode or not made.is_file():
            for line in done.stdout.splitlines()[-12:]:
                tell(line)
            raise RasaUnavailable(
                "Training failed: the lines above say why; `make rasa ARGS='data validate'` checks the examples."
            )
        final = MODELS / made.name
        _record(final).write_text(hashlib.sha256(made.read_bytes()).hexdigest() + "\n")
        made.replace(final)
    _forget_old_models()
    return final


def _forget_old_models() -> None:
    """A model is a few seconds' work: only the newest are kept."""
    for path in sorted(MODELS.glob("faro-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-KEPT_MODELS]:
        path.unlink()
        _record(path).unlink(missing_ok=True)


def _record(model: Path) -> Path:
    return model.with_name(model.name.removesuffix(".tar.gz") + ".sha256")


def _command(*words: str) -> list[str]:
    if not PYTHON.exists():
        raise RasaUnavailable("Rasa's environment is not there: run `make setup`.")
    return [str(PYTHON), str(ENTRY), *words]


def _environment(**more: str) -> dict[str, str]:
    """The little that Rasa needs of ours: no secret of the gateway reaches it."""
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
    return {name: os.environ[name] for name in wanted if name in os.environ} | more


# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────


class RasaProcess:
    """Rasa as a child on loopback, with a port and a token of its own; ``client`` asks it, also after restarts;
    ``url`` and ``token`` let another process of this machine ask it too.

    ``output`` is the file descriptor for its log (events and names, no text). The child ends when this process
    does, however that happens.
    """

    def __init__(self, *, debug: bool = False, output: int = 2, tell: Tell | None = None) -> None:
        self.token, self.url = secrets.token_urlsafe(32), ""
        self._loudness = "--debug" if debug else "--quiet"
        self._output, self._tell = output, tell
        self.client = RasaClient("http://127.0.0.1:0", self.token)
        self.restarts = 0
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
        """End the child and start another: to take up a new model."""
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """End the child and wait for it. The client can be used again after ``start``."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None
        await self._end()

    async def _launch(self) -> None:
        model = await asyncio.to_thread(train_if_needed, self._tell)
        started = time.monotonic()
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.client.point_at(self.url)
        self._child = await asyncio.to_thread(self._spawn, model, port)
        try:
            await self._answers()
        except BaseException:
            await self._end()
            raise
        log.info("rasa_ready", port=port, seconds=round(time.monotonic() - started, 1), model=model.name)

    def _spawn(self, model: Path, port: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and entry point
            _command(*_serving(model, port), self._loudness),
            env=_environment(FARO_RASA_TOKEN=self.token, FARO_RASA_CHILD="1"),
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
        )

    async def _answers(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.pid is None:
                raise RasaUnavailable("Rasa ended while starting: its lines above say why.")
            try:
                await self.client.health()
            except RasaUnavailable:
                await asyncio.sleep(POLL_SECONDS)
            else:
                return
        raise RasaUnavailable(
            f"Rasa did not answer within {START_SECONDS:.0f} s of starting: see its lines above."
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
