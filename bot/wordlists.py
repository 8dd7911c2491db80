"""The short answers of ``locales/<lang>/answers.yml``, as editors left them: read again when a file changes.

A person may answer in her own language, in Spanish, or with the yes and no of any language that Faro has: whoever
taps "English" still writes "sí". Exit words and words of return hold in every language, wherever they were written.
A file that cannot be read leaves the words of before in place and is logged by its language.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import structlog
import yaml

from bot import choices
from bot.texts import variants

log = structlog.get_logger()

Words = Mapping[str, frozenset[str]]

FIRST = "es"
EVERYWHERE = ("exit", "unlock", "yes", "no", "unsure", "declined", "done")
ANSWERS = ("yes", "no", "unsure", "declined")  # a word of one of these is never taken for another
RECHECK_SECONDS = 1.0


class WordLists:
    """Call it with a language. Looking for changed files happens once a second."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._checked = clock()
        self._stamp = self._stamped()
        self._files = {name: choices.load_words(folder, name) for name in self._stamp}
        self._merged: dict[str, Words] = {}

    def __call__(self, locale: str) -> Words:
        self._refresh()
        name = locale if locale in self._files else variants.language(locale)
        if name not in self._merged:
            self._merged[name] = merge(self._files, name)
        return self._merged[name]

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._checked < RECHECK_SECONDS:
            return
        self._checked = now
        stamp = self._stamped()
        for name in stamp.keys() | self._stamp.keys():
            if stamp.get(name) != self._stamp.get(name):
                self._read(name)
        self._stamp = stamp

    def _read(self, name: str) -> None:
        try:
            self._files[name] = choices.load_words(self._folder, name)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError) as error:
            log.warning("answers_refused", locale=name, reason=type(error).__name__)
        else:
            log.info("answers_reloaded", locale=name)
        self._merged.clear()

    def _stamped(self) -> dict[str, tuple[int, int]]:
        found = {}
        for path in self._folder.glob("*/answers.yml"):
            state = path.stat()
            found[path.parent.name] = (state.st_mtime_ns, state.st_size)
        return found


def merge(files: Mapping[str, Words], locale: str) -> Words:
    """What counts in a language: its own words, the Spanish ones, and of the others what holds everywhere."""
    merged: dict[str, frozenset[str]] = {}
    claimed: dict[str, str] = {}
    for name in dict.fromkeys((locale, FIRST, *sorted(files))):
        for key, words in _of(files.get(name, {}), everything=name in (locale, FIRST)):
            free = {word for word in words if key not in ANSWERS or claimed.setdefault(word, key) == key}
            merged[key] = merged.get(key, frozenset()) | free
    return merged


def _of(words: Words, *, everything: bool) -> Iterator[tuple[str, frozenset[str]]]:
    return ((key, found) for key, found in words.items() if everything or key in EVERYWHERE)
