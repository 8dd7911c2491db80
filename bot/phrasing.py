"""Key + parameters + locale + channel → what the channel can show. The one renderer of Faro.

Catalogues are gettext PO files, read as they are: ``locales/<lang>/LC_MESSAGES/{messages,console}.po``
(messages: what chatters read; console: what staff read). Files that changed are read again within a second and
take the place of the others at once; with an error in any of them all are refused and the version in memory stays.
Spanish is the fallback of every language, and of every text of safety that no native reader has reviewed; how this
house speaks Spanish (``FARO_LOCALE``, ``FARO_ADDRESS``) is one name, its home (``bot/texts/variants.py``).
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import io
import math
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog
from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from bot import layout
from bot.texts import po, rules, variants
from connectors.base import Choice, Limits, Outbound

log = structlog.get_logger()

DOMAINS = ("messages", "console")
FALLBACK = variants.FALLBACK
STAFF = "console"  # the domain that only staff read, in every language it is written in
RECHECK_SECONDS = 1.0
# A comment, nothing, or a whole quoted string with or without its keyword.
LINE = re.compile(r'\s*(#.*|(msg(id|id_plural|ctxt|str(\[\d\])?)\s*)?"(\\.|[^"\\])*"\s*)?')
LISTEN = "listen"  # the choice to hear a question
IN_SPANISH = "lead.spanish"  # why somebody who reads another language gets Spanish


class MissingTextError(KeyError):
    """No catalogue has this key: add it to ``locales/es/LC_MESSAGES``."""


class CatalogueError(ValueError):
    """A catalogue that cannot be read; the message names file and line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """Why saved catalogues were not taken up: file, line, key, and the reason as a code (``console.check.…``)."""

    file: str
    line: int
    key: str
    code: str
    params: Mapping[str, str]


