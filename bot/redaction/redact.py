"""Text → the same text with what leads to a person masked, each mask numbered: "[teléfono 1]".

Stage: before staff, exports and logs of last resort see a text. Promise: pure; positions are code points of the
input, in order and apart from each other; masking what is masked changes nothing. Must not: raise on any text.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from bot.redaction import companies, data, digits, links, names, places, plates
from bot.redaction.view import Found, View

TYPES = ("EMAIL", "URL", "HANDLE", "BANK", "ID", "PHONE", "PLATE", "COMPANY", "ADDRESS", "PERSON")
_ROUNDS = 20  # what a mask leaves behind may be read anew; in practice two rounds settle it


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """Code points ``start`` to ``end`` (exclusive) of the input; ``type`` is one of ``TYPES``."""

    start: int
    end: int
    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class Redacted:
    """The masked text and what was masked in the input."""

    text: str
    spans: list[Span]


class Masks:
    """Numbers the masks: the same value keeps its number, in one text or, when handed on, in a whole thread."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}

    def number(self, kind: str, value: str) -> int:
        """The number of a value; values that differ in spaces, dots and capitals only are one."""
        known = (kind, re.sub(r"[\W_]+", "", value).casefold() or value)
        if known not in self._given:
            self._last[kind] = self._given[known] = self._last.get(kind, 0) + 1
        return self._given[known]

    def taken(self, kind: str, number: int) -> None:
        """A mask that already stands in the text: its number is not given again."""
        self._last[kind] = max(self._last.get(kind, 0), number)


def redact(text: str, masks: Masks | None = None) -> Redacted:
    """Mask a text; hand the same ``masks`` to every text of a thread for numbers that hold across it."""
    masks = masks if masks is not None else Masks()
    standing = list(_standing(text, masks))
    spans: list[Span] = []
    for _ in range(_ROUNDS):
        view = View(text, [*standing, *((span.start, span.end) for span in spans)])
        new = _settle(view, _all(view))
        if not new:
            break
        spans = _joined(text, [*spans, *new])
    return Redacted(_masked(text, spans, masks), spans)


def _all(view: View) -> Iterable[Found]:
    for detector in (links, digits, plates, places, companies, names):
        yield from detector.find(view)


def _settle(view: View, found: Iterable[Found]) -> list[Span]:
    """Where several overlap, the surer type stays, then the longer."""
    ranked = sorted(found, key=lambda f: (TYPES.index(f.type), f.start - f.end, f.start))
    taken = bytearray(len(view.plain))
    spans = []
    for one in ranked:
        if one.end > one.start and not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\x01" * (one.end - one.start)
            spans.append(Span(*view.place(one.start, one.end), one.type))
    return sorted(spans, key=lambda span: span.start)


def _joined(text: str, spans: Iterable[Span]) -> list[Span]:
    """In order; none over another (two characters may fold out of one)."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if kept and span.start < kept[-1].end:
            kept[-1] = dataclasses.replace(kept[-1], end=max(kept[-1].end, span.end))
        else:
            kept.append(span)
    return [span for span in kept if text[span.start : span.end]]


def _standing(text: str, masks: Masks) -> Iterable[tuple[int, int]]:
    """Masks that the text already holds."""
    words: dict[str, str] = {word: kind for kind, word in data.load("masks").items()}
    known = re.compile(rf"\[({'|'.join(map(re.escape, words))}) (\d{{1,6}})\]")
    for match in known.finditer(text):
        masks.taken(words[match[1]], int(match[2]))
        yield match.start(), match.end()


def _masked(text: str, spans: Iterable[Span], masks: Masks) -> str:
    words = data.load("masks")
    out, at = [], 0
    for span in spans:
        value = text[span.start : span.end]
        out += [text[at : span.start], f"[{words[span.type]} {masks.number(span.type, value)}]"]
        at = span.end
    return "".join([*out, text[at:]])
