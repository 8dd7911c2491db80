"""Key + parameters + locale + channel → what the channel can show. The one renderer of Faro.

Catalogues are gettext PO files, read as they are: ``locales/<lang>/LC_MESSAGES/{messages,console}.po``
(messages: what chatters read; console: what staff read). A file that changed is read again within a second;
a broken one is refused as a whole and the version in memory stays. Spanish is the fallback of every language.
"""

from __future__ import annotations

import dataclasses
import io
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from babel.messages.pofile import PoFileError, read_po

from connectors.base import Choice, Limits, Outbound

log = structlog.get_logger()

DOMAINS = ("messages", "console")
FALLBACK = "es"
RECHECK_SECONDS = 1.0
# A comment, nothing, or a whole quoted string with or without its keyword.
LINE = re.compile(r'\s*(#.*|(msg(id|id_plural|ctxt|str(\[\d\])?)\s*)?"(\\.|[^"\\])*"\s*)?')
MORE = "more"  # the button that shows the answers which three buttons could not hold


class MissingTextError(KeyError):
    """No catalogue has this key: add it to ``locales/es/LC_MESSAGES``."""


class CatalogueError(ValueError):
    """A catalogue that cannot be read; the message names file and line."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: tuple[tuple[str, int, int], ...]
    texts: Mapping[str, Mapping[str, str]]


def read_catalogue(path: Path) -> dict[str, str]:
    """Key → text of one PO file; empty translations are left out. Raises ``CatalogueError``."""
    name = f"{path.name} of {path.parent.parent.name}"
    try:
        written = path.read_text(encoding="utf-8")
        for number, line in enumerate(written.splitlines(), 1):
            if not LINE.fullmatch(line):  # Babel reads an open quote as the end of the text, and cuts it
                raise CatalogueError(f"{name}, line {number}: not a line of a PO file; is a quote missing?")
        catalogue = read_po(io.BytesIO(written.encode()), abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{name}: {error}") from error
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string
    }


class Catalogues:
    """All languages in memory. ``text`` is cheap; looking for changed files happens once a second."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._checked = clock()
        self._loaded = self._read()

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(sorted(self._loaded.texts))

    def keys(self, locale: str) -> frozenset[str]:
        """The keys that this language itself holds."""
        return frozenset(self._loaded.texts.get(locale, {}))

    def text(self, key: str, locale: str, **params: object) -> str:
        """The text of ``key`` with ``{name}`` filled in; raises ``MissingTextError`` when nobody has it."""
        self._refresh()
        for name in _chain(locale):
            found = self._loaded.texts.get(name, {}).get(key)
            if found is not None:
                return _fill(found, params)
        raise MissingTextError(key)

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._checked < RECHECK_SECONDS:
            return
        self._checked = now
        if _stamp(self._folder) == self._loaded.stamp:
            return
        try:
            self._loaded = self._read()
        except (CatalogueError, OSError) as error:
            log.warning("catalogue_refused", reason=type(error).__name__)
        else:
            log.info("catalogue_reloaded")

    def _read(self) -> _Loaded:
        stamp = _stamp(self._folder)
        texts: dict[str, dict[str, str]] = {}
        for name, _, _ in stamp:
            path = self._folder / name
            texts.setdefault(path.parts[-3], {}).update(read_catalogue(path))
        if FALLBACK not in texts:
            raise CatalogueError(f"{self._folder.name} holds no {FALLBACK} catalogue")
        return _Loaded(stamp, texts)


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(p for domain in DOMAINS for p in folder.glob(f"*/LC_MESSAGES/{domain}.po"))
    return tuple((str(p.relative_to(folder)), p.stat().st_mtime_ns, p.stat().st_size) for p in files)


def _chain(locale: str) -> tuple[str, ...]:
    parts = locale.replace("-", "_").split("_")
    names = ["_".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return (*names, FALLBACK) if FALLBACK not in names else tuple(names)


def _fill(text: str, params: Mapping[str, object]) -> str:
    """Only ``{name}`` of a known parameter is replaced: a stray brace must not lose a message."""
    return re.sub(r"\{(\w+)\}", lambda found: str(params[found[1]]) if found[1] in params else found[0], text)


class Phrasing:
    """Acts → messages for one channel."""

    def __init__(self, catalogues: Catalogues) -> None:
        self.catalogues = catalogues

    def render(self, act: Mapping[str, Any], locale: str, limits: Limits) -> list[Outbound]:
        """The messages for one ``say`` act; the last one carries the choices."""
        text = self.catalogues.text(act["say"], locale, **act.get("params", {}))
        choices = tuple(
            Choice(choice["id"], self.catalogues.text(choice["key"], locale, **choice.get("params", {})))
            for choice in act.get("choices", ())
        )
        return self._fit(text, choices, locale, limits, _lines(choices) if act.get("numbers") else "")

    def plain(self, text: str, locale: str, limits: Limits, author: str = "bot") -> list[Outbound]:
        """A text that is already words (a responder's reply), cut where the channel demands it."""
        return [Outbound(text=part, locale=locale, author=author) for part in split(text, limits.text)]

    def _fit(
        self, text: str, choices: tuple[Choice, ...], locale: str, limits: Limits, lines: str = ""
    ) -> list[Outbound]:
        """``lines``: the choices by number, where they are to be shown beside buttons too."""
        if not choices:
            return [Outbound(text=part, locale=locale) for part in split(text, limits.text)]
        shown = choices
        if len(choices) == 4 and 0 < limits.buttons < 4 and _is_yes_no(choices):
            more = Choice(f"{choices[0].id.rsplit('.', 1)[0]}.{MORE}", self._say("choice.more", locale))
            shown = (*choices[:2], more)
        if len(shown) <= limits.buttons and all(len(c.title) <= limits.button_title for c in shown):
            layout, label = "buttons", ""
        elif len(shown) <= limits.list_items and all(len(c.title) <= limits.list_title for c in shown):
            layout, label = "list", self._say("list.label", locale)
        else:
            return self._numbered(text, choices, locale, limits)
        *first, last = split(f"{text}\n\n{lines}" if lines else text, limits.text_with_choices)
        head = [Outbound(text=part, locale=locale) for part in first]
        return [*head, Outbound(text=last, choices=shown, layout=layout, list_label=label, locale=locale)]  # type: ignore[arg-type]  # both names are Layouts

    def _numbered(self, text: str, choices: Sequence[Choice], locale: str, limits: Limits) -> list[Outbound]:
        whole = "\n\n".join((text, _lines(choices), self._say("numbered.hint", locale)))
        return [Outbound(text=part, locale=locale) for part in split(whole, limits.text)]

    def _say(self, key: str, locale: str) -> str:
        return self.catalogues.text(key, locale)


def _lines(choices: Sequence[Choice]) -> str:
    return "\n".join(f"{n}. {choice.title}" for n, choice in enumerate(choices, 1))


def _is_yes_no(choices: Sequence[Choice]) -> bool:
    return choices[0].id.endswith(".yes") and choices[1].id.endswith(".no")


def split(text: str, limit: int) -> list[str]:
    """``text`` in parts of at most ``limit`` characters, cut at a blank line, line or space; nothing is lost."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = next((at for mark in ("\n\n", "\n", " ") if (at := rest.rfind(mark, 1, limit + 1)) > 0), limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest or not parts else parts
