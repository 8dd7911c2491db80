"""SMS through Twilio, for people without data.

Promises: plain words, choices by their numbers, and as few of the network's pieces as the words allow: one holds
160 letters of its own small alphabet, but only 70 as soon as a single other letter stands in it. Must not: lose a
word for it; what that alphabet cannot write at all goes out as it is.
"""

from __future__ import annotations

import re
import unicodedata

from connectors.base import Inbound, Limits, Outbound, Sent
from connectors.text import numbered
from connectors.twilio_channel import TwilioChannel

LIMITS = Limits(
    text=459,  # three pieces: longer ones get lost on weak networks
    text_with_choices=459,
    buttons=0,
    button_title=0,
    per_person_burst=3,
    per_person_seconds=3.0,
    copies=True,
)
# GSM 03.38, the alphabet of which a piece holds 160; the second line counts double.
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    "^{}\\[~]|€"
)
INSTEAD = str.maketrans(
    {"“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-"}
    | {"·": "-", "\u00a0": " ", "\u202f": " ", "\t": " "}
)


class Sms(TwilioChannel):
    """The channel ``sms``: one Twilio account, one number of its own (``+…``)."""

    name = "sms"
    limits = LIMITS
    addresses = re.compile(r"\+?[0-9]{3,15}")

    async def send(self, address: str, message: Outbound) -> Sent:
        words = numbered(message) if message.choices and message.layout != "plain" else message.text
        return await self._create(address, body=economical(words))

    async def acknowledge(self, event: Inbound, *, answering: bool = False) -> None:
        """Nothing: SMS shows neither."""


def economical(text: str) -> str:
    """The same words in the network's small alphabet; unchanged where a letter of them is not in it."""
    spare = unicodedata.normalize("NFC", text).translate(INSTEAD)
    letters = "".join(_small(letter) for letter in spare)
    if not letters.strip():
        return text
    if any(letter not in ALPHABET for letter in letters):
        return text
    lines = (re.sub(r" {2,}", " ", line).strip() for line in letters.splitlines())
    return "\n".join(line for line in lines if line)


def _small(letter: str) -> str:
    """A letter without its accent where the alphabet lacks it; pictures go, other scripts stay and are seen above."""
    if letter in ALPHABET:
        return letter
    plain = unicodedata.normalize("NFD", letter)[0]
    if plain in ALPHABET:
        return plain
    return letter if unicodedata.category(letter)[0] in "LN" else ""
