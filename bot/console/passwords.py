"""Passwords: argon2id (19 MiB, 2 passes, 1 lane), at most four checks at once so that log-ins starve nobody.

An unknown login costs the same check against a hash that no password opens.
"""

from __future__ import annotations

import functools
import secrets
import unicodedata
from pathlib import Path

import anyio
import anyio.to_thread
import structlog
import yaml
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = structlog.get_logger()

PARALLEL = 4
SHORTEST, LONGEST = 15, 256
COMMON = Path(__file__).with_name("common.yml")
ROWS = ("1234567890", "qwertyuiop", "asdfghjklñ", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
RUN = 5  # letters that follow each other in such a row say next to nothing
FRESH = 8  # so many letters must say something
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def digest(password: str) -> str:
    """The hash to keep, with its own salt and settings. Takes about 25 ms."""
    return _hasher.hash(password)


def weakness(password: str, *names: str) -> str:
    """Why it may not be chosen, as a code; empty when it may. Any letters and spaces are welcome; none are asked for.

    >>> weakness("corto"), weakness("ana ana ana ana ana"), weakness("la quinua hierve a las seis")
    ('short', 'simple', '')
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = "".join(unicodedata.normalize("NFC", password).casefold().split())
    if plain in _common():
        return "common"
    for name in ("faro", *names):
        plain = plain.replace(name.casefold(), "")
    return "simple" if _says(plain) < FRESH else ""


def _says(plain: str) -> int:
    """How many letters are not foretold by those before them: runs, and what has stood there already."""
    rows = [*ROWS, *(row[::-1] for row in ROWS)]
    said, at = 0, 0
    while at < len(plain):
        run = next(
            (n for n in range(len(plain) - at, RUN - 1, -1) if any(plain[at : at + n] in r for r in rows)), 0
        )
        again = next((n for n in range(len(plain) - at, 1, -1) if plain[at : at + n] in plain[:at]), 0)
        said += 1
        at += max(run, again, 1)
    return said if len(set(plain)) > 4 else 0


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(str(one) for one in yaml.safe_load(COMMON.read_text(encoding="utf-8")))


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
