"""Signs of danger that editors added, in another process or by hand, taken up while people write."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
import yaml

from bot.safety import tables

log = structlog.get_logger()

POLL_SECONDS = 2.0


async def follow(stop: asyncio.Event) -> None:
    """Until ``stop``; a file that is wrong leaves the words of before in force, and is logged."""
    while not stop.is_set():
        try:
            if fresh := await asyncio.to_thread(tables.refresh):
                log.info("safety_words_reloaded", locale=",".join(fresh))
        except (OSError, ValueError, TypeError, AttributeError, KeyError, yaml.YAMLError) as error:
            log.warning("safety_words_refused", reason=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), POLL_SECONDS)
