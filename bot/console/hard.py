"""Which messages stay folded until a responder wants to read them, by the words in ``hard.yml``. Pure."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import yaml

from bot.safety.fold import plain

FILE = Path(__file__).with_name("hard.yml")


def hard(text: str) -> bool:
    """True for a message that tells of violence, death or abuse, in whatever language.

    >>> hard("Ayer me pegó con un cable"), hard("se me pegó la canción"), hard("¿a qué hora abren?")
    (True, False, False)
    """
    return _words().search(plain(text)) is not None


@functools.cache
def _words() -> re.Pattern[str]:
    languages: dict[str, list[str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return re.compile(rf"\b(?:{'|'.join(one for words in languages.values() for one in words)})")
