"""Passwords: argon2id (19 MiB, 2 passes, 1 lane), at most four checks at once so that log-ins starve nobody.

An unknown login costs the same check against a hash that no password opens.
"""

from __future__ import annotations

import functools
import secrets

import anyio
import anyio.to_thread
import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = structlog.get_logger()

PARALLEL = 4
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def digest(password: str) -> str:
    """The hash to keep, with its own salt and settings. Takes about 25 ms."""
    return _hasher.hash(password)


@functools.cache
def nobody() -> str:
    """The hash that stands in for an unknown login; nobody knows its password."""
    return digest(secrets.token_hex(32))


class Checks:
    """The gate before the hasher; one for the whole console."""

    def __init__(self) -> None:
        self._gate: anyio.CapacityLimiter | None = None

    async def matches(self, kept: str | None, password: str) -> bool:
        """True if ``password`` opens ``kept``; ``None`` is an unknown login and takes as long."""
        if self._gate is None:  # belongs to the running loop
            self._gate = anyio.CapacityLimiter(PARALLEL)
        right = await anyio.to_thread.run_sync(_matches, kept or nobody(), password, limiter=self._gate)
        return right and kept is not None


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except VerifyMismatchError:
        return False
    except (
        VerificationError,
        InvalidHashError,
    ):  # an account without a usable password: shut, and said aloud
        log.warning("password_unusable")
        return False
