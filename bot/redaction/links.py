"""E-mail addresses, web addresses and account names, also as people say them ("maria arroba gmail punto com").

Stage: detector. Promise: linear in the length of the text. Must not: take a price, an hour or the end of a sentence
for an address.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.view import Found, View

_NAME = r"[a-z0-9][a-z0-9._%+-]{0,63}"
_AT = r"(?:\s?@\s?|\s?\(?\s?arroba\s?\)?\s?)"
_DOT = r"(?:\.|\s?\(?punto\)?\s?)"
_EMAIL = re.compile(rf"{_NAME}{_AT}[a-z0-9-]{{1,40}}(?:{_DOT}[a-z0-9-]{{2,24}}){{1,3}}")
_MAIL_HOME = re.compile(rf"{_NAME}{_AT}(?:gmail|hotmail|outlook|yahoo|icloud|live|protonmail)\b")
_SCHEME = re.compile(r"(?:h\s?t\s?t\s?ps?\s?:\s?//|www\s?\.)\s?[^\s<>\"'\ufffc]{2,500}")
_DOMAIN = re.compile(
    r"(?<![\w@.])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}([a-z]{2,12})(?![\w])(?:/[^\s<>\"'\ufffc]{0,500})?"
)
_SAID = re.compile(r"(?<!\w)[a-z0-9-]{2,40} punto (?:com|pe|org|net|me)(?: punto (?:pe|co|ve|ec))?(?!\w)")
_HANDLE = re.compile(r"(?<![\w.])@\s?[a-z0-9_][a-z0-9_.]{1,63}")
_TRAIL = ".,;:!?)]}'\"…"


def find(view: View) -> Iterator[Found]:
    """EMAIL, URL and HANDLE."""
    for pattern in (_EMAIL, _MAIL_HOME):
        for match in pattern.finditer(view.plain):
            yield Found(match.start(), _end(view, match.start(), match.end()), "EMAIL")
    for match in _SCHEME.finditer(view.plain):
        yield Found(match.start(), _end(view, match.start(), match.end()), "URL")
    for match in _DOMAIN.finditer(view.plain):
        if match[1] in data.words("links", "endings"):
            yield Found(match.start(), _end(view, match.start(), match.end()), "URL")
    for match in _SAID.finditer(view.plain):
        yield Found(match.start(), match.end(), "URL")
    for match in _HANDLE.finditer(view.plain):
        yield Found(match.start(), _end(view, match.start(), match.end()), "HANDLE")
    yield from _told(view)


def _end(view: View, start: int, end: int) -> int:
    """Without the punctuation of the sentence around it."""
    while end - 1 > start and view.plain[end - 1] in _TRAIL:
        end -= 1
    return end


def _told(view: View) -> Iterator[Found]:
    """Names such as "mi insta es maria.perez", "facebook: marita22": a name after the place where it is used."""
    for match in _network().finditer(view.plain):
        start, end = match.start("account"), _end(view, match.start("account"), match.end("account"))
        account = view.plain[start:end]
        marked = any(c in "._" or c.isdigit() for c in account)
        if marked or (match["says"] and account not in data.words("links", "not_accounts")):
            yield Found(start, end, "HANDLE")


@functools.cache
def _network() -> re.Pattern[str]:
    networks = "|".join(sorted(map(re.escape, data.words("links", "networks")), key=len, reverse=True))
    says = r"(?P<says>\s?:\s?|\s(?:es|como|soy|estoy como|se llama|esta como)\s)?"
    return re.compile(rf"\b(?:{networks})\b{says}\s?(?P<account>[a-z0-9_][a-z0-9_.]{{2,40}})")