Gate = Callable[[Path], list[Refused]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: tuple[tuple[str, int, int], ...]
    texts: Mapping[str, Mapping[str, str]]  # what chatters read: language → key → text
    staff: Mapping[str, Mapping[str, str]]

    def shelf(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """Where a text stands: with what staff read, or with the rest."""
        return self.staff if rules.is_staff(key) else self.texts

    def changed(self, locale: str, texts: Mapping[str, str]) -> _Loaded:
        """The same with some texts changed, all of them for the same readers."""
        old = self.shelf(next(iter(texts)))
        new = {**old, locale: {**old.get(locale, {}), **texts}}
        return _Loaded(self.stamp, *((self.texts, new) if old is self.staff else (new, self.staff)))


def read_catalogue(
    path: Path, held_back: Callable[[str], bool] = lambda _: False, spanish: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Key → text of one PO file; empty translations are left out. Raises ``CatalogueError``.

    ``held_back`` says of a key whether it may not be said while it is marked "fuzzy" (not reviewed) or was made from
    another text than the one in ``spanish``.
    """
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
        if not (held_back(message.id) and (message.fuzzy or _left_behind(message, spanish)))
    }


def _left_behind(message: Message, spanish: Mapping[str, str] | None) -> bool:
    return spanish is not None and po.left_behind(message.auto_comments, spanish.get(str(message.id)))


class Catalogues:
    """All languages in memory. ``text`` is cheap; looking for changed files happens once a second.

    ``served`` are the languages that chatters may read besides Spanish (None: every one that has a catalogue);
    ``held_back`` the keys that must be reviewed first; ``gate`` what keeps saved catalogues out. At the start
    there is no older version to stay with, so that only a file that cannot be read stops it: see ``refused``.
    ``home`` is the Spanish of this house: whoever reads Spanish, and whatever is missing in another language, is
    spoken to in that variant.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        *,
        served: Collection[str] | None = None,
        held_back: Callable[[str], bool] = lambda _: False,
        gate: Gate | None = None,
        home: str = FALLBACK,
    ) -> None:
        self.folder = folder
        self.home = home
        self._clock = clock
        self._served = served
        self._held_back = held_back
        self._gate = gate
        self._checked = clock()
        self._refused: tuple[Refused, ...] = ()
        self._loaded = self._read()
        self._tried = self._loaded.stamp
        if gate is not None:
            self._refuse(gate(folder))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What is wrong with the files as they are saved now; empty when they are the ones in use."""
        self._refresh()
        return self._refused

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages that chatters may read."""
        return tuple(sorted(self._loaded.texts))

    @property
    def consoles(self) -> tuple[str, ...]:
        """The languages that staff can read."""
        return tuple(sorted(self._loaded.staff))

    def keys(self, locale: str) -> frozenset[str]:
        """The keys that this language itself holds for chatters."""
        return frozenset(self._loaded.texts.get(locale, {}))

    def family(self, begin: str) -> tuple[str, ...]:
        """The Spanish keys that begin so, in the order of the catalogue."""
        self._refresh()
        return tuple(key for key in self._loaded.texts[FALLBACK] if key.startswith(begin))

    def text(self, key: str, locale: str, **params: object) -> str:
        """The text of ``key`` with ``{name}`` filled in; raises ``MissingTextError`` when nobody has it."""
        return _fill(self.source(key, locale)[1], params)

    def source(self, key: str, locale: str) -> tuple[str, str]:
        """The language in which ``key`` is said to somebody of ``locale``, and its text as it is written."""
        self._refresh()
        shelf = self._loaded.shelf(key)
        for name in variants.chain(locale, self.home):
            found = shelf.get(name, {}).get(key)
            if found is not None:
                return name, found
        raise MissingTextError(key)

    def tried(self, locale: str, key: str, text: str) -> Catalogues:
        """The same words with one of them changed: for a look at it, or as they were before."""
        said_as = variants.filled(locale, self.home)
        return self._with(self._loaded.changed(said_as, {key: text}), self.home)

    def written(self, locale: str, texts: Mapping[str, str]) -> Catalogues:
        """The same words with one catalogue as it is written, for a look at it: there nobody has a home."""
        return self._with(self._loaded.changed(locale, texts), FALLBACK)

    def _with(self, loaded: _Loaded, home: str) -> Catalogues:
        trial = copy.copy(self)
        trial.home = home
        trial._loaded = loaded  # noqa: SLF001 - it is one of us
        trial._checked = math.inf  # noqa: SLF001 - it stays as it is
        return trial

    def refresh(self) -> None:
        """Look at the files now: somebody has just saved one."""
        self._checked = self._clock() - RECHECK_SECONDS
        self._refresh()

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._checked < RECHECK_SECONDS:
            return
        self._checked = now
        stamp = _stamp(self.folder)
        if stamp == self._tried:
            return
        self._tried = stamp
        if stamp == self._loaded.stamp:  # the change was taken back
            self._refused = ()
            return
        try:
            found = self._gate(self.folder) if self._gate is not None else []
            loaded = self._loaded if found else self._read()
        except (CatalogueError, OSError) as error:
            self._refused = (Refused("", 0, "", "unreadable", {}),)
            log.warning("catalogue_refused", reason=type(error).__name__)
            return
        if not found and loaded.stamp != stamp:  # saved once more between the check and the reading
            self._tried = ()
            return
        self._refuse(found)
        if not found:
            self._loaded = loaded
            log.info("catalogue_reloaded")

    def _refuse(self, found: Sequence[Refused]) -> None:
        self._refused = tuple(found)
        for one in found:
            log.warning("catalogue_refused", file=one.file, line=one.line, key=one.key, reason=one.code)

    def _read(self) -> _Loaded:
        stamp = _stamp(self.folder)
        texts: dict[str, dict[str, str]] = {}
        staff: dict[str, dict[str, str]] = {}
        names = [name for name, _, _ in stamp]
        for path in sorted((self.folder / name for name in names), key=_depth):
            locale = path.parts[-3]
            if path.stem == STAFF:
                staff[locale] = read_catalogue(path, self._held_back)
            elif variants.is_said(locale, self._served, self.home):
                texts[locale] = read_catalogue(path, self._held_back, variants.source(locale, texts))
        if FALLBACK not in texts:
            raise CatalogueError(f"{self.folder.name} holds no {FALLBACK} catalogue")
        return _Loaded(stamp, texts, staff)


def _depth(path: Path) -> tuple[bool, int]:
    """Sorts what a catalogue is made from before it: Spanish first, then its variants."""
    return variants.language(path.parts[-3]) != FALLBACK, len(path.parts[-3])


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(p for domain in DOMAINS for p in folder.glob(f"*/LC_MESSAGES/{domain}.po"))
    return tuple((str(p.relative_to(folder)), p.stat().st_mtime_ns, p.stat().st_size) for p in files)


def _fill(text: str, params: Mapping[str, object]) -> str:
    """Only ``{name}`` of a known parameter is replaced: a stray brace must not lose a message."""
    return re.sub(r"\{(\w+)\}", lambda found: str(params[found[1]]) if found[1] in params else found[0], text)


class Spoken(Protocol):
    """What was recorded (``bot.recordings``)."""

    def of(self, locale: str, key: str, text: str) -> str: ...


class Phrasing:
    """Acts → messages for one channel. ``shows`` decides which acts may be said today (``bot.referrals.shelf``).

    With ``recordings`` a question that was recorded can be heard: by a choice, or with ``aloud`` always.
    """

    def __init__(
        self,
        catalogues: Catalogues,
        shows: Callable[[Mapping[str, Any]], bool] = lambda _: True,
        recordings: Spoken | None = None,
        *,
        aloud: bool = False,
    ) -> None:
        self.catalogues = catalogues
        self.aloud = aloud
        self._shows = shows
        self._recordings = recordings

    def with_text(self, locale: str, key: str, text: str) -> Phrasing:
        """The same, but for the words of one text."""
        trial = self.catalogues.tried(locale, key, text)
        return Phrasing(trial, self._shows, self._recordings, aloud=self.aloud)

    def render(self, act: Mapping[str, Any], locale: str, limits: Limits) -> list[Outbound]:
        """The messages for one ``say`` act; the last one carries the choices. None where it may not be said now.

        A first line that would alarm gets a neutral one before it: a locked screen shows the first. An act may name
        the line that stands before it as its ``lead``.
        """
        if not self._shows(act):
            return []
        text = self.catalogues.text(act["say"], locale, **act.get("params", {}))
        text = "\n".join([text, *(f"• {self.catalogues.text(key, locale)}" for key in act.get("lines", ()))])
        lead = act.get("lead", "")
        if not lead and rules.alarms(text.split("\n", 1)[0], locale):
            lead = "lead.ask" if act.get("choices") or act.get("about") else "lead.say"
        if lead:
            text = f"{self._say(lead, locale)}\n{text}"
        choices = tuple(
            Choice(choice["id"], self.catalogues.text(choice["key"], locale, **choice.get("params", {})))
            for choice in act.get("choices", ())
        )
        spoken, listen = self._listen(act, locale, limits)
        say = functools.partial(self._say, locale=locale)
        numbers = bool(act.get("numbers"))
        return [*spoken, *layout.fit(text, choices, locale, limits, say, numbers=numbers, listen=listen)]

    def explains(self, key: str, locale: str) -> bool:
        """Whether this text comes in Spanish to somebody who reads another language, and that can be told in theirs."""
        mine = variants.language(locale)
        if mine == FALLBACK or variants.language(self.catalogues.source(key, locale)[0]) == mine:
            return False
        return variants.language(self.catalogues.source(IN_SPANISH, locale)[0]) == mine

    def plain(self, text: str, locale: str, limits: Limits, author: str = "bot") -> list[Outbound]:
        """A text that is already words (a responder's reply), cut where the channel demands it."""
        return [Outbound(text=part, locale=locale, author=author) for part in layout.split(text, limits.text)]

    def recording(self, act: Mapping[str, Any], locale: str, limits: Limits) -> str:
        """The recording that speaks this question; empty where there is none or the channel brings none."""
        if self._recordings is None or not limits.voice or not (act.get("choices") or act.get("about")):
            return ""
        if "recording" in act:
            return str(act["recording"])
        name, text = self.catalogues.source(act["say"], locale)
        return "" if act.get("lines") else self._recordings.of(name, act["say"], text)

    def _listen(
        self, act: Mapping[str, Any], locale: str, limits: Limits
    ) -> tuple[list[Outbound], Choice | None]:
        """What is heard before the words, or the choice to hear it."""
        name = self.recording(act, locale, limits)
        if not name:
            return [], None
        if act.get("aloud", self.aloud):
            return [Outbound(text="", locale=locale, recording=name)], None
        code = layout.question(act["choices"][0]["id"]) if act.get("choices") else act["about"]
        return [], Choice(f"{code}.{LISTEN}", self._say("choice.listen", locale))

    def _say(self, key: str, locale: str) -> str:
        return self.catalogues.text(key, locale)
