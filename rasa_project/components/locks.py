"""No locks: the gateway lets one turn of a conversation through at a time, and a turn changes nothing here."""

# ruff: noqa: ARG002  # the signatures are Rasa's
from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock_store import LockStore


class NoLocks(LockStore):
    """Rasa's own would wait in steps of a second and name the conversation in its debug lines."""

    def __init__(self, **_: Any) -> None:
        pass

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        yield None
