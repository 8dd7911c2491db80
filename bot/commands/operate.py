"""``faro run|serve|train|migrate|purge|bench`` and ``faro audit verify``: what an operator does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
import uvicorn

from bot import audit, config, rasa, retention
from bot.commands.common import tell, with_store
from bot.config import ROOT, Settings, is_loopback
from bot.console import accounts
from bot.storage import database
from bot.storage.database import Database
from bot.vault import KeyRing, Vault

audit_app = typer.Typer(no_args_is_help=True, help="The log of who read and did what.")


def run() -> None:
    """Everything on this machine: keys and database if there are none, model if none fits, then serve."""
    settings = config.load()
    public = urlsplit(settings.public_url).hostname or ""
    if not public or is_loopback(public):
        settings = config.load(simulator=True)
    prepare(settings)
    rasa.train_if_needed(tell)
    if settings.demo:
        _demo_account(settings)
    _serve(settings)


def serve() -> None:
    """Gateway, workers, console, and Rasa as a child process, until interrupted."""
    _serve(config.load())


def train() -> None:
    """Train the language model, unless one fits the training data and components."""
    tell(f"model {rasa.train_if_needed(tell).name} fits")


def migrate() -> None:
    """Bring the database to the newest shape."""
    settings = config.load()
    _folder(settings)
    database.migrate(settings.database_url)
    tell("the database is up to date")


def purge() -> None:
    """Delete now what is older than its retention."""
    print(json.dumps(with_store(lambda db, _: retention.purge(db, time.time()))))


def bench(name: Annotated[str, typer.Argument(help="A script of tests/bench.")] = "path") -> None:
    """Measure what the README promises, on this machine, and print figures and ratios."""
    words = [sys.executable, "-m", "tests.bench", name]
    raise SystemExit(subprocess.call(words, cwd=ROOT))  # noqa: S603 - the name is looked up in a list


@audit_app.command("verify")
def audit_verify() -> None:
    """Check the chain of the audit log; exit 1 at the first row that was changed."""

    async def check(db: Database, vault: Vault) -> Any:
        async with db.read() as conn:
            return await audit.verify(conn, vault)

    broken = with_store(check)
    print(json.dumps({"ok": broken is None, "broken_at": broken}))
    raise SystemExit(0 if broken is None else 1)


def prepare(settings: Settings) -> None:
    """Database in its newest shape; keys only when neither keys nor database exist: a lost key ring is
    never papered over.
    """
    _folder(settings)
    path = database.sqlite_path(settings.database_url)
    if not settings.keys_file.exists() and path is not None and not path.exists():
        settings.keys_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        KeyRing.create(settings.keys_file)
        tell(f"made the keys file {settings.keys_file}; keep a copy apart from the database")
    database.migrate(settings.database_url)


def _folder(settings: Settings) -> None:
    path = database.sqlite_path(settings.database_url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _demo_account(settings: Settings) -> None:
    async def make(db: Database, vault: Vault) -> dict[str, Any] | None:
        async with db.write() as conn:
            if await accounts.list_staff(conn):
                return None
            return await accounts.create_staff(conn, vault, "demo", "responder", time.time())

    if made := with_store(make, settings):
        tell(f"demo account: {made['login']}  {made['password']}  one-time secret {made['totp_secret']}")


def _serve(settings: Settings) -> None:
    from bot.app import Service  # noqa: PLC0415 - heavy, and only serving needs it

    service = Service(settings)
    server = _Server(
        uvicorn.Config(
            service.web(),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="on",
            timeout_graceful_shutdown=10,
        ),
        lambda: tell(_addresses(settings)),
    )
    server.run()
    if not server.started:
        raise config.UnsafeSettingsError(
            f"Faro could not start: see the line above, or whether port {settings.port} is taken (FARO_PORT)."
        )


class _Server(uvicorn.Server):
    """Says where to go once it listens."""

    def __init__(self, server_config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(server_config)
        self._ready = ready

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _addresses(settings: Settings) -> str:
    here = f"http://{settings.host}:{settings.port}"
    phones = f"simulator {here}/simulator   " if settings.simulator else ""
    return f"ready: {phones}console {here}/console"
