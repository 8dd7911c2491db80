"""Catalogues out and in again, as PO or as a workbook: what leaves, what came back, what would change. Pure.

Every text leaves with the version of its words. So a text that was changed here in the meantime is seen, and one that
was only carried along and not touched is never taken for a change.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from bot import workbook
from bot.texts import po, rules, template
from bot.texts.po import Entry
from bot.wordings import Wording

COLUMNS = ("key", "context", "spanish", "text", "limits", "note", "version")
NEEDED = ("key", "text")
VERSION = "version: "
SPANISH = "es"


@dataclasses.dataclass(frozen=True, slots=True)
class Incoming:
    """One text of a file that was brought: where it stands (row or line), and what it was made from ("": not known)."""

    locale: str
    key: str
    text: str
    version: str
    where: int


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What could not be taken; ``console.exchange.fault.<code>`` has the words."""

    code: str
    params: Mapping[str, str | int]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A text that would become another. ``moved``: somebody changed it here since the file was made."""

    incoming: Incoming
    now: str
    state: Literal["ready", "moved", "unknown"]  # unknown: the file does not say what it was made from


def version(locale: str, key: str, text: str) -> str:
    """What tells these words of a text from any others."""
    return Wording(locale, key, text).version


# ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────


def as_xlsx(catalogues: Mapping[str, Sequence[Entry]]) -> bytes:
    """One sheet for each language, named by its code; the Spanish beside each text."""
    spanish = {entry.key: entry.text for entry in catalogues.get(SPANISH, ())}
    sheets = {locale: [COLUMNS, *_rows(locale, entries, spanish)] for locale, entries in catalogues.items()}
    return workbook.write_sheets(sheets)


def _rows(locale: str, entries: Sequence[Entry], spanish: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        limits = [fact for fact in template.facts(entry.key) if fact != rules.notes()["facts"]["safety"]]
        notes = [
            *(["safety"] if rules.is_safety(entry.key) else []),
            *(["not reviewed"] if entry.fuzzy else []),
        ]
        yield (
            entry.key,
            "\n".join(template.context(entry)),
            spanish.get(entry.key, ""),
            entry.text,
            "\n".join(limits),
            ", ".join(notes),
            version(locale, entry.key, entry.text),
        )


def as_po(source: str, locale: str) -> str:
    """The catalogue as it is, each text with its version in a comment that other editors keep."""
    lines = source.split("\n")
    for entry in reversed(po.parse(source)):
        above = entry.first - 1
        while not lines[above].lstrip().startswith("msgid"):
            above -= 1
        lines[above:above] = [f"#. {VERSION}{version(locale, entry.key, entry.text)}"]
    return "\n".join(lines)


# ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────


def from_po(source: str, locale: str) -> tuple[list[Incoming], list[Fault]]:
    """What a PO file of one language says."""
    try:
        entries = po.parse(source.replace("\r\n", "\n"))
    except po.LineError as error:
        return [], [Fault("line", {"n": error.line})]
    found = []
    for entry in entries:
        known = next((note.removeprefix(VERSION) for note in entry.notes if note.startswith(VERSION)), "")
        found.append(Incoming(locale, entry.key, entry.text, known, entry.line))
    return found, []


def from_sheets(
    sheets: Mapping[str, Sequence[Sequence[str]]], locales: Sequence[str]
) -> tuple[list[Incoming], list[Fault]]:
    """What the sheets of a workbook say; columns are found by their names, in any order."""
    found: list[Incoming] = []
    faults: list[Fault] = []
    for name, rows in sheets.items():
        columns = {
            title.strip().casefold(): n for n, title in reversed(list(enumerate(rows[0] if rows else ())))
        }
        missing = [column for column in NEEDED if column not in columns]
        if name not in locales:
            faults.append(Fault("sheet", {"sheet": name, "languages": ", ".join(locales)}))
        elif missing:
            faults.append(Fault("column", {"sheet": name, "columns": ", ".join(missing)}))
        else:
            for number, row in enumerate(rows[1:], 2):
                key, text, known = (_cell(row, columns.get(column)) for column in ("key", "text", "version"))
                if key.strip():
                    found.append(Incoming(name, key.strip(), text, known.strip(), number))
                elif text.strip():
                    faults.append(Fault("no_key", {"sheet": name, "n": number}))
    return found, faults


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None and column < len(row) else ""


# ── What would change ───────────────────────────────────────────────────────────────────────────────────────


def compare(
    incoming: Sequence[Incoming], catalogues: Mapping[str, Mapping[str, str]]
) -> tuple[list[Change], list[Fault]]:
    """What differs from the texts as they are now: language → key → text. An empty text changes nothing."""
    changes: list[Change] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str], int] = {}
    for one in incoming:
        place: dict[str, str | int] = {"sheet": one.locale, "n": one.where, "where": one.key}
        now = catalogues.get(one.locale, {}).get(one.key)
        first = seen.setdefault((one.locale, one.key), one.where)
        if now is None:
            faults.append(Fault("key", place))
        elif first != one.where:
            faults.append(Fault("twice", {**place, "first": first}))
        elif one.version and not re.fullmatch(r"[0-9a-f]{16}", one.version):
            faults.append(Fault("version", place))
        elif (change := _change(one, now)) is not None:
            changes.append(change)
    return changes, faults


def _change(one: Incoming, now: str) -> Change | None:
    text = one.text.strip()
    if text in ("", now.strip()):
        return None
    if not one.version:
        return Change(dataclasses.replace(one, text=text), now, "unknown")
    if one.version in (version(one.locale, one.key, one.text), version(one.locale, one.key, text)):
        return None  # brought as it left: whatever was changed here since stays
    here = one.version == version(one.locale, one.key, now)
    return Change(dataclasses.replace(one, text=text), now, "ready" if here else "moved")
