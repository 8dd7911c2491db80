"""``faro worker``: turns, sending and jobs in a process of their own, beside any number of ``faro serve``."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from bot import config
from bot.commands.common import tell
from bot.config import Settings, UnsafeSettingsError
from bot.storage import database


def worker(
    count: Annotated[
        int | None, typer.Option(help="Conversations at once; without it FARO_WORKERS.", min=1, max=64)
    ] = None,
) -> None:
    """Take turns, send and run the jobs, without the web server: for PostgreSQL, on as many machines as needed."""
    settings = config.load() if count is None else config.load(workers=count)
    _refuse(settings)
    if not asyncio.run(_work(settings)):
        raise UnsafeSettingsError(
            "A part of the worker ended by itself: the lines above say why; start it again."
        )


def _refuse(settings: Settings) -> None:
    if database.sqlite_path(settings.database_url) is not None:
        raise UnsafeSettingsError("SQLite has one writer process: run faro serve alone, or use PostgreSQL.")
    if settings.simulator:
        raise UnsafeSettingsError(
            "The simulator's phones live in faro serve: unset FARO_SIMULATOR for a worker."
        )
    if settings.workers == 0:
        raise UnsafeSettingsError("FARO_WORKERS=0 is for faro serve: say faro worker --count 8.")


async def _work(settings: Settings) -> bool:
    from bot.app import Service  # noqa: PLC0415 - heavy, and only working needs it

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    service = Service(settings, listens=False)
    return await service.work(stop, lambda: tell(f"working: {settings.workers} conversations at once"))
