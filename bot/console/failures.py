"""Why a message did not arrive, in words that a responder can act on. The codes stand in ``failures.yml``."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

from bot.console.deps import ConsoleDeps

FILE = Path(__file__).with_name("failures.yml")
UNKNOWN = "unknown"


@functools.cache
def reasons() -> dict[str, str]:
    """Code → reason."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {str(code): reason for reason, codes in found.items() for code in codes}


def reason(code: str) -> str:
    """The reason behind a code; ``unknown`` for one that nobody wrote down."""
    return reasons().get(code, UNKNOWN)


def words(deps: ConsoleDeps, state: str, code: str) -> str:
    """How the sending of a message stands; for one that did not arrive also why. Nothing for the person's own."""
    if not state:
        return ""
    if state != "failed":
        return deps.text(f"console.send.{state}")
    return deps.text("console.send.failed", why=deps.label("console.failure", reason(code)), code=code)
