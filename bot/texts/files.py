"""The catalogues of a folder, read and judged as a whole: for the command line, the running service and tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.phrasing import DOMAINS, Refused
from bot.texts.check import SPANISH, Checker, Finding
from bot.texts.po import LineError, parse


def catalogue(folder: Path, locale: str, domain: str = "messages") -> Path:
    """Where a catalogue stands."""
    return folder / locale / "LC_MESSAGES" / f"{domain}.po"


def locales(folder: Path) -> list[str]:
    """The languages that have a catalogue, Spanish first."""
    found = {path.parts[-3] for domain in DOMAINS for path in folder.glob(f"*/LC_MESSAGES/{domain}.po")}
    return sorted(found, key=lambda name: (name != SPANISH, name))


def texts(path: Path) -> dict[str, str]:
    """Key → text; nothing of a file that cannot be read, which is told elsewhere."""
    try:
        return {entry.key: entry.text for entry in parse(path.read_text(encoding="utf-8"))}
    except (OSError, LineError, UnicodeDecodeError):
        return {}


def check(checker: Checker, folder: Path) -> Iterator[Finding]:
    """Every finding in every catalogue of ``folder``."""
    for locale in locales(folder):
        for domain in DOMAINS:
            path = catalogue(folder, locale, domain)
            if not path.exists():
                continue
            spanish = texts(catalogue(folder, SPANISH, domain))
            try:
                source = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                yield Finding("error", "unreadable", f"{locale}/LC_MESSAGES/{domain}.po", line, "", {})
                continue
            yield from checker.file(locale, domain, source, spanish)


class Gate:
    """Lets a saved folder into the running service only without errors."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    def __call__(self, folder: Path) -> list[Refused]:
        """What keeps it out; empty when it may come in."""
        found = check(self._checker, folder)
        return [Refused(f.file, f.line, f.key, f.code, f.params) for f in found if f.level == "error"]
