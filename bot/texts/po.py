"""One PO file, line by line: what stands where, and one text replaced without touching anything else.

Pure but for ``save``. Babel reads catalogues for the running service (``bot/phrasing.py``); this module knows
their lines, so that a complaint can name one and an editor's change leaves every other line as it was.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from babel.messages.pofile import denormalize, escape

# A comment, nothing, or a whole quoted string with or without its keyword.
LINE = re.compile(r'\s*(#.*|(msg(id|id_plural|ctxt|str(\[\d\])?)\s*)?"(\\.|[^"\\])*"\s*)?')
# Line breaks that word processors put into what is pasted; inside the quotes of a PO file they cut a text in two.
BREAK = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]")
SOURCE = "es: "  # the note of a translation or variant that holds the Spanish it was made from


class LineError(ValueError):
    """A line that no PO file has; ``line`` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One key. ``line`` is where its text begins, from 1; ``first`` and ``last`` bound the lines of its ``msgstr``."""

    key: str
    text: str
    line: int
    first: int
    last: int
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def fuzzy(self) -> bool:
        """Not yet reviewed by somebody who grew up with the language."""
        return "fuzzy" in self.flags

    def left_behind(self, source: str | None) -> bool:
        """Whether the Spanish says something else now than what this text was made from."""
        return left_behind(self.notes, source)


def one_line(text: str) -> str:
    """A text as it stands in a note."""
    return text.replace("\n", " / ")


def left_behind(notes: Iterable[str], source: str | None) -> bool:
    """Whether these notes hold another Spanish than ``source``; False where they hold none."""
    made_from = next((note.removeprefix(SOURCE) for note in notes if note.startswith(SOURCE)), None)
    return source is not None and made_from is not None and made_from != one_line(source)


def parse(source: str) -> list[Entry]:
    """Every key in order, the header left out. Raises ``LineError``."""
    found: list[Entry] = []
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*source.splitlines(), ""], 1):
        if not LINE.fullmatch(line):
            raise LineError(number)
        begins = line.startswith(("#", "msgid ")) and any(text.startswith("msgstr") for _, text in block)
        if begins or not line.strip():
            found.extend(_entry(block))
            block = []
        if line.strip():
            block.append((number, line))
    return found


def _entry(block: Sequence[tuple[int, str]]) -> Iterator[Entry]:
    """The entry that these lines are; none for the header, a comment alone or an obsolete text."""
    notes = tuple(line[2:].strip() for _, line in block if line.startswith("#."))
    flags = tuple(f.strip() for _, line in block if line.startswith("#,") for f in line[2:].split(","))
    field = ""
    lines: dict[str, list[tuple[int, str]]] = {"msgid": [], "msgstr": []}
    for number, line in block:
        if line.startswith("#"):
            continue
        word = re.match(r"\s*(msgid|msgstr)\b", line)
        field = word[1] if word else field
        lines.setdefault(field, []).append((number, line[line.index('"') :].strip()))
    if not lines["msgid"] or not lines["msgstr"]:
        return
    key = denormalize("\n".join(text for _, text in lines["msgid"]))
    if key:
        text = denormalize("\n".join(text for _, text in lines["msgstr"]))
        first, last = lines["msgstr"][0][0], lines["msgstr"][-1][0]
        yield Entry(key, text, first, first, last, notes, flags)


def quoted(keyword: str, text: str) -> list[str]:
    """The lines of one field: one line, or one for every line of the text."""
    parts = BREAK.sub("\n", text).split("\n")
    if len(parts) == 1:
        return [f"{keyword} {escape(text)}"]
    ended = [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    return [f'{keyword} ""', *(escape(part) for part in ended)]


def replaced(source: str, key: str, text: str, *, reviewed: bool = False, spanish: str | None = None) -> str:
    """``source`` with one text changed. Raises ``KeyError``.

    ``reviewed`` takes its "fuzzy" mark away; ``spanish`` is noted as what the text was made from.
    """
    entry = next((e for e in parse(source) if e.key == key), None)
    if entry is None:
        raise KeyError(key)
    lines = source.split("\n")
    lines[entry.first - 1 : entry.last] = quoted("msgstr", text)
    first = _begin(lines, entry)
    last = next(n for n in range(first, entry.first) if lines[n].startswith("msgid "))
    lines[first:last] = _comments(lines[first:last], reviewed=reviewed, spanish=spanish)
    return "\n".join(lines)


def _comments(lines: Sequence[str], *, reviewed: bool, spanish: str | None) -> Iterator[str]:
    for line in lines:
        if spanish is not None and line.startswith(f"#. {SOURCE}"):
            yield f"#. {SOURCE}{one_line(spanish)}"
        elif reviewed and line.startswith("#,"):
            kept = [flag for word in line[2:].split(",") if (flag := word.strip()) != "fuzzy"]
            yield from [f"#, {', '.join(kept)}"] if kept else []
        else:
            yield line


def added(source: str, key: str, text: str, notes: Sequence[str], spanish: str) -> str:
    """``source`` with one text more at its end, and what it says otherwise noted with it."""
    block = [
        *(f"#. {note}" for note in notes),
        f"#. {SOURCE}{one_line(spanish)}",
        *quoted("msgid", key),
        *quoted("msgstr", text),
    ]
    return "\n".join([*([source.rstrip("\n"), ""] if source.strip() else []), *block]) + "\n"


def removed(source: str, key: str) -> str:
    """``source`` without one text, its comments and the line between it and the next. Raises ``KeyError``."""
    entry = next((e for e in parse(source) if e.key == key), None)
    if entry is None:
        raise KeyError(key)
    lines = source.split("\n")
    first, last = _begin(lines, entry), entry.last
    if last < len(lines) and not lines[last].strip():
        last += 1
    return "\n".join([*lines[:first], *lines[last:]])


def _begin(lines: Sequence[str], entry: Entry) -> int:
    """The index of the first line of an entry: its comments stand above its key."""
    first = next(n for n in range(entry.first - 2, -1, -1) if lines[n].startswith("msgid "))
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return first


def save(path: Path, source: str) -> None:
    """Put ``source`` in the place of ``path`` at once: nobody ever reads half a file."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(source)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
