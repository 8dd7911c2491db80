"""The smallest memory of Content resources that ``WhatsApp`` can work with."""

from __future__ import annotations


class Contents:
    """A ``ContentCache`` in memory; ``known`` may be read and changed by a test."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.known.get(key)

    async def put(self, key: str, sid: str) -> None:
        self.known[key] = sid
