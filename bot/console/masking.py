"""What a person wrote, with names, numbers and places covered, before a page shows it."""

from __future__ import annotations

from bot.redaction import Masks, redact

__all__ = ["Masks", "mask", "telltale"]

# What gives a phone or a place away when a responder types it; sending then asks once more.
TELLTALE = frozenset({"PHONE", "EMAIL", "ID", "URL", "HANDLE", "BANK"})


def mask(text: str, masks: Masks | None = None) -> str:
    """``text`` covered; the same ``masks`` through a conversation give the same number to the same thing."""
    return redact(text, masks).text


def telltale(text: str) -> bool:
    """True if a reply holds a number, an address or a link that could harm on a watched phone."""
    return any(span.type in TELLTALE for span in redact(text).spans)
