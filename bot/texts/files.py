"""The catalogues of a folder, read and judged as a whole: for the command line, the running service and tests."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bot import recordings
from bot.phrasing import DOMAINS, STAFF, Refused
from bot.texts import rules, sayable, spelling, variants
from bot.texts.check import SPANISH, Checker, Finding, Level
from bot.texts.po import Entry, LineError, one_line, parse


def catalogue(folder: Path, locale: str, domain: str = "messages") -> Path:
    """Where a catalogue stands."""
    return folder / locale / "LC_MESSAGES" / f"{domain}.po"


def domain_of(key: str) -> str:
    """The catalogue that holds a key."""
    return STAFF if rules.is_staff(key) else DOMAINS[0]


def locales(folder: Path, *domains: str) -> list[str]:
    """The languages that have a catalogue, of ``domains`` or of any, Spanish and its variants first."""
    found = {p.parts[-3] for d in domains or DOMAINS for p in folder.glob(f"*/LC_MESSAGES/{d}.po")}
    return sorted(found, key=lambda name: (variants.language(name) != SPANISH, name))


def texts(path: Path) -> dict[str, str]:
    """Key → text; nothing of a file that cannot be read, which is told elsewhere."""
    return {entry.key: entry.text for entry in entries(path)}


def entries(path: Path) -> list[Entry]:
    """Every text as it is saved now; none while the file cannot be read, which is told elsewhere."""
    try:
        return list(_parsed(path.read_text(encoding="utf-8")))
    except (OSError, LineError, UnicodeDecodeError):
        return []


def own(folder: Path, locale: str, *domains: str) -> list[Entry]:
    """Every text of a language, of ``domains`` or of all, what chatters read first."""
    return [entry for domain in domains or DOMAINS for entry in entries(catalogue(folder, locale, domain))]


def open_to(folder: Path, locale: str) -> list[Entry]:
    """Every text that a language has or may have: of a variant also, without words, what it does not say otherwise."""
    mine = {entry.key: entry for entry in own(folder, locale)}
    if not variants.is_variant(locale):
        return list(mine.values())
    domains = [domain for domain in DOMAINS if catalogue(folder, locale, domain).exists()]
    usual = own(folder, SPANISH, *domains)
    return [mine.get(one.key) or dataclasses.replace(one, text="", flags=()) for one in usual]


@functools.lru_cache(maxsize=12)  # a page asks for the same few files several times
def _parsed(source: str) -> tuple[Entry, ...]:
    return tuple(parse(source))


def check(checker: Checker, folder: Path) -> Iterator[Finding]:
    """Every finding in every catalogue of ``folder``."""
    for locale in locales(folder):
        for domain in DOMAINS:
            path = catalogue(folder, locale, domain)
            if path.exists():
                yield from judged(checker, path, source(folder, locale, domain))
    yield from _addressed(folder)


def source(folder: Path, locale: str, *domains: str) -> dict[str, str]:
    """Key → what the catalogues of a language translate or say otherwise."""
    found = {
        name: {entry.key: entry.text for entry in own(folder, name, *domains)}
        for name in variants.chain(locale)[1:]
    }
    return variants.source(locale, found)


def _addressed(folder: Path) -> Iterator[Finding]:
    """Every text that speaks to somebody in the usual form and has no counterpart in another form that is there."""
    names = [name for name in locales(folder, "messages") if variants.language(name) == SPANISH]
    forms = sorted({variants.parts(name).modifier for name in names} - {""})
    for form, base in itertools.product(forms, (n for n in names if not variants.parts(n).modifier)):
        here = [n for n in variants.chain(f"{base}@{form}") if variants.parts(n).modifier == form]
        said = {key for name in here for key, text in texts(catalogue(folder, name)).items() if text}
        for key, text in texts(catalogue(folder, base)).items():
            words = "" if key in said else rules.calls(base, rules.address(base), key, text)
            if words and sayable.is_said(key):
                file = str(catalogue(folder, here[0]).relative_to(folder))
                params = {"words": words, "text": one_line(text)}
                yield Finding("error", "address_missing", file, 0, key, params)


def judged(checker: Checker, path: Path, spanish: Mapping[str, str]) -> list[Finding]:
    """Every finding in one catalogue."""
    locale, domain = path.parts[-3], path.stem
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [Finding("error", "unreadable", f"{locale}/LC_MESSAGES/{domain}.po", line, "", {})]
    return checker.file(locale, domain, source, spanish)


def recorded(folder: Path) -> Iterator[Finding]:
    """Every recording that is not played, and why. None of them keeps a catalogue out."""
    for one in recordings.found(folder):
        path = catalogue(folder, one.locale)
        if fault := one.fault(texts(path).get(one.key)):
            level: Level = "warning" if fault == "recording_stale" else "error"
            yield Finding(level, fault, str(one.path.relative_to(folder)), 0, one.key, {})


def spelt(folder: Path) -> Iterator[Finding]:
    """Every word that no dictionary knows; reads the dictionaries, two seconds or so."""
    for locale, domain in itertools.product(filter(spelling.speaks, locales(folder)), DOMAINS):
        path = catalogue(folder, locale, domain)
        nearest = spelling.words_of(texts(path))
        for entry in entries(path):
            for level, code, params in spelling.found(locale, entry.key, entry.text, nearest):
                yield Finding(level, code, str(path.relative_to(folder)), entry.line, entry.key, params)


class Gate:
    """Lets a saved folder into the running service only without errors.

    ``served`` are the languages of chatters that are looked at besides Spanish as this house speaks it, its ``home``
    (None: all); what staff read is looked at in every language. A file that is still what it was is not judged
    again: what is wrong with one file does not depend on the others.
    """

    def __init__(self, checker: Checker, served: Collection[str] | None = None, home: str = SPANISH) -> None:
        self._checker = checker
        self._served = served
        self._home = home
        self._known: dict[Path, tuple[bytes, list[Refused]]] = {}

    def __call__(self, folder: Path) -> list[Refused]:
        """What keeps it out; empty when it may come in."""
        return [one for path in self._paths(folder) for one in self._file(path)]

    def _paths(self, folder: Path) -> Iterator[Path]:
        for locale in locales(folder):
            wanted = DOMAINS if variants.is_said(locale, self._served, self._home) else (STAFF,)
            yield from (p for d in wanted if (p := catalogue(folder, locale, d)).exists())

    def _file(self, path: Path) -> list[Refused]:
        content = path.read_bytes()
        if path not in self._known or self._known[path][0] != content:
            found = judged(self._checker, path, {})
            errors = [Refused(f.file, f.line, f.key, f.code, f.params) for f in found if f.level == "error"]
            self._known[path] = (content, errors)
        return self._known[path][1]
