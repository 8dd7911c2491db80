"""Alerts to staff, over whatever Apprise speaks: mail, push, Telegram, Signal and others. Knows nothing of the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import apprise

SECONDS = 25.0  # for all addresses of one alert together


class AlertAddressError(ValueError):
    """An address that Apprise does not know; the message never holds the address."""


class Alerts:
    """Sends a title and one line. Templates, plugins and storage of Apprise's own stay off."""

    def __init__(self) -> None:
        self._asset = apprise.AppriseAsset(
            storage_mode="memory", secure_logging=True, allow_templates=False, plugin_paths=[]
        )

    def check(self, addresses: Sequence[str]) -> None:
        """Raise ``AlertAddressError`` when one of them leads nowhere."""
        for n, address in enumerate(addresses, 1):
            if apprise.Apprise.instantiate(address, asset=self._asset, suppress_exceptions=True) is None:
                raise AlertAddressError(f"address {n} is none that Apprise knows")

    async def send(self, addresses: Sequence[str], title: str, body: str) -> bool:
        """True only when every address took it."""
        service = apprise.Apprise(asset=self._asset)
        for address in addresses:
            if not service.add(address):
                return False
        try:
            async with asyncio.timeout(SECONDS):
                return bool(await service.async_notify(body=body, title=title))
        except (TimeoutError, TypeError, OSError):  # TypeError: Apprise found no service to tell
            return False
