"""The one writer of CSV: no spreadsheet takes a cell for a formula, and what was written is read back exactly.

Every cell is quoted; one that a spreadsheet could take for a formula (ASVS 1.2.10) begins with an apostrophe, and so
does one that begins with an apostrophe itself.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

APOSTROPHE = "'"
TRIGGERS = frozenset("=+-@\t\r\n\0|%" + APOSTROPHE)


def write(rows: Iterable[Sequence[str | int]]) -> str:
    """The rows as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(str(value)) for value in row])
    return out.getvalue()


def read(text: str) -> list[list[str]]:
    """What ``write`` wrote."""
    return [[plain(value) for value in row] for row in csv.reader(io.StringIO(text, newline=""))]


def cell(text: str) -> str:
    """A text as it may stand in a cell."""
    return APOSTROPHE + text if is_trigger(text) else text


def plain(text: str) -> str:
    """The text that ``cell`` was given."""
    return text.removeprefix(APOSTROPHE)


def is_trigger(text: str) -> bool:
    """True when a spreadsheet might calculate, whatever stands for the sign: full-width forms, blanks before it."""
    folded = unicodedata.normalize("NFKC", text)
    return bool(folded[:1]) and (
        folded[0] in TRIGGERS or folded.lstrip()[:1] in TRIGGERS or not text.isprintable()
    )
