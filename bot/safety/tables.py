"""The tables of words that are in force: read at the first message, and again when editors changed a file.

Stage: under the rules. Promise: a table that is wrong never takes the place of one that was right. Must not: hold
anything of a message, or look for changes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from bot.safety.lexicon import Lexicon, compile_table

FOLDER = Path(__file__).parent / "words"

_loaded: dict[str, tuple[tuple[int, ...], Lexicon]] = {}  # language → stamp of its files, table


def load(language: str) -> Lexicon:
    """The table of a language; raises ``FileNotFoundError`` when there is none, ``TableError`` when it is wrong."""
    if language not in _loaded:
        _loaded[language] = (_stamp(language), read(language))
    return _loaded[language][1]


def refresh() -> list[str]:
    """Take up changed files; the languages that have a new table. A wrong file raises, and the table of before stays."""
    fresh = []
    for language, (stamp, _) in list(_loaded.items()):
        now = _stamp(language)
        if now != stamp:
            _loaded[language] = (now, read(language))
            fresh.append(language)
    return fresh


def read(language: str, more: Mapping[str, Sequence[str]] | None = None) -> Lexicon:
    """The table of a language as its files are now, with ``more`` in the place of what editors added."""
    # Every scalar stays a string: "no" is a word here, and so is 1.
    text = (FOLDER / f"{language}.yml").read_text(encoding="utf-8")
    table = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - the base loader builds strings only
    found = additions(language) if more is None else more
    signs = [{"say": lines, **_named(name)} for name, lines in found.items() if lines]
    return compile_table({**table, "signs": [*table.get("signs", ()), *signs]})


def added_file(language: str) -> Path:
    """Where the lines stand that editors added in the console: ``danger.ask: [words, words]``."""
    return FOLDER / "added" / f"{language}.yml"


def additions(language: str) -> Mapping[str, Sequence[str]]:
    """Kind and level → lines that editors added."""
    path = added_file(language)
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    found: Mapping[str, Sequence[str]] = yaml.load(text, Loader=yaml.CBaseLoader) or {}  # noqa: S506 - as above
    return found


def _named(name: str) -> dict[str, str]:
    kind, _, level = name.partition(".")
    return {"kind": kind, "level": level}


def _stamp(language: str) -> tuple[int, ...]:
    paths = (FOLDER / f"{language}.yml", added_file(language))
    states = [path.stat() for path in paths if path.exists()]
    return tuple(value for state in states for value in (state.st_mtime_ns, state.st_size))


def languages() -> list[str]:
    """The languages that have a table."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))
