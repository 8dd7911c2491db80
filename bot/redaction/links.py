"""E-mail addresses, web addresses and account names, also as people say them ("maria arroba gmail punto com").

Stage: detector. Promise: linear in the length of the text. Must not: take a price, an hour or the end of a sentence
for an address.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.lexicon import everyday, touches, unknown
from bot.redaction.view import Found, View

_HAS_AT = re.compile(r"@|[\[(]\s?at\b|ar+o[bv]a")
_NAME = r"(?<![a-z0-9])[a-z0-9][a-z0-9._%+-]{0,63}"
_AT = r"(?:@|\s?[\[(]\s?(?:@|at|arroba)\s?[\])]\s?|\s(?:arroba|aroba|arrova)\s|(?<=\w)arroba(?=\w))"
_HOMES = r"(?:g\s?mail|gmial|gmai|gamil|hotmail|hotmial|hormail|outlook|outlok|yahoo|yaho|icloud|live|msn|protonmail|proton)"
_DOT = r"(?:\s?\.\s?|,|\s?\(?\bpunto\b\)?\s?)"
_TOP = r"(?:com|con|es|net|org|pe|ve|co|ec|bo|cl|ar|me|edu|gob|info)"
_EMAIL = re.compile(
    rf"{_NAME}{_AT}(?:[a-z0-9-]{{1,40}}(?:\.[a-z0-9-]{{2,24}}){{1,3}}"
    rf"|[a-z0-9-]{{1,40}}(?:{_DOT}{_TOP}\b){{1,2}})"
)
_MAIL_HOME = re.compile(rf"{_NAME}(?:{_AT}|\s?@\s?)\s?{_HOMES}\b(?:{_DOT}{_TOP}\b){{0,2}}")
_MAIL_SPACED = re.compile(rf"{_NAME}\s@\s[a-z0-9-]{{1,40}}(?:{_DOT}[a-z]{{2,6}}\b){{1,2}}")
_SCHEME = re.compile(
    r"(?:h\s?t\s?t\s?ps?\s?:\s?//|www\s?\.|www\spunto\s)\s?[^\s<>\"'\ufffc]{2,500}(?: punto [a-z]{2,6}){0,2}"
)
_DOMAIN = re.compile(
    r"(?<![\w@.])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}([a-z]{2,12})(?![\w])(?:[/?][^\s<>\"'\ufffc]{0,500})?"
)
_PATHED = re.compile(r"(?<![\w@.])(?:[a-z0-9][a-z0-9-]{1,62}\.){1,3}[a-z]{2,6}/[^\s<>\"'\ufffc]{2,500}")
_SAID = re.compile(
    r"(?<!\w)[a-z0-9-]{2,40} punto (?:com|pe|org|net|me|info|ve|ec)(?: punto (?:pe|co|ve|ec|bo))?(?!\w)"
)
_HANDLE = re.compile(r"(?<![\w.])@\s?[a-z0-9_][a-z0-9_.]{1,63}")
_HANDLE_SAID = re.compile(r"(?<!\w)arroba\s(?P<account>[a-z0-9_][a-z0-9_.]{2,63})")
_UNDERSCORED = re.compile(
    r"(?<![\w@.\ufffc])(?=[\d_.]{0,20}[a-z])[a-z0-9.]{1,40}_[a-z0-9_.]{1,40}(?![\w\ufffc])"
)
# "luisap22", "luisa.p.22": letters, then digits; "luisa.perez": a name, then more.
_WITH_DIGITS = re.compile(r"(?<![\w@.-])([a-z]{4,30})[a-z._]{0,20}\d{1,8}(?![\w-])")
_WITH_DOTS = re.compile(r"(?<![\w@.-])([a-z]{3,30})\.(?:[a-z0-9]{1,20}\.){0,3}[a-z0-9]{1,20}(?![\w@])")
_NUMBERED = re.compile(r"(?<![\w@.])[a-z][a-z0-9._]{2,32}#\d{4}(?!\w)")
_MAIL_TOLD = re.compile(
    r"\b(?:gmail|hotmail|outlook|yahoo|icloud|correo|email|e-mail|mail)\b(?:\s?:\s?|\s(?:es|seria|sale)\s)(?P<account>[a-z0-9._-]{4,40})"
)
_LONGEST = 4  # words of an account's name
_TRAIL = ".,;:!?)]}'\"…"


def find(view: View) -> Iterator[Found]:
    """EMAIL, URL and HANDLE."""
    for pattern in (_EMAIL, _MAIL_HOME, _MAIL_SPACED) if _HAS_AT.search(view.plain) else ():
        for match in pattern.finditer(view.plain):
            yield Found(_spelled(view, match), _end(view, match.start(), match.end()), "EMAIL")
    for told in _MAIL_TOLD.finditer(view.plain):
        if any(c in "._-" or c.isdigit() for c in told["account"].rstrip(_TRAIL)):
            yield Found(told.start("account"), _end(view, told.start("account"), told.end()), "EMAIL")
    yield from _urls(view)
    for match in _HANDLE_SAID.finditer(view.plain):
        start, end = match.start("account"), _end(view, match.start(), match.end())
        yield Found(match.start(), _words_on(view, start, end), "HANDLE")
    for pattern in (_HANDLE, _UNDERSCORED, _NUMBERED):
        for match in pattern.finditer(view.plain):
            yield Found(match.start(), _end(view, match.start(), match.end()), "HANDLE")
    yield from _account_like(view)
    yield from _told(view)


def _account_like(view: View) -> Iterator[Found]:
    """Words no sentence holds, without any network named."""
    for match in _WITH_DIGITS.finditer(view.plain):
        if not everyday(match[1]):
            yield Found(match.start(), match.end(), "HANDLE")
    for match in _WITH_DOTS.finditer(view.plain):
        doubtful = match[1] in data.words("names", "doubtful") or everyday(match[1])
        if match[1] in data.words("names", "given") and not doubtful:
            yield Found(match.start(), match.end(), "HANDLE")


def _urls(view: View) -> Iterator[Found]:
    for match in (*_SCHEME.finditer(view.plain), *_PATHED.finditer(view.plain)):
        yield Found(match.start(), _end(view, match.start(), match.end()), "URL")
    for match in _DOMAIN.finditer(view.plain):
        if match[1] in data.words("links", "endings"):
            yield Found(match.start(), _end(view, match.start(), match.end()), "URL")
    for match in _SAID.finditer(view.plain):
        yield Found(match.start(), match.end(), "URL")


def _spelled(view: View, match: re.Match[str]) -> int:
    """Where an address begins that was said word by word: "maria punto lopez arroba …", "juan 88 @ gmail"."""
    if re.fullmatch(rf"{_NAME}@[^\s]+", match[0]):
        return match.start()
    index = bisect_left(view.starts, match.start())
    if index == len(view.starts):
        return match.start()
    while index > 0:
        before = view.tokens[index - 1]
        if view.plain[before.end : view.starts[index]].strip(" .-_"):
            break
        if before.text in data.words("links", "before_mail") or match.start() - before.start > 64:
            break
        index -= 1
    return min(view.starts[index], match.start())


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
        if account in data.words("links", "not_accounts"):
            continue
        if any(c in "._" or c.isdigit() for c in account):
            yield Found(start, end, "HANDLE")
        elif not everyday(account) or (
            match["says"] and (match["says"].strip() != "como" or _closes(view, end))
        ):
            yield Found(start, _words_on(view, start, end), "HANDLE")


def _closes(view: View, end: int) -> bool:
    after = view.plain[end:].lstrip(" ")[:1]
    return not after or not after.isalnum()


def _words_on(view: View, start: int, end: int) -> int:
    """Accounts of several words: with capitals, or names ("Trabajos Lima VIP", "yolimar rivas")."""
    first = index = bisect_left(view.starts, start)
    while index + 1 < len(view.tokens) and index - first < _LONGEST and touches(view, index + 1, " \t"):
        token, before = view.tokens[index + 1], view.tokens[index]
        capital = token.upper and not view.shouts and view.tokens[first].upper
        joins = token.text in data.words("names", "joins") or token.text in ("para", "en")
        known = token.text in data.words("names", "surnames") or token.text in data.words("names", "given")
        if not (capital or (known and token.text not in data.words("common", "words")) or unknown(token)):
            after = view.tokens[index + 2] if index + 2 < len(view.tokens) else None
            if not (joins and before.upper and not view.shouts and after is not None and after.upper):
                break
        index += 1
        end = token.end
    return end


@functools.cache
def _network() -> re.Pattern[str]:
    networks = "|".join(sorted(map(re.escape, data.words("links", "networks")), key=len, reverse=True))
    says = "|".join(sorted(map(re.escape, data.words("links", "says")), key=len, reverse=True))
    return re.compile(
        rf"\b(?:{networks})\b(?P<says>\s?:\s?|\s(?:{says})\s)?\s?(?:(?:la|el)\s(?=[a-z]))?(?P<account>[a-z0-9_][a-z0-9_.]{{2,40}})"
    )
