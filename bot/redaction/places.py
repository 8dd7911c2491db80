"""Streets, districts, towns, markets: where somebody can be found.

Stage: detector. Promise: whole words of the lists, accent-blind; a street after its cue. Must not: mask a country, or
a place that is only a word unless it stands where a place stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.redaction import data
from bot.redaction.lexicon import capital_inside, everyday, touches, unknown, wordlike
from bot.redaction.phrases import first_words, phrase
from bot.redaction.view import CLOSED, Found, Token, View

_LONGEST_STREET = 6  # words after the cue, its parts and numbers apart
_ORDINAL = re.compile(r"\d{1,4}(?:a|b|c|ra|er|ero|da|do|ta|to|va|vo|ma|mo|na|no)?")


def find(view: View) -> Iterator[Found]:
    """ADDRESS."""
    at = 0
    while at < len(view.tokens):
        told, upto = _told(view, at)
        start = at if upto is None else told
        reached = max(upto or 0, _street(view, at) or 0, _venue(view, at) or 0, _named(view, at) or 0)
        if reached > start:
            yield Found(view.tokens[start].start, view.tokens[reached - 1].end, "ADDRESS")
        at = max(reached, at + 1)


def _words(key: str) -> frozenset[str]:
    return data.words("places", key)


def _named(view: View, at: int) -> int | None:
    """A place of the lists, or an unknown word after what only places follow: where it ends."""
    token = view.tokens[at]
    doubtful = phrase(view, at, "places", "doubtful")
    sure = phrase(view, at, "places", "sure")
    if max(sure, doubtful) < 2 and _saint(view, at):
        return _widened(view, at + 2)
    if sure > doubtful or (sure and sure == doubtful == 0):
        return _widened(view, at + sure)
    country = doubtful and phrase(view, at + doubtful, "places", "countries")
    if doubtful and (country or _stands_as_place(view, at, doubtful)):
        return _widened(view, at + doubtful)
    if sure:
        return _widened(view, at + sure) if _stands_as_place(view, at, sure) else None
    if doubtful or not wordlike(token) or not _after_phrase(view, at, "places_follow"):
        return None
    if unknown(token) or (capital_inside(view, token) and token.text not in data.words("names", "never")):
        return _run(view, at)
    return None


def _saint(view: View, at: int) -> bool:
    """ "san gabriel": a place that is called after a saint."""
    title = view.tokens[at]
    if title.text not in _words("saints") or not touches(view, at + 1, " .\t"):
        return False
    name = view.tokens[at + 1]
    given = name.text in data.words("names", "given") or name.text in data.words("names", "doubtful")
    return given or (title.upper and name.upper and not view.shouts and wordlike(name))


def _run(view: View, at: int) -> int:
    """An unlisted place: the words with a capital, or the one small word."""
    upto = at + 1
    while upto < len(view.tokens) and upto - at < 4 and touches(view, upto, " \t"):
        if not (view.tokens[upto].upper and view.tokens[at].upper) or view.shouts:
            break
        upto += 1
    return upto


def _widened(view: View, upto: int) -> int:
    """ "Jicamarca anexo 22", "huaycan zona k": the parts that follow a named place."""
    while (
        upto + 1 < len(view.tokens)
        and touches(view, upto, " ,\t")
        and view.tokens[upto].text in _words("parts")
        and touches(view, upto + 1, " .\t")
        and _short(view.tokens[upto + 1])
        and view.tokens[upto + 1].text not in _words("stop")
    ):
        upto += 2
    return upto


def _stands_as_place(view: View, at: int, size: int) -> bool:
    return (
        capital_inside(view, view.tokens[at]) or _after_phrase(view, at, "before") or _alone(view, at, size)
    )


def _alone(view: View, at: int, size: int) -> bool:
    """The whole answer is this place, or it stands between commas at an end of it."""
    before = view.plain[: view.tokens[at].start].rstrip(" ")
    after = view.plain[view.tokens[at + size - 1].end :].lstrip(" ")
    opens = not before or before[-1] in ",.:;\n" or before.endswith(CLOSED)
    closes = not after or after[0] in ",.;\n" or after[0] == CLOSED
    return opens and closes and not (before and after)


def _after_phrase(view: View, at: int, key: str) -> bool:
    if not touches(view, at, " :\t"):
        return False
    return any(
        at >= size and " ".join(t.text for t in view.tokens[at - size : at]) in _words(key)
        for size in (1, 2, 3)
    )


def _street(view: View, at: int) -> int | None:
    """A street or building from its cue on: where it ends, or None."""
    for name in ("strong", "weak"):
        size = phrase(view, at, "places", name)
        if size and at + size < len(view.tokens):
            upto = _extent(view, at + size, strong=name == "strong")
            if upto > at + size:
                return upto
    return None


def _venue(view: View, at: int) -> int | None:
    """ "parque kennedy", "mercado modelo de chiclayo", "hospital dos de mayo": written small too."""
    size = phrase(view, at, "places", "venues")
    first = at + size
    if not size or not touches(view, first, " .:\t"):
        return None
    upto = first + phrase(view, first, "places", "venue_kinds")
    told = upto > first
    if not told and not touches(view, first):
        return None
    begins = upto
    while upto < len(view.tokens) and upto - begins < 4 and touches(view, upto, " .-\t"):
        token = view.tokens[upto]
        listed = phrase(view, upto, "places", "venue_names")
        if listed:
            upto += listed
        elif _names_venue(view, upto) or (upto > begins and token.text.isdigit() and not _is_sum(view, upto)):
            upto += 1
        elif token.text in _words("joins") and upto + 1 < len(view.tokens) and _names_venue(view, upto + 1):
            upto += 2
        else:
            break
    return upto if upto > begins or (told and view.tokens[first].text in _words("venue_names")) else None


def _names_venue(view: View, at: int) -> bool:
    token = view.tokens[at]
    if token.text in _words("stop"):
        return False
    named = _is_name(view, at) or phrase(view, at, "places", "sure") > 0 or unknown(token)
    return named and wordlike(token) and token.text not in data.words("names", "never")


def _told(view: View, at: int) -> tuple[int, int | None]:
    """ "mi direccion es los jazmines 234": up to three words and a number after who says so."""
    size = phrase(view, at, "places", "told")
    loose = not size
    size = size or phrase(view, at, "places", "loosely_told")
    if not size or not touches(view, at + size):
        return at, None
    start = at + size
    for upto in range(start + 1, min(start + 6, len(view.tokens))):
        if not touches(view, upto, " .#,\t") or (loose and not _may_name(view.tokens[upto - 1], view)):
            break
        if view.tokens[upto].text.isdigit() and len(view.tokens[upto].text) <= 4 and not _is_sum(view, upto):
            return start, max(upto + 1, _extent(view, upto, strong=False))
    return start, None


def _may_name(token: Token, view: View) -> bool:
    article = token.text in _words("joins")
    return article or (capital_inside(view, token) or not everyday(token.text))


def _extent(view: View, first: int, *, strong: bool) -> int:
    """The words that belong to the street: names, numbers, parts ("mz B lote 4"), and what joins them."""
    upto = at = base = first
    plain = 2 if strong else 0
    while at < len(view.tokens) and at - first < 3 * _LONGEST_STREET and _reaches(view, at, first):
        token = view.tokens[at]
        if _is_sum(view, at):
            break
        if _again(view, at):
            upto, plain, base = at + 1, 2, at + 1
        elif _is_part(view, at) or _ORDINAL.fullmatch(token.text) or _is_name(view, at):
            upto, plain = at + 1, 0 if any(c.isdigit() for c in token.text) else min(plain, 1)
        elif token.text in _words("joins"):
            pass
        elif plain and token.text not in _words("stop") and upto in (base, at):
            upto, plain = at + 1, plain - 1
            at += 1
            continue
        else:
            break
        at += 1
    return upto


def _again(view: View, at: int) -> bool:
    """Another cue inside the address: "av brasil con av la marina", "… urb san diego"."""
    return phrase(view, at, "places", "strong") > 0 and at + 1 < len(view.tokens)


def _is_sum(view: View, at: int) -> bool:
    """ "pasaje 80 soles": what a thing costs, no number of a house."""
    token = view.tokens[at]
    if not token.text.isdigit():
        return False
    unit = view.word_after(token.end)
    return unit in data.words("numbers", "units") and not unit.startswith(("km", "kilom"))


def _reaches(view: View, at: int, first: int) -> bool:
    between = view.plain[view.tokens[at - 1].end : view.tokens[at].start]
    if CLOSED in between or len(between) > 4:
        return False
    if at == first:
        return not between.strip(" .:#°º\t")
    if between.strip(" .#°º-/\t") == "":
        return not (("." in between) and view.tokens[at].first and len(view.tokens[at - 1].text) > 4)
    return between.strip(" \t") == "," and (
        _is_part(view, at)
        or view.tokens[at].text.isdigit()
        or phrase(view, at, "places", "sure") > 0
        or (phrase(view, at, "places", "doubtful") > 0 and _alone_after(view, at))
        or _again(view, at)
    )


def _alone_after(view: View, at: int) -> bool:
    size = phrase(view, at, "places", "doubtful")
    return not view.word_after(view.tokens[at + size - 1].end) or view.tokens[at].upper


def _is_part(view: View, at: int) -> bool:
    """ "mz", "lote" … and the letter or number after one."""
    token = view.tokens[at]
    if token.text in _words("parts"):
        after = view.tokens[at + 1] if at + 1 < len(view.tokens) else None
        before = view.tokens[at - 1].text if at else ""
        counted = len(before) <= 4 and _ORDINAL.fullmatch(before) is not None
        return counted or (after is not None and _short(after) and after.text not in _words("stop"))
    counts = _short(token) and token.text not in _words("stop")
    return counts and at > 0 and view.tokens[at - 1].text in _words("parts")


def _short(token: Token) -> bool:
    return len(token.text) <= 3 or any(c.isdigit() for c in token.text)


def _is_name(view: View, at: int) -> bool:
    """A word that names: a capital, a known place or person."""
    token = view.tokens[at]
    if token.text in _words("stop") and not (token.upper and not view.shouts):
        return False
    if token.text in _words("months"):
        return at > 1 and view.tokens[at - 1].text == "de" and view.tokens[at - 2].text.isdigit()
    known = token.text in data.words("names", "surnames") or token.text in data.words("names", "given")
    listed = token.text in first_words("places", "sure") or token.text in first_words("places", "doubtful")
    return known or listed or (token.upper and not view.shouts)
