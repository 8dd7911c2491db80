"""In which language somebody reads the console: their account's choice, else what their browser asks for, else Spanish.

A language can be chosen as soon as it has a catalogue ``console.po``; its text ``console.nav.language`` names it.
"""

from __future__ import annotations

import dataclasses
import re

from babel import Locale, UnknownLocaleError
from starlette.requests import Request

from bot.console.deps import ConsoleDeps
from bot.storage.staff import Staff
from bot.texts import variants

QUALITY = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*")
LONGEST = 200  # letters of what a browser asks for that are read
NAME = "console.nav.language"


def speaking(deps: ConsoleDeps, request: Request, member: Staff | None) -> ConsoleDeps:
    """The same, in the language of whoever asks; error pages of this request are in it too."""
    known = deps.phrasing.catalogues.consoles
    if member is not None and member.locale in known:
        locale = member.locale
    else:
        locale = wished(request.headers.get("accept-language", ""), known, deps.locale)
    spoken = deps if locale == deps.locale else dataclasses.replace(deps, locale=locale)
    request.state.spoken = spoken
    return spoken


def for_errors(deps: ConsoleDeps, request: Request) -> ConsoleDeps:
    """The language found for this request; by its browser alone where it went wrong before."""
    found = getattr(request.state, "spoken", None)
    return found if isinstance(found, ConsoleDeps) else speaking(deps, request, None)


def wished(header: str, known: tuple[str, ...], otherwise: str) -> str:
    """The first of ``known`` that an ``Accept-Language`` asks for: ``en-GB`` is content with ``en``.

    >>> wished("fr, en-GB;q=0.8, es;q=0.9", ("en", "es"), "es")
    'es'
    >>> wished("en-US", ("en", "es"), "es"), wished("de", ("en", "es"), "es")
    ('en', 'es')
    """
    names = {name.casefold(): name for name in known}
    for tag in _tags(header):
        parts = tag.casefold().split("_")
        for n in range(len(parts), 0, -1):
            if (name := names.get("_".join(parts[:n]))) is not None:
                return name
    return otherwise


def _tags(header: str) -> list[str]:
    """What is asked for, most wanted first, as catalogues are named; what is refused (``q=0``) is left out."""
    found = []
    for part in header[:LONGEST].split(","):
        tag, _, rest = part.partition(";")
        given = QUALITY.fullmatch(rest)
        found.append((float(given[1]) if given else 1.0, tag.strip().replace("-", "_")))
    return [tag for quality, tag in sorted(found, key=lambda one: -one[0]) if quality]


def named(deps: ConsoleDeps, locale: str) -> str:
    """A catalogue's name in words: the language, and what a variant of it is ("Español, Venezuela, de usted")."""
    mine = variants.parts(locale)
    words = deps.label("console.language", mine.language)
    more = [_territory(mine.territory, deps.locale)] if mine.territory else []
    more += [deps.label("console.language.form", mine.modifier)] if mine.modifier else []
    for what in more:
        words = deps.text("console.language.in", language=words, what=what)
    return words


def _territory(code: str, locale: str) -> str:
    """A country in words; its code where there are none."""
    try:
        return str(Locale.parse(locale).territories.get(code.upper(), code))
    except (UnknownLocaleError, ValueError):
        return code


def others(deps: ConsoleDeps) -> list[tuple[str, str]]:
    """The languages that the page could be in instead, each with its own name for itself."""
    catalogues = deps.phrasing.catalogues
    return [(name, catalogues.text(NAME, name)) for name in catalogues.consoles if name != deps.locale]
