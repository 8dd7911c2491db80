"""``faro erase``: carry out a request for erasure that came in writing (ARCO rights)."""

from __future__ import annotations

import getpass
import json
import sys
import time
from typing import Annotated

import phonenumbers
import typer

from bot import retention
from bot.commands.common import with_store
from bot.config import UnsafeSettingsError

CHANNELS = ("whatsapp", "sms", "telegram", "sim-whatsapp", "sim-telegram")
COUNTRY = "PE"  # of a number that is written without its country


def erase(
    channel: Annotated[str, typer.Option(help="whatsapp, sms or telegram")],
) -> None:
    """Erase one person, as BORRAR does. The address is read from standard input, so that no history keeps it."""
    if channel not in CHANNELS:
        raise UnsafeSettingsError(f"There is no channel of that name: say one of {', '.join(CHANNELS)}.")
    address = as_stored(channel, _asked())
    receipt = with_store(
        lambda db, vault: retention.erase_by_letter(db, vault, channel, address, time.time())
    )
    if receipt is None:
        raise UnsafeSettingsError(f"Nothing is held of this address on {channel}: nothing was erased.")
    print(json.dumps(receipt))


def _asked() -> str:
    """One line; at a terminal it is not shown."""
    line = getpass.getpass("Address: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not line.strip():
        raise UnsafeSettingsError("No address came on standard input: nothing was erased.")
    return line.strip()


def as_stored(channel: str, text: str) -> str:
    """An address as the channel writes it, from the way in which people write it."""
    if channel == "whatsapp" and not text.startswith("whatsapp:"):
        return f"whatsapp:{_number(text)}"
    if channel == "sms":
        return _number(text)
    if channel == "telegram" and not text.removeprefix("-").isdecimal():
        raise UnsafeSettingsError("Telegram knows a chat by its number, not by a name or a phone.")
    return text


def _number(text: str) -> str:
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise UnsafeSettingsError(
            "That is not a phone number: write it with its country, as in +51 and nine digits."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
