"""Which words of a text no dictionary knows, and what may be meant instead. Pure; only suggests, never refuses.

Promises that a dictionary is read when a word is first looked up and not before (about a second, ten megabytes a
language), and that a language without one is said to have none instead of being found without fault.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import simplemma
import yaml
from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

from bot.texts import rules, variants
from bot.texts.check import Found

KNOWN = rules.FOLDER / "words" / "known.yml"
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
NO_WORDS = re.compile(r"\{\w*\}|(?:https?://|www\.)\S+|\S+@\S+|\b[\w-]+\.[a-z]{2,4}\b\S*|\S*\d\S*")
LETTERS = {"es": "abcdefghijklmnñopqrstuvwxyzáéíóúü", "en": "abcdefghijklmnopqrstuvwxyz"}
LETTERS["pt"] = LETTERS["en"] + "áâãàéêíóôõúç"
MOST = 3  # suggestions
# What Spanish writes at the end of a verb: «dártelos».
TAIL = re.compile(r"(?:me|te|se|nos|la|lo|le)s?\Z")
TAILS = frozenset({"me", "te", "se", "nos", "la", "las", "lo", "los", "le", "les"})
POLITE = {"e": ("ar", "ir"), "a": ("er", "ir")}
NUCLEUS = re.compile(r"[aeo]|(?<![aeo])[iu]+(?![aeo])")


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A word that is in no dictionary, and words that are, nearest first."""

    word: str
    instead: tuple[str, ...]


def speaks(locale: str) -> bool:
    """Whether there is a dictionary of this language."""
    return variants.language(locale) in SUPPORTED_LANGUAGES and variants.language(locale) in LETTERS


def unknown(locale: str, key: str, text: str, nearest: Collection[str] = ()) -> list[Unknown]:
    """The words of a text that no dictionary knows, each once; ``nearest`` are words to suggest before others."""
    language = variants.language(locale)
    if not speaks(locale) or key in _data()["many_languages"]:
        return []
    staff = _of_staff() if rules.is_staff(key) else frozenset()
    found = dict.fromkeys(WORD.findall(NO_WORDS.sub(" ", text)))
    words = [word for word in found if word.casefold() not in staff]
    return [
        Unknown(word, suggestions(language, word, nearest)) for word in words if not is_known(language, word)
    ]


def found(locale: str, key: str, text: str, nearest: Collection[str] = ()) -> list[Found]:
    """The same as warnings of the checks."""
    return [_told(one) for one in unknown(locale, key, text, nearest)]


def _told(one: Unknown) -> Found:
    if not one.instead:
        return "warning", "spelling_alone", {"word": one.word}
    return (
        "warning",
        "spelling",
        {"word": one.word, "instead": ", ".join(f"«{word}»" for word in one.instead)},
    )


def words_of(texts: Mapping[str, str]) -> frozenset[str]:
    """Every word that a catalogue uses: what somebody who misspelt one of them most likely meant."""
    return frozenset(word.lower() for text in texts.values() for word in WORD.findall(text))


@functools.lru_cache(maxsize=20_000)
def is_known(language: str, word: str) -> bool:
    """Whether a word is right as it is written: in the dictionary, in our own list, or a verb with its pronouns."""
    plain = word.replace("’", "'")
    if len(plain) == 1 or plain.casefold() in _ours(language) or _listed(language, plain):
        return True
    if language == "en" and plain.endswith("'s"):
        return is_known(language, plain[:-2])
    return language == "es" and any(_joins(*parts) for parts in _parted(plain.lower()))


def _listed(language: str, word: str) -> bool:
    return simplemma.is_known(word.lower() if word.isupper() else word, lang=language, low_memory=True)


def _parted(word: str) -> Iterator[tuple[str, int]]:
    """What may be a verb with one pronoun or two at its end: the verb, and how many."""
    for many in (1, 2):
        found = TAIL.search(word)
        if found is None or found[0] not in TAILS or found.start() < 2:
            return
        word = word[: found.start()]
        yield word, many


def _joins(stem: str, pronouns: int) -> bool:
    """Whether this is a verb's form, and its accent stands exactly where Spanish puts one now that it is longer."""
    verb = _without_accents(stem)
    written = verb if _is_verb(verb) else stem
    if not _is_verb(written):
        return False
    stress_last = written.endswith(("r", "d")) or len(NUCLEUS.findall(verb)) == 1
    needed = (0 if stress_last else 1) + pronouns >= 2
    return needed == (stem != verb) or written == stem != verb


def _is_verb(stem: str) -> bool:
    """An infinitive, a gerund or a command."""
    if stem.endswith(("ar", "er", "ir", "ír")):
        return _lemma(stem) == stem
    if stem.endswith(("ando", "endo", "yendo")):
        return _lemma(stem).endswith("r")
    roots = (stem, stem.replace("ue", "o"), stem.replace("ie", "e"), stem.replace("i", "e", 1))
    commands = [f"{root}r" for root in roots]  # by vowel: tú says «llama», usted «llame» and «escriba»
    commands += [f"{root[:-1]}{end}" for root in roots for end in POLITE.get(root[-1], ())]
    return _lemma(stem).endswith("r") or any(_lemma(verb) == verb for verb in commands)


def _lemma(word: str) -> str:
    return simplemma.lemmatize(word, lang="es", low_memory=True) if _listed("es", word) else ""


@functools.lru_cache(maxsize=2_000)
def _near(language: str, word: str) -> tuple[str, ...]:
    """The known words that are one slip away, accents first."""
    slips = dict.fromkeys([*_accents(language, word), *_slips(language, word)])
    return tuple(one for one in slips if one != word and is_known(language, one))


def suggestions(language: str, word: str, nearest: Collection[str] = ()) -> tuple[str, ...]:
    """At most three: other accents first, then words that are in use here, then any other."""
    found = _near(language, word.lower())
    plain = _without_accents(word.lower())
    ranked = sorted(found, key=lambda one: (_without_accents(one) != plain, one not in nearest))
    return tuple(one.capitalize() if word[:1].isupper() else one for one in ranked[:MOST])


def _accents(language: str, word: str) -> Iterator[str]:
    """The word with one accent, and with none."""
    plain = _without_accents(word)
    yield plain
    for n, letter in enumerate(plain):
        for other in LETTERS[language]:
            if other != letter and _without_accents(other) == letter:
                yield plain[:n] + other + plain[n + 1 :]


def _slips(language: str, word: str) -> Iterator[str]:
    """One letter too many, two swapped, one wrong, one missing."""
    for n in range(len(word)):
        yield word[:n] + word[n + 1 :]
        yield word[:n] + word[n + 1 : n + 2] + word[n] + word[n + 2 :]
    for n in range(len(word) + 1):
        for letter in LETTERS[language]:
            yield word[:n] + letter + word[n + 1 :]
            yield word[:n] + letter + word[n:]


def _without_accents(word: str) -> str:
    kept = unicodedata.normalize("NFD", word.replace("ñ", "\0"))
    return "".join(c for c in kept if not unicodedata.combining(c)).replace("\0", "ñ")


@functools.cache
def _data() -> Mapping[str, Any]:
    found: dict[str, Any] = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    return found


@functools.cache
def _of_staff() -> frozenset[str]:
    return frozenset(word.casefold() for word in _data()["staff"])


@functools.cache
def _ours(language: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in [*_data()["names"], *_data()["words"].get(language, ())])
