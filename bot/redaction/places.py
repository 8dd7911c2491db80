"""Streets, districts, towns, markets: where somebody can be found.

Stage: detector. Promise: whole words of the lists, accent-blind; a street after its cue. Must not: mask a country, or
a place that is only a word unless it stands where a place stands.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence

from bot.redaction import data
from bot.redaction.view import CLOSED, Found, Token, View

_LONGEST_STREET = 6  # words after the cue, its parts and numbers apart


def find(view: View) -> Iterator[Found]:
    """ADDRESS."""
    at = 0
    while at < len(view.tokens):
        street = _street(view, at)
        if street is not None:
            yield Found(view.tokens[at].start, view.tokens[street - 1].end, "ADDRESS")
        named = _named(view, at)
        if named is not None:
            yield Found(view.tokens[at].start, view.tokens[named - 1].end, "ADDRESS")
        at += 1


@functools.cache
def _phrases(name: str) -> dict[str, list[tuple[str, ...]]]:
    """First word → the phrases of a list that begin so, longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in data.load("places")[name]:
        split = tuple(data.fold(str(phrase)).replace(".", " ").split())
        found.setdefault(split[0], []).append(split)
    for phrases in found.values():
        phrases.sort(key=len, reverse=True)
    return found


def _phrase(view: View, at: int, name: str) -> int:
    """How many words of a list's phrase stand here; 0 when none does."""
    for phrase in _phrases(name).get(view.tokens[at].text, ()):
        tokens = view.tokens[at : at + len(phrase)]
        if tuple(token.text for token in tokens) == phrase and _together(view, tokens):
            return len(phrase)
    return 0


def _together(view: View, tokens: Sequence[Token]) -> bool:
    return all(not view.plain[a.end : b.start].strip(" .\t") for a, b in itertools.pairwise(tokens))


def _named(view: View, at: int) -> int | None:
    """A place of the lists: where it ends."""
    doubtful = _phrase(view, at, "doubtful")
    sure = _phrase(view, at, "sure")
    if sure > doubtful or (sure and sure == doubtful == 0):
        return at + sure
    if doubtful and (_capital_inside(view, at) or _after_place_word(view, at)):
        return at + doubtful
    return None


def _capital_inside(view: View, at: int) -> bool:
    token = view.tokens[at]
    return token.upper and not token.first and not view.shouts


def _after_place_word(view: View, at: int) -> bool:
    for size in (3, 2, 1):
        words = [token.text for token in view.tokens[max(0, at - size) : at]]
        if len(words) == size and " ".join(words) in data.words("places", "before") and _adjacent(view, at):
            return True
    return False


def _adjacent(view: View, at: int) -> bool:
    return at > 0 and not view.plain[view.tokens[at - 1].end : view.tokens[at].start].strip(" \t")


def _street(view: View, at: int) -> int | None:
    """A street or building from its cue on: where it ends, or None."""
    for name in ("strong", "weak"):
        size = _phrase(view, at, name)
        if size and at + size < len(view.tokens):
            upto = _extent(view, at + size, strong=name == "strong")
            if upto > at + size:
                return upto
    return None


def _extent(view: View, first: int, *, strong: bool) -> int:
    """The words that belong to the street: names, numbers, parts ("mz B lote 4"), and what joins them."""
    upto = at = first
    while at < len(view.tokens) and at - first < 3 * _LONGEST_STREET and _reaches(view, at, first):
        token = view.tokens[at]
        if _is_part(view, at) or token.text.isdigit() or _is_name(view, at):
            upto = at + 1
        elif token.text in data.words("places", "joins"):
            pass
        elif (
            strong
            and at - first < 2
            and token.text not in data.words("places", "stop")
            and _plainly(at, upto, first)
        ):
            upto = at + 1
        else:
            break
        at += 1
    return upto


def _plainly(at: int, upto: int, first: int) -> bool:
    """The first word after a strong cue, or the second after a short one, needs no capital."""
    return at in (first, upto)


def _reaches(view: View, at: int, first: int) -> bool:
    between = view.plain[view.tokens[at - 1].end : view.tokens[at].start]
    if CLOSED in between or len(between) > 4:
        return False
    if at == first:
        return not between.strip(" .:#°º\t")
    if between.strip(" .#°º-/\t") == "":
        return not (("." in between) and view.tokens[at].first and len(view.tokens[at - 1].text) > 4)
    return between.strip(" \t") == "," and (
        _is_part(view, at) or view.tokens[at].text.isdigit() or _named(view, at) is not None
    )


def _is_part(view: View, at: int) -> bool:
    """ "mz", "lote" … and the letter or number after one."""
    token = view.tokens[at]
    if token.text in data.words("places", "parts"):
        return at + 1 < len(view.tokens) and _short(view.tokens[at + 1])
    return _short(token) and at > 0 and view.tokens[at - 1].text in data.words("places", "parts")


def _short(token: Token) -> bool:
    return len(token.text) <= 3 or any(c.isdigit() for c in token.text)


def _is_name(view: View, at: int) -> bool:
    """A word that names: a capital, a known place or person."""
    token = view.tokens[at]
    if token.text in data.words("places", "stop") and not (token.upper and not view.shouts):
        return False
    known = token.text in data.words("names", "surnames") or token.text in data.words("names", "given")
    listed = token.text in _phrases("sure") or token.text in _phrases("doubtful")
    return known or listed or (token.upper and not view.shouts)
