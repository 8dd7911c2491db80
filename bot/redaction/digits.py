"""Numbers that lead to a person: phones, documents, accounts; in digits, spaced out, or in words.

Stage: detector. Promise: every run of seven digits and more is found unless it is a hotline; amounts, ages, dates,
hours and years are left. Must not: take longer than the text is long.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import phonenumbers
from stdnum.ec import ci as ec_ci
from stdnum.pe import ruc as pe_ruc

from bot.redaction import data
from bot.redaction.view import CLOSED, Found, Token, View

_SEPARATOR = r"[ \t]{0,2}[-./()·_*–,]{0,2}[ \t]{0,2}"
_CHAIN = re.compile(rf"(?:\+[ \t]?)?\(?\d(?:{_SEPARATOR}\d)*")
_GROUP = re.compile(r"\d+")
_DATE = re.compile(
    r"(?<!\d)(?<!\d[-/.])(?:(?:[0-2]?\d|3[01])[-/.](?:0?\d|1[0-2])[-/.](?:\d{4}|\d{2})|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2})(?![\d-])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_LETTERED = (
    (re.compile(r"(?<!\w)[vejpg][-. ]{0,2}\d{1,3}(?:[. ]\d{3}){2}(?:-\d)?(?!\w)"), "ID"),
    (re.compile(r"(?<!\w)(?:v\s|[vejpg][-.]?)\d{6,9}(?:-\d)?(?!\w)"), "ID"),
    (re.compile(r"(?<!\w)[a-z]{1,3}-?\d{6,12}(?:-?[a-z])?(?!\w)"), "ID"),
    (re.compile(r"(?<!\w)\d{1,2}\.?\d{3}\.?\d{3}-k(?!\w)"), "ID"),
)
_ID_TOLD = re.compile(
    r"(?<!\w)((?:[a-z]{1,3}[-.]?|[a-z]{1,2}[ ])?\d[\d.\-/ ]{2,18}\d(?:[- ]?(?:lp|cb|sc|or|pt|tj|ch|be|pd)(?!\w))?)(?!\d)"
)
# Whole numbers of the countries people come from, with and without the prefix.
_PHONES = re.compile(
    r"(?:00)?(?:"
    r"(?:0?51)?9\d{8}|(?:0?51|0)1[2-7]\d{6}|"  # Peru
    r"(?:58)?0?4(?:12|14|16|22|24|26)\d{7}|(?:58)?02\d{9}|582\d{9}|"  # Venezuela
    r"(?:57)?3[0-3]\d{8}|(?:57)?60[1-8]\d{7}|"  # Colombia
    r"(?:593)?0?9[2-9]\d{7}|5930?[2-7]\d{7}|"  # Ecuador
    r"1[2-9]\d{2}[2-9]\d{6}|591[67]\d{7}|569\d{8}|54\d{10,11}|55\d{10,11}|1(?:809|829|849)\d{7}|509\d{8}"
    r")"
)
_LOOKALIKE = re.compile(r"(?<!\w)(?:\d[\doil]{6,14}|o\d[\doil]{5,13})(?!\w)")  # "97654321O", "7o123456"
_DIGIT_WORD = re.compile(r"\d|[a-z]{3,}")
_LANDLINE = re.compile(r"0[2-8]\d{7}|0[2-8]\d{6}")
_LONGEST_PHONE, _LONGEST_ACCOUNT = 15, 24
_CUE_REACH = 5
_DOTTED = ("c.i", "c.e", "c.c", "d.n.i", "r.u.c")  # "C.I. 12345678"
_VAGUE = frozenset({"numero", "nro", "num"})


@dataclasses.dataclass(frozen=True, slots=True)
class _Piece:
    """A group of digits; ``glued`` when no space stands before it in its chain."""

    start: int
    end: int
    digits: str
    glued: bool


def find(view: View) -> Iterator[Found]:
    """PHONE, ID and BANK."""
    found = list(_all(view))
    yield from found
    yield from _long_runs(view, found)


def _all(view: View) -> Iterator[Found]:
    for pattern, kind in _LETTERED:
        yield from (Found(m.start(), m.end(), kind) for m in pattern.finditer(view.plain))
    yield from _told_documents(view)
    yield from _in_words(view)
    yield from _in_one_word(view)
    for match in _LOOKALIKE.finditer(view.plain):
        if 5 <= sum(c.isdigit() for c in match[0]) < len(match[0]):
            yield Found(match.start(), match.end(), "ID")
    dates = [(m.start(), m.end()) for m in _DATE.finditer(view.plain)]
    for chain in _CHAIN.finditer(view.plain):
        yield from _numbers(view, chain, dates)


def _told_documents(view: View) -> Iterator[Found]:
    """ "mi ptp es AB-12345": what follows the name of a document, short numbers too."""
    for match in _ID_TOLD.finditer(view.plain):
        size = sum(c.isdigit() for c in match[1])
        if 5 <= size <= 15:
            start = match.start(1) + _said_before(view, match)
            if _cue(view, start) == "ID":
                yield Found(start, match.end(1), "ID")


def _said_before(view: View, match: re.Match[str]) -> int:
    """How much of "es 45671234" or "CI 6543210" is a word and not, as in "AB 123456", a part of the number."""
    letters = match[1][:2]
    if match[1][2:3] != " " or not letters.isalpha():
        return 0
    capital = view.capital(*view.place(match.start(1), match.start(1) + 2))
    return 0 if capital and letters not in _cues("ID") else 3


def _numbers(view: View, chain: re.Match[str], dates: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """The numbers in one chain of digit groups: the surest reading of the most digits first, then what is left."""
    pieces = _pieces(view, chain, dates)
    international = chain[0].startswith("+")
    lettered = view.plain[max(0, chain.start() - 2) : chain.start()].strip(" -.")
    cue = _cue(view, chain.start()) or ("" if lettered[-1:].isalpha() else _bank_after(view, chain.end()))
    at = 0
    while at < len(pieces):
        upto, kind = _longest(pieces, at, cue, international=international and at == 0)
        if upto > at:
            opened = at == 0 and not any(c.isdigit() for c in view.plain[chain.start() : pieces[0].start])
            start = chain.start() if opened else pieces[at].start
            yield Found(start, pieces[upto - 1].end, kind)
        at = max(upto, at + 1)


def _bank_after(view: View, end: int) -> str:
    """ "898 3123456789 interbank", "… del bbva"."""
    at = bisect_left(view.starts, end)
    said = [
        token.text for token in view.tokens[at : at + 2] if not view.plain[end : token.start].strip(" a-z")
    ]
    named = said and (said[0] in _cues("BANK") or (said[0] in ("del", "de") and said[-1] in _cues("BANK")))
    return "BANK" if named else ""


def _pieces(view: View, chain: re.Match[str], dates: Sequence[tuple[int, int]]) -> list[_Piece]:
    """Groups that may belong to a number: no date, no amount, no hotline standing alone."""
    found: list[_Piece] = []
    before = chain.start()
    for group in _GROUP.finditer(chain[0]):
        start, end = chain.start() + group.start(), chain.start() + group.end()
        glued = not any(c in " \t" for c in view.plain[before:start])
        before = end
        if not any(first <= start < last for first, last in dates):
            found.append(_Piece(start, end, group[0], glued))
    if found and _is_round_sum(view, found):
        return []
    if found and sum(len(piece.digits) for piece in found) < 13 and _is_amount(view, found):
        return []
    return found


def _is_amount(view: View, pieces: Sequence[_Piece]) -> bool:
    """ "1.500.000 pesos", "S/ 1,200": not when the digits stand together like a number to call."""
    if max(len(piece.digits) for piece in pieces) >= 7:
        return False
    after = view.word_after(pieces[-1].end)
    lead = view.plain[max(0, pieces[0].start - 6) : pieces[0].start].rstrip(" ")
    money = data.words("numbers", "money_before")
    return after in data.words("numbers", "units") or any(_ends_with(lead, sign) for sign in money)


def _is_round_sum(view: View, pieces: Sequence[_Piece]) -> bool:
    """ "1000000 de pesos"."""
    last = pieces[-1]
    if len(pieces) > 1 or not last.digits.endswith("000"):
        return False
    after = view.word_after(last.end)
    if after == "de":
        after = view.word_after(view.plain.index("de", last.end) + 2)
    return after in data.words("numbers", "currency")


def _ends_with(lead: str, sign: str) -> bool:
    before = lead[: -len(sign)]
    return lead.endswith(sign) and not (sign[0].isalpha() and before[-1:].isalpha())


def _longest(pieces: Sequence[_Piece], at: int, cue: str, *, international: bool) -> tuple[int, str]:
    """``(upto, type)`` of the number that begins at piece ``at``; ``upto == at`` when none does."""
    digits, ends = "", []
    for piece in pieces[at:]:
        digits += piece.digits
        ends.append(len(digits))
        if len(digits) >= _LONGEST_ACCOUNT:
            break
    for count in range(len(ends), 0, -1):
        whole = digits[: ends[count - 1]]
        taken = pieces[at : at + count]
        if _is_sequence_of_lines(taken):
            return at, ""
        if kind := _reading(whole, taken, cue, international=international):
            return at + count, kind
    return at, ""


def _is_sequence_of_lines(pieces: Sequence[_Piece]) -> bool:
    """Hotlines or years one after the other."""
    lines = data.words("numbers", "lines")
    joined = "".join(piece.digits for piece in pieces)
    return joined in lines or all(p.digits in lines or _YEAR.fullmatch(p.digits) for p in pieces)


def _reading(digits: str, pieces: Sequence[_Piece], cue: str, *, international: bool) -> str:
    """The type of these digits taken as one number, or nothing."""
    size = len(digits)
    tight = all(piece.glued for piece in pieces[1:])
    if size < 6 or (size < 7 and not (cue and tight)):
        return ""
    if cue not in ("BANK", "ID") and size > _LONGEST_PHONE and _PHONES.fullmatch(pieces[0].digits):
        return ""
    if cue in ("BANK", "ID") and not international and (tight or len(pieces) <= 6):
        return "PHONE" if cue == "BANK" and re.fullmatch(r"9\d{8}", digits) else cue
    if international and 8 <= size <= _LONGEST_PHONE:
        return "PHONE"
    if _PHONES.fullmatch(digits) and not (cue == "" and _is_document(digits)):
        return "PHONE"
    if cue == "PHONE" and (tight or len(pieces) <= 6) and size <= _LONGEST_PHONE and _is_possible(digits):
        return "PHONE"
    if _LANDLINE.fullmatch(digits) and len(pieces) > 1:
        return "PHONE"
    if tight or (size <= 8 and len(pieces) <= 3 and size >= 7):
        return _by_size(digits, pieces)
    return "PHONE" if size >= 8 and all(len(piece.digits) <= 2 for piece in pieces) else ""


def _is_document(digits: str) -> bool:
    """Digits whose check digit says that they are a document."""
    return bool(len(digits) == 11 and pe_ruc.is_valid(digits))


def _is_possible(digits: str) -> bool:
    """A number that could be dialled in one of the countries, or abroad."""
    for region in ("PE", "VE", "CO", "EC", "BO"):
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _by_size(digits: str, pieces: Sequence[_Piece]) -> str:
    """What a number without a telling word most likely is."""
    size = len(digits)
    if size == 7:
        return "PHONE"
    if size == 8:
        return "PHONE" if len(pieces) > 1 and not _dotted(pieces) and digits[0] in "67" else "ID"
    if size in (9, 10, 11):
        landline = digits[0] == "0" and digits[1] != "0"
        return "PHONE" if landline and not (size == 10 and ec_ci.is_valid(digits)) else "ID"
    return "ID" if size <= 13 else "BANK"


def _dotted(pieces: Sequence[_Piece]) -> bool:
    return [len(piece.digits) for piece in pieces[1:]] == [3, 3]


def _cue(view: View, at: int) -> str:
    """The type named by the nearest telling word before a place, with only small words between."""
    index = bisect_left(view.starts, at) - 1
    for token in _backwards(view.tokens, index):
        if CLOSED in view.plain[token.end : at]:
            return ""
        for kind in ("PHONE", "ID", "BANK"):
            if token.text in _cues(kind) or (kind == "ID" and view.plain[: token.end].endswith(_DOTTED)):
                return kind if not (kind == "PHONE" and token.text in _VAGUE) else _vague(view, token, at)
        if token.text not in data.words("numbers", "between"):
            return ""
    return ""


def _vague(view: View, token: Token, at: int) -> str:
    """ "mi numero de cuenta", "el número de mi cédula" say more than "mi número"."""
    said = {t.text for t in view.tokens[bisect_left(view.starts, token.end) : bisect_left(view.starts, at)]}
    before = [t.text for t in _backwards(view.tokens, bisect_left(view.starts, token.start) - 1)][:2]
    for kind in ("ID", "BANK"):
        if not _cues(kind).isdisjoint(said) or not _cues(kind).isdisjoint(before):
            return kind
    return "PHONE"


@functools.cache
def _cues(kind: str) -> frozenset[str]:
    return frozenset(data.load("numbers")["cues"][kind])


def _backwards(tokens: Sequence[Token], index: int) -> Iterator[Token]:
    yield from (tokens[i] for i in range(index, max(-1, index - _CUE_REACH), -1))


def _in_words(view: View) -> Iterator[Found]:
    """Six or more number words in a row, digits among them too."""
    sizes: dict[str, int] = data.load("numbers")["digits"]
    run: list[Token] = []
    for token in [*view.tokens, None]:
        follows = token is not None and _continues(view, run, token, sizes)
        if token is not None and follows:
            run.append(token)
            continue
        if found := _spoken(view, run, sizes):
            yield found
        run = [token] if token is not None and (token.text in sizes or token.text.isdigit()) else []


def _in_one_word(view: View) -> Iterator[Found]:
    """ "9tres4uno1dos087"."""
    for token in view.tokens:
        if token.text.isdigit() or not any(c.isdigit() for c in token.text) or len(token.text) > 60:
            continue
        if _glued().fullmatch(token.text) and len(_DIGIT_WORD.findall(token.text)) >= 4:
            yield Found(token.start, token.end, _cue(view, token.start) or "PHONE")


@functools.cache
def _glued() -> re.Pattern[str]:
    sizes = data.load("numbers")["digits"]
    return re.compile(rf"(?:\d|{'|'.join(sorted(sizes, key=len, reverse=True))})+")


def _continues(view: View, run: Sequence[Token], token: Token, sizes: dict[str, int]) -> bool:
    if not run or view.plain[run[-1].end : token.start].strip(" ,.-/\n\t"):
        return False
    joins = token.text == "y" and run[-1].text in sizes
    return joins or token.text in sizes or (token.text.isdigit() and len(token.text) <= 4)


def _spoken(view: View, run: list[Token], sizes: dict[str, int]) -> Found | None:
    while run and run[-1].text == "y":
        run.pop()
    said = [token for token in run if token.text in sizes]
    total = sum(sizes.get(token.text, len(token.text) if token.text.isdigit() else 0) for token in run)
    if len(said) < 2 or total < 6 or (len(said) < 6 and total < 7):
        return None
    if view.word_after(run[-1].end) in data.words("numbers", "units") and total < 9:
        return None
    return Found(run[0].start, run[-1].end, _cue(view, run[0].start) or "PHONE")


def _long_runs(view: View, found: Sequence[Found]) -> Iterator[Found]:
    """Whatever the rest made of it: seven digits together never stay, a hotline's own apart."""
    lines = data.words("numbers", "lines")
    for match in re.finditer(r"\d{7,}", view.plain):
        known = any(one.start <= match.start() and match.end() <= one.end for one in found)
        summed = _is_round_sum(view, [_Piece(match.start(), match.end(), match[0], glued=True)])
        if match[0] not in lines and not known and not summed:
            yield Found(match.start(), match.end(), "ID")
