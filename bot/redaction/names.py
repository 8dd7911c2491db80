"""Names of people and of businesses: by what stands before them, and by lists.

Stage: detector. Promise: a name after "me llamo" is found whatever it is; a listed name wherever it stands. Must not:
take a nationality, a trade or the word that begins a sentence for a name.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.view import Found, Token, View

_LONGEST = 5  # words of a name, what joins them apart


def find(view: View) -> Iterator[Found]:
    """PERSON and COMPANY."""
    at = 0
    while at < len(view.tokens):
        if business := _business(view, at):
            yield Found(view.tokens[business[0]].start, view.tokens[business[1] - 1].end, "COMPANY")
        start = _name_begins(view, at)
        if start is None:
            at += 1
            continue
        upto = _name_ends(view, start)
        yield Found(view.tokens[start].start, view.tokens[upto - 1].end, "PERSON")
        at = upto


def _name_begins(view: View, at: int) -> int | None:
    """The index at which a name begins at this word, or right after the introduction that stands here."""
    size = _phrase(view, at, "introductions")
    if size and _touches(view, at + size) and _may_be(view, at + size):
        return at + size
    if _listed(view, at):
        return at
    return None


@functools.cache
def _phrases(name: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in data.load("names")[name]:
        split = tuple(data.fold(str(phrase)).split())
        found.setdefault(split[0], []).append(split)
    for phrases in found.values():
        phrases.sort(key=len, reverse=True)
    return found


def _phrase(view: View, at: int, name: str) -> int:
    if at >= len(view.tokens):
        return 0
    for phrase in _phrases(name).get(view.tokens[at].text, ()):
        tokens = view.tokens[at : at + len(phrase)]
        joined = all(not view.plain[a.end : b.start].strip() for a, b in itertools.pairwise(tokens))
        if tuple(token.text for token in tokens) == phrase and joined:
            return len(phrase)
    return 0


def _touches(view: View, at: int) -> bool:
    """Whether a word follows the one before it with nothing but a space, a dot or a colon between."""
    if not 0 < at < len(view.tokens):
        return False
    return not view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(" .:\"'\t")


def _may_be(view: View, at: int) -> bool:
    """A word that could be somebody's name after an introduction."""
    token = view.tokens[at]
    return _wordlike(token) and token.text not in data.words("names", "never")


def _wordlike(token: Token) -> bool:
    return len(token.text) > 1 and not any(c.isdigit() for c in token.text)


def _listed(view: View, at: int) -> bool:
    """A known name that stands like one, or an unknown one with a capital after a title."""
    token = view.tokens[at]
    if not _wordlike(token):
        return False
    titled = _touches(view, at) and view.tokens[at - 1].text in data.words("names", "titles")
    given, surname = _is_given(token), token.text in data.words("names", "surnames")
    doubtful = token.text in data.words("names", "doubtful")
    if given and not doubtful:
        return True
    inside = _capital_inside(view, token)
    if (given or doubtful) and (
        inside or (token.upper and _surname_follows(view, at)) or _full_name(view, at)
    ):
        return True
    if surname and (inside or (titled and not _common(token))):
        return token.text not in data.words("names", "never")
    return titled and _unknown_name(view, at)


def _is_given(token: Token) -> bool:
    return token.text in data.words("names", "given")


def _common(token: Token) -> bool:
    """Surnames that are everyday words."""
    return token.text in data.words("names", "everyday")


def _capital_inside(view: View, token: Token) -> bool:
    return token.upper and not token.first and not view.shouts


def _surname_follows(view: View, at: int) -> bool:
    if not _touches(view, at + 1):
        return False
    after = view.tokens[at + 1]
    return after.text in data.words("names", "surnames") and (after.upper or not _common(after))


def _full_name(view: View, at: int) -> bool:
    """ "rosa quispe": written small, but with a surname that is no other word."""
    return _surname_follows(view, at) and not _common(view.tokens[at + 1])


def _unknown_name(view: View, at: int) -> bool:
    """ "la señora Yubeisy": a capital inside a sentence after a title."""
    token = view.tokens[at]
    return (
        _capital_inside(view, token)
        and len(token.text) > 2
        and not view.shouting(token)
        and token.text not in data.words("names", "never")
        and view.tokens[at - 1].text in data.words("names", "strong_titles")
    )


def _name_ends(view: View, start: int) -> int:
    """The index after the last word of the name that begins at ``start``."""
    upto, at = start + 1, start + 1
    while (
        at < len(view.tokens)
        and _touches(view, at)
        and upto - start < _LONGEST
        and "." not in _between(view, at)
    ):
        token = view.tokens[at]
        if _goes_on(view, token):
            upto = at + 1
        elif token.text not in data.words("names", "joins") or at - upto >= 2:
            break
        at += 1
    return upto


def _between(view: View, at: int) -> str:
    return view.plain[view.tokens[at - 1].end : view.tokens[at].start]


def _goes_on(view: View, token: Token) -> bool:
    if not _wordlike(token) or token.text in data.words("names", "never"):
        return False
    known = _is_given(token) or token.text in data.words("names", "surnames")
    small = known and not _common(token) and token.text not in data.words("names", "doubtful")
    return small or (token.upper and not view.shouts) or (known and token.upper)


def _business(view: View, at: int) -> tuple[int, int] | None:
    """Where the name of a business begins and ends whose cue, or whose first word, stands here."""
    size = _phrase(view, at, "company_cues")
    if size:
        begins = at + size + _phrase(view, at + size, "company_named")
        upto = _capitals(view, begins)
        if upto > begins:
            return begins, _with_ending(view, upto)
    token = view.tokens[at]
    if token.upper and not view.shouts and _wordlike(token):
        upto = _capitals(view, at)
        if upto > at and (ended := _with_ending(view, upto)) > upto:
            return at, ended
    return None


def _capitals(view: View, at: int) -> int:
    """The words with a capital (and what joins them) from here on."""
    upto = at
    while at < len(view.tokens) and _touches_loosely(view, at) and at - upto < 2 and not view.shouts:
        token = view.tokens[at]
        article = token.text in data.words("names", "articles")
        if (
            token.upper
            and len(token.text) > 1
            and (article or token.text not in data.words("names", "never"))
        ):
            upto = at + 1 if not article else upto
        elif token.text not in data.words("names", "joins"):
            break
        at += 1
    return upto


def _touches_loosely(view: View, at: int) -> bool:
    return at == 0 or not view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(" &\"'“”«»-\t")


def _with_ending(view: View, upto: int) -> int:
    """ "S.A.C.", "EIRL" belong to the name; dots part their letters."""
    letters = ""
    for at in range(upto, min(upto + 4, len(view.tokens))):
        if view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(" ,."):
            break
        letters += view.tokens[at].text
        if letters in data.words("names", "company_endings"):
            return at + 1
    return upto
