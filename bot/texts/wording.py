"""A finding in words, from the catalogue of the console; by its code when that catalogue is the broken one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.phrasing import CatalogueError, Catalogues, MissingTextError
from bot.texts.check import Finding


class Wording:
    """Sentences for whoever runs a command: the language of the console is Spanish."""

    def __init__(self, folder: Path) -> None:
        try:
            self._catalogues: Catalogues | None = Catalogues(folder)
        except (CatalogueError, OSError):
            self._catalogues = None

    def text(self, key: str, **params: object) -> str:
        """The words of ``key``, or ``key`` and its values."""
        try:
            if self._catalogues is not None:
                return self._catalogues.text(key, "es", **params)
        except MissingTextError:
            pass
        return " ".join([key, *(f"{name}={value}" for name, value in params.items())])

    def sentence(self, found: Finding) -> str:
        """Level, key and what to change."""
        level = self.text(f"console.check.{found.level}")
        words = self.told(found.code, found.params)
        if found.key:
            return self.text("console.check.key", level=level, where=found.key, words=words)
        return self.text("console.check.file", level=level, words=words)

    def told(self, code: str, params: Mapping[str, str]) -> str:
        """What is wrong and what to change."""
        return self.text(f"console.check.{code}", **params)

    def total(self, texts: int, errors: int, warnings: int) -> str:
        """One line about all of it."""
        if errors or warnings:
            return self.text("console.check.sum", errors=errors, warnings=warnings, n=texts)
        return self.text("console.check.none", n=texts)
