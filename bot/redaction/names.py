"""Names of people: by what stands before them, by lists, by how they are built.

Stage: detector. Promise: a name after "me llamo" is found whatever it is; a listed name wherever it stands. Must not:
take a nationality, a trade or the word that begins a sentence for a name.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.lexicon import capital_inside, everyday, name_shaped, touches, trade, unknown, wordlike
from bot.redaction.phrases import phrase
from bot.redaction.view import Found, Token, View

_LONGEST = 6  # words of a name, what joins them apart


def find(view: View) -> Iterator[Found]:
    """PERSON."""
    at = 0
    while at < len(view.tokens):
        start, told = _name_begins(view, at)
        if start is None:
            at += 1
            continue
        upto = _name_ends(view, start, told=told)
        yield Found(view.tokens[_shortened(view, start)].start, view.tokens[upto - 1].end, "PERSON")
        at = upto


def _shortened(view: View, start: int) -> int:
    """ "J. Quispe", "Ma. Elena": what is shortened before the name goes with it."""
    before = view.tokens[start - 1] if start else None
    if before is None or view.plain[before.end : view.tokens[start].start].strip(" ") != ".":
        return start
    short = (len(before.text) == 1 and before.upper) or before.text == "ma"
    return start - 1 if short and before.text.isalpha() else start


def _name_begins(view: View, at: int) -> tuple[int | None, bool]:
    """The index at which a name begins at this word or after what introduces it here, and whether it was introduced."""
    size = phrase(view, at, "names", "introductions")
    if size and (found := _introduced(view, at + size)) is not None:
        return found, True
    size = phrase(view, at, "names", "loose_introductions")
    if size and touches(view, at + size) and _stands_out(view, at + size):
        return at + size, True
    size = phrase(view, at, "names", "nicknames")
    if size and (found := _nickname(view, at + size)) is not None:
        return found, False
    return (at, False) if _listed(view, at) else (None, False)


def _introduced(view: View, at: int) -> int | None:
    """After "me llamo": any word that may be a name."""
    if not touches(view, at):
        return None
    token = view.tokens[at]
    if wordlike(token) and (token.text not in _words("never") or _is_given(token)):
        return at
    return None


def _nickname(view: View, at: int) -> int | None:
    """ "le dicen el gocho", "la llaman Barbie"; not "le dicen que"."""
    if not touches(view, at):
        return None
    if view.tokens[at].text in _words("articles") and touches(view, at + 1):
        after = view.tokens[at + 1]
        return at + 1 if wordlike(after) and after.text not in _words("kinds") else None
    token = view.tokens[at]
    named = capital_inside(view, token) and wordlike(token) and token.text not in _words("never")
    return at if named or _stands_out(view, at) else None


def _stands_out(view: View, at: int) -> bool:
    """No everyday word, or one with a capital that says something."""
    token = view.tokens[at]
    if token.text in _words("never") or not wordlike(token):
        return False
    listed = _is_given(token) or token.text in _words("surnames") or name_shaped(token.text)
    named = unknown(token) and (listed or not trade(token.text)) and not _is_place(view, at)
    return named or (capital_inside(view, token) and not everyday(token.text))


def _is_place(view: View, at: int) -> bool:
    return bool(phrase(view, at, "places", "sure") or phrase(view, at, "places", "doubtful"))


def _words(key: str) -> frozenset[str]:
    return data.words("names", key)


def _listed(view: View, at: int) -> bool:
    """A known name that stands like one, or an unknown one after a title or with a capital."""
    token = view.tokens[at]
    if not wordlike(token):
        return False
    doubtful = token.text in _words("doubtful")
    given = _is_given(token)
    also_word = doubtful or token.text in data.words("common", "words")
    if given and not also_word:
        return True
    inside = capital_inside(view, token)
    if (given or doubtful) and (
        inside
        or (token.upper and _surname_follows(view, at))
        or _full_name(view, at)
        or (doubtful and _after(view, at, "kin"))
        or _alone(view, at)
    ):
        return token.text not in _words("never") or _surname_follows(view, at) or _full_name(view, at)
    if token.text in _words("surnames") and _surname_stands(view, at, inside=inside):
        return token.text not in _words("never")
    return _unlisted(view, at, inside=inside)


def _alone(view: View, at: int) -> bool:
    """A name and a surname, and nothing else in the text."""
    return at == 0 and len(view.tokens) in (2, 3) and _surname_follows(view, at)


def _after(view: View, at: int, key: str) -> bool:
    return touches(view, at) and view.tokens[at - 1].text in _words(key)


def _surname_stands(view: View, at: int, *, inside: bool) -> bool:
    if inside:
        return True
    if _after(view, at, "formal"):
        return True
    token = view.tokens[at]
    if _common(token) or token.text in _words("doubtful"):
        return False
    return _after(view, at, "titles") or len(token.text) > 4


def _unlisted(view: View, at: int, *, inside: bool) -> bool:
    """A word of no list that looks like a name where it stands."""
    token = view.tokens[at]
    if token.text in _words("never") or _is_place(view, at):
        return False
    if _after(view, at, "honorifics"):
        return True
    if name_shaped(token.text):
        return True
    if not unknown(token):
        return False
    titled = touches(view, at, " .:,\"'\t") and view.tokens[at - 1].text in _words("strong_titles")
    if titled and (inside or (touches(view, at) and not trade(token.text))):
        return True
    if (
        inside
        and touches(view, at)
        and view.tokens[at - 1].upper
        and view.tokens[at - 1].text in _words("never")
    ):
        return False
    if inside and not view.shouting(token):
        return not _after(view, at, "places_before")
    return _surname_follows(view, at) and token.upper


def _is_given(token: Token) -> bool:
    return token.text in _words("given")


def _common(token: Token) -> bool:
    """Surnames that are everyday words."""
    return token.text in _words("everyday") or token.text in data.words("common", "words")


def _surname_follows(view: View, at: int) -> bool:
    if not touches(view, at + 1):
        return False
    after = view.tokens[at + 1]
    return after.text in _words("surnames") and (after.upper or not _common(after))


def _full_name(view: View, at: int) -> bool:
    """ "rosa quispe", "luz marina": written small, but followed by a name that is no other word."""
    if not touches(view, at + 1):
        return False
    after = view.tokens[at + 1]
    given = _is_given(after) and after.text not in data.words("common", "words")
    return (_surname_follows(view, at) and not _common(after)) or (
        given and after.text not in _words("doubtful")
    )


def _name_ends(view: View, start: int, *, told: bool) -> int:
    """The index after the last word of the name that begins at ``start``."""
    upto = at = start + 1
    while (
        at < len(view.tokens)
        and touches(view, at, " .-'\t")
        and upto - start < _LONGEST
        and not _sentence_ends(view, at)
    ):
        token = view.tokens[at]
        if _goes_on(view, at, told=told):
            upto = at + 1
        elif token.text not in _words("joins") or at - upto >= 2:
            break
        at += 1
    return upto


def _sentence_ends(view: View, at: int) -> bool:
    """A dot ends the name, unless it shortens a word ("Ma. Elena", "J. Pérez")."""
    before = view.tokens[at - 1]
    return "." in view.plain[before.end : view.tokens[at].start] and before.end - before.start > 2


def _goes_on(view: View, at: int, *, told: bool) -> bool:
    token = view.tokens[at]
    if len(token.text) == 1:
        return token.upper and view.plain[token.end : token.end + 1] == "."
    if not wordlike(token) or token.text in _words("never"):
        return False
    before = view.tokens[at - 1].text
    known = _is_given(token) or token.text in _words("surnames")
    doubtful = token.text in _words("doubtful")
    if known and not _common(token) and not doubtful:
        return True
    if (token.upper and not view.shouts) or (known and token.upper):
        return True
    if (known or doubtful) and (told or (before in _words("given") and before not in _words("doubtful"))):
        return True
    return unknown(token) and not _is_place(view, at)
