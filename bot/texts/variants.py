"""Names of catalogues as gettext has them: ``es``, ``es_PE``, ``es@usted``, ``es_PE@usted``. Pure.

A variant (a region, a form of address, or both) holds only what it says otherwise. What it lacks is looked for in
gettext's own order, in which the form of address counts more than the region: a sentence in the wrong form is worse
than one without a word of the region.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Collection, Mapping

FALLBACK = "es"
NAME = re.compile(r"([A-Za-z]+)(?:[_-]([A-Za-z]+))?(?:@([a-z]+))?")


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """What the name of a catalogue says."""

    language: str
    territory: str = ""
    modifier: str = ""

    @property
    def name(self) -> str:
        region = f"_{self.territory}" if self.territory else ""
        return f"{self.language}{region}{f'@{self.modifier}' if self.modifier else ''}"


@functools.lru_cache(maxsize=128)
def parts(locale: str) -> Parts:
    """A name taken apart; what is no such name is a language that nobody has."""
    found = NAME.fullmatch(locale)
    return Parts(found[1], found[2] or "", found[3] or "") if found else Parts(locale)


def tag(locale: str) -> str:
    """The name as pages call a language (``lang``): without the form of address, which no tag has."""
    return parts(locale).name.partition("@")[0].replace("_", "-")


def language(locale: str) -> str:
    """The language without region and form of address."""
    return parts(locale).language


def is_variant(locale: str) -> bool:
    """Whether a catalogue holds only what it says otherwise than the Spanish one."""
    return locale != FALLBACK and language(locale) == FALLBACK


def filled(locale: str, home: str = FALLBACK) -> str:
    """The variant in which somebody of ``locale`` is spoken to, where ``home`` is the Spanish of this house."""
    mine, ours = parts(locale), parts(home)
    if mine.language != ours.language:
        return locale
    return Parts(mine.language, mine.territory or ours.territory, mine.modifier or ours.modifier).name


@functools.lru_cache(maxsize=128)
def chain(locale: str, home: str = FALLBACK) -> tuple[str, ...]:
    """Where a text is looked for, first the closest; at the end the Spanish of this house."""
    names = _closest(filled(locale, home))
    return names if language(locale) == FALLBACK else (*names, *_closest(home))


def _closest(locale: str) -> tuple[str, ...]:
    mine = parts(locale)
    regions = (mine.territory, "") if mine.territory else ("",)
    forms = (mine.modifier, "") if mine.modifier else ("",)
    return tuple(Parts(mine.language, region, form).name for form in forms for region in regions)


def is_said(locale: str, served: Collection[str] | None, home: str = FALLBACK) -> bool:
    """Whether chatters may read a catalogue: Spanish as this house speaks it, and what a setting serves (None: all)."""
    return served is None or locale in chain(home) or locale in served or language(locale) in served


def source(locale: str, texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a catalogue translates or says otherwise: the texts that would be said without it."""
    return {key: text for name in reversed(chain(locale)[1:]) for key, text in texts.get(name, {}).items()}
