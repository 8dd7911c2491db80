"""What is told to the browsers of one of the staff; those that want it no more are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

import structlog

from bot.storage import devices
from bot.storage.database import Database
from bot.storage.devices import Device
from connectors.base import SubscriptionError, WebPush

log = structlog.get_logger()

KEPT_SECONDS = 3600  # by the push service for a browser that sleeps; by then the ladder has gone on


async def tell(
    db: Database,
    push: WebPush,
    staff_id: str,
    found: Sequence[Device],
    words: Mapping[str, str],
    topic: str,
    *,
    pressing: bool = True,
) -> bool:
    """True only when there are browsers left and every one of them took it."""
    fates = await asyncio.gather(*(_send(push, one, words, topic, pressing=pressing) for one in found))
    gone = [one for one, fate in zip(found, fates, strict=True) if fate == "gone"]
    if gone:
        log.info("push_devices_gone", n=len(gone))
        async with db.write() as conn:
            for one in gone:
                await devices.drop(conn, staff_id, one.id)
    left = [fate for fate in fates if fate != "gone"]
    return bool(left) and all(fate == "taken" for fate in left)


async def _send(
    push: WebPush, device: Device, words: Mapping[str, str], topic: str, *, pressing: bool
) -> Literal["taken", "gone", "failed"]:
    try:
        to = push.subscription(**device.subscription)
    except SubscriptionError:  # what may be called has become less since it was kept
        return "gone"
    return await push.send(to, words, topic, "high" if pressing else "normal", KEPT_SECONDS)
