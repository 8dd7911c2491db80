"""The rules of style as data: ``rules.yml`` for every language, ``words/<language>.yml`` for one. Pure."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.texts import variants

FOLDER = Path(__file__).parent
SOURCE = "es"
NOTHING = re.compile(r"(?!)")


@dataclasses.dataclass(frozen=True, slots=True)
class Banned:
    """One thing that is never said; ``unless`` is cut out of a text before it is looked for.

    ``team``: staff and reviewers do not read it either.
    """

    pattern: re.Pattern[str]
    unless: re.Pattern[str]
    exempt: frozenset[str]
    level: str
    why: str
    instead: str
    team: bool = False

    def found(self, key: str, text: str) -> str:
        """The words that may not stand in this text; empty when there are none."""
        if key in self.exempt:
            return ""
        match = self.pattern.search(self.unless.sub("", text))
        return match[0] if match else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """What one language never says, and what is alarming in it."""

    banned: tuple[Banned, ...] = ()
    alarming: re.Pattern[str] = NOTHING
    cover: Mapping[str, re.Pattern[str]] = dataclasses.field(default_factory=dict)
    owner: Mapping[str, str] = dataclasses.field(default_factory=dict)
    address: Mapping[str, Banned] = dataclasses.field(
        default_factory=dict
    )  # form of address → what gives it away


@functools.cache
def common() -> Mapping[str, Any]:
    """``rules.yml``."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))
    return found


@functools.cache
def notes() -> Mapping[str, Any]:
    """``notes.yml``."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "notes.yml").read_text(encoding="utf-8"))
    return found


@functools.cache
def words(locale: str) -> Words:
    """The words of a language and those that a variant of it adds; none for a language nobody wrote them for."""
    own = [name for name in variants.chain(locale) if variants.language(name) == variants.language(locale)]
    files = [FOLDER / "words" / f"{name}.yml" for name in own if variants.NAME.fullmatch(name)]
    raw = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files if path.exists()]
    return _words({**raw[-1], "banned": [row for one in raw for row in one["banned"]]}) if raw else Words()


def _words(raw: Mapping[str, Any]) -> Words:
    return Words(
        banned=tuple(_banned(row) for row in raw["banned"]),
        alarming=_pattern(raw["alarming"]),
        cover={key: _pattern(pattern) for key, pattern in raw["cover"].items()},
        owner=raw["owner"],
        address={form: _banned(row) for form, row in raw.get("address", {}).items()},
    )


def _banned(row: Mapping[str, Any]) -> Banned:
    unless = _pattern(row["unless"]) if "unless" in row else NOTHING
    exempt = frozenset(row.get("not", ()))
    level, team = row.get("level", "error"), bool(row.get("team", False))
    return Banned(_pattern(row["pattern"]), unless, exempt, level, row["why"], row["instead"], team)


def _pattern(text: str | list[str]) -> re.Pattern[str]:
    return re.compile(text if isinstance(text, str) else "|".join(text), re.IGNORECASE)


def begins(key: str, prefixes: Sequence[str]) -> bool:
    """Whether a key is one of these, or below one of these."""
    return key.startswith(tuple(prefixes))


def address(locale: str) -> str:
    """The form in which a catalogue speaks to people, as ``words`` calls it; empty where a language has one form."""
    forms = words(locale).address
    mine = variants.parts(locale).modifier
    return mine if mine in forms else next(iter(forms), "")


def calls(locale: str, form: str, key: str, text: str) -> str:
    """The words of a text that speak to somebody in this form; empty when there are none."""
    forms = words(locale).address
    return forms[form].found(key, text) if form in forms else ""


def is_staff(key: str) -> bool:
    """Whether only staff read this text: it stands in ``console.po``."""
    return key.startswith("console.")


def is_safety(key: str) -> bool:
    """Whether somebody may come to harm when this text is wrong."""
    return begins(key, common()["safety"])


def shows_first_line(key: str) -> bool:
    """Whether the first line may be read by somebody else on a locked telephone."""
    return begins(key, common()["first_lines"])


def alarms(beginning: str, locale: str) -> str:
    """What a locked telephone must not show of this, or nothing; what is not translated is Spanish everywhere."""
    found = (words(name).alarming.search(beginning) for name in dict.fromkeys((locale, SOURCE)))
    return next((match[0] for match in found if match), "")
