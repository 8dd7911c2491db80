"""Names of businesses: after the kind of business, before its legal form, or known to everybody.

Stage: detector. Promise: the kind ("hotel", "night club") stays for who reads, the name goes. Must not: take what
happens in a business for its name ("el bar donde trabajo").
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.lexicon import everyday, name_shaped, touches, trade, unknown, verbal, wordlike
from bot.redaction.phrases import phrase
from bot.redaction.view import Found, View

_LONGEST = 4  # words of a name
_NEAR = " &\"'“”«»-:\t"
_ARTICLES = frozenset(["el", "la", "los", "las"])
_TIMES = frozenset(["noche", "dia"])  # "karaoke la noche", but "bar de noche"
_QUOTES = "\"“«'"


def find(view: View) -> Iterator[Found]:
    """COMPANY."""
    for at in range(len(view.tokens)):
        for start, upto in (
            _after_cue(view, at),
            _known(view, at),
            _titled(view, at),
            _before_form(view, at),
        ):
            if upto > start:
                yield Found(view.tokens[start].start, _dotted(view, view.tokens[upto - 1].end), "COMPANY")


def _dotted(view: View, end: int) -> int:
    """The last dot of "S.A.C." belongs to it."""
    return end + 1 if view.plain[end : end + 1] == "." and view.plain[end - 2 : end - 1] == "." else end


def _known(view: View, at: int) -> tuple[int, int]:
    return at, at + phrase(view, at, "companies", "known")


def _titled(view: View, at: int) -> tuple[int, int]:
    """ "mesera en La Fogata": an article with a capital inside a sentence, and a word with one."""
    token = view.tokens[at]
    if not (token.upper and not token.first and not view.shouts) or token.text not in _ARTICLES:
        return at, at
    if not touches(view, at + 1, " \t") or phrase(view, at, "places", "sure"):
        return at, at
    after = view.tokens[at + 1]
    named = after.upper and wordlike(after) and not view.shouting(after)
    listed = after.text in data.words("names", "never") or after.text in data.words("names", "titles")
    return at, at + 2 if named and not listed else at


def _after_cue(view: View, at: int) -> tuple[int, int]:
    """ "hotel las palmeras", "agencia que se llama jobs peru", "el bar donde trabajo se llama la cueva"."""
    size = phrase(view, at, "companies", "cues")
    if not size:
        return at, at
    start = _named(view, at + size) or at + size
    told = start > at + size
    if not told:
        start = _described(view, start)
    loose = not told and size == 1 and view.tokens[at].text in data.words("companies", "loose")
    upto = _extent(view, start, told=told, loose=loose)
    begins = _opened(view, at, start) if upto > start and not told else start
    return begins, _with_form(view, upto) if upto > start else start


def _opened(view: View, at: int, start: int) -> int:
    """A kind written with a capital inside a sentence is part of the name ("en Hotel Sol")."""
    token = view.tokens[at]
    return at if token.upper and not token.first and not view.shouts and view.tokens[start].upper else start


def _described(view: View, start: int) -> int:
    """ "fabrica de chompas Inca Alpaca", "taller mecanico Los Andes": what it does stands before its name."""
    at = start
    if at < len(view.tokens) and view.tokens[at].text == "de" and touches(view, at):
        at += 1
    small = at + 1 < len(view.tokens) and not view.tokens[at].upper and wordlike(view.tokens[at])
    if not small or view.shouts or not touches(view, at) or not touches(view, at + 1, _NEAR):
        return start
    stops = view.tokens[at].text in data.words("companies", "stop") or not everyday(view.tokens[at].text)
    return at + 1 if view.tokens[at + 1].upper and not stops else start


def _named(view: View, at: int) -> int:
    """Where the name begins when "se llama" stands within a few words; 0 when it does not."""
    for ahead in range(at, min(at + 5, len(view.tokens))):
        if not touches(view, ahead, " ,\t"):
            return 0
        if size := phrase(view, ahead, "companies", "named"):
            return ahead + size
    return 0


def _extent(view: View, start: int, *, told: bool, loose: bool) -> int:
    """Up to where the words that begin at ``start`` are a name."""
    upto = at = start
    quoted = start < len(view.tokens) and view.plain[view.tokens[start].start - 1] in _QUOTES
    while at < len(view.tokens) and at - start < _LONGEST and touches(view, at, _NEAR):
        text = view.tokens[at].text
        if at == start and text in data.words("companies", "articles"):
            if not (told or quoted or _article_opens(view, at, loose=loose)):
                break
        elif text in data.words("companies", "joins") and not (view.tokens[at].upper and upto == start):
            if upto == start:
                break
        elif (
            text in data.words("companies", "stop")
            and not quoted
            and text not in _TIMES
            and not _capitals(view, at, upto, start)
        ):
            break
        elif _names(view, at, upto, start, free=told or quoted):
            upto = at + 1
        else:
            break
        at += 1
    return upto


def _capitals(view: View, at: int, upto: int, start: int) -> bool:
    """A small word with a capital inside a name of capitals: "Empleos Ya"."""
    if phrase(view, at, "places", "strong"):
        return False
    return start < upto == at and view.tokens[at].upper and view.tokens[at - 1].upper and not view.shouts


def _closes(view: View, at: int) -> bool:
    """The sentence, or its part, ends with this word."""
    after = view.plain[view.tokens[at].end :].lstrip(' "”»')[:1]
    return not after or after in ".,;:!?\n)"


def _article_opens(view: View, at: int, *, loose: bool) -> bool:
    """ "bar la cueva", but neither "la empresa la dueña …" nor "el bar los obliga"."""
    if at + 1 >= len(view.tokens):
        return False
    after = view.tokens[at + 1]
    if after.upper and not view.shouts:
        return True
    stops = after.text in data.words("companies", "stop") or after.text in data.words("names", "titles")
    if loose:
        return unknown(after) or (
            wordlike(after) and not stops and _closes(view, at + 1) and not verbal(after.text)
        )
    return wordlike(after) and (not stops or (after.text in _TIMES and _closes(view, at + 1)))


def _names(view: View, at: int, upto: int, start: int, *, free: bool) -> bool:
    """Whether this word goes into the name."""
    token = view.tokens[at]
    if token.upper and not view.shouts and len(token.text) > 1:
        return True
    if not wordlike(token) or len(token.text) < 3:
        return False
    if token.text in data.words("places", "saints"):
        return at + 1 < len(view.tokens) and touches(view, at + 1, " \t") and at == start
    after_article = at > start and view.tokens[at - 1].text in data.words("companies", "articles")
    if after_article or (free and at - start < 3):
        return token.text not in data.words("companies", "stop") or (after_article and token.text in _TIMES)
    second = upto > start and view.tokens[at - 1].text not in data.words("companies", "joins")
    ends = second and _closes(view, at)
    uncommon = not everyday(token.text) and not (at == start and trade(token.text))
    return name_shaped(token.text) or uncommon or ends or (second and _adorns(token.text))


def _adorns(word: str) -> bool:
    """Words that often end the name of a business: "buen sabor", "andina travel"."""
    return word in data.words("companies", "adorn")


def _before_form(view: View, at: int) -> tuple[int, int]:
    """ "textiles rojas eirl": what stands before a legal form, back to a small word."""
    ended = _with_form(view, at + 1)
    if ended == at + 1 or view.tokens[at].text in data.words("companies", "joins"):
        return at, at
    start = at
    while start > 0 and at - start < _LONGEST and touches(view, start, _NEAR):
        before = view.tokens[start - 1]
        joined = (
            before.text in data.words("companies", "joins") and start > 1 and view.tokens[start - 2].upper
        )
        if joined and view.tokens[start].upper:
            start -= 2
            continue
        if before.text in data.words("companies", "stop") or before.text in data.words("names", "articles"):
            break
        if before.text in data.words("companies", "cues_plain") and not before.upper:
            break
        start -= 1
    return start, ended


@functools.cache
def _beginnings() -> frozenset[str]:
    return frozenset(
        form[:size] for form in data.words("companies", "endings") for size in range(1, len(form) + 1)
    )


def _with_form(view: View, upto: int) -> int:
    """ "S.A.C.", "EIRL" belong to the name; dots part their letters."""
    letters, found = "", upto
    for at in range(upto, min(upto + 4, len(view.tokens))):
        if view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(" ,."):
            break
        letters += view.tokens[at].text
        if letters not in _beginnings():
            break
        if letters in data.words("companies", "endings"):
            found = at + 1
    return found
