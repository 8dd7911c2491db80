"""``faro bench spelling [FOLDER]``: which dictionary knows our words and catches slips; what that costs.

Unknown among the different words of what chatters read (all are right: fewer is better), and how many of 200 seeded
slips are caught. With ``FOLDER`` (holding ``es.aff``, ``es.dic`` and so on) and spylls installed beside, a Hunspell
dictionary is measured with the same words; with pyspellchecker installed beside, that too.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import random
import re
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import simplemma

from bot.texts import files, spelling
from tests.conftest import ROOT

LOCALES = ("es", "en", "pt")
SLIPS = 200
NEAR = dict(
    pair.split(":")
    for pair in [
        "a:sqz",
        "b:vn",
        "c:xv",
        "d:sf",
        "e:wr",
        "f:dg",
        "g:fh",
        "h:gj",
        "i:uo",
        "j:hk",
        "k:jl",
        "l:kñ",
        "m:n",
        "n:bm",
        "o:ip",
        "p:o",
        "q:w",
        "r:et",
        "s:ad",
        "t:ry",
        "u:yi",
        "v:cb",
        "w:qe",
        "x:zc",
        "y:tu",
        "z:x",
        "ñ:l",
    ]
)
Knows = Callable[[str], bool]


def ours(locale: str) -> list[str]:
    """The different words of what chatters read; names of texts in several languages are left out."""
    several = spelling._data()["many_languages"]
    texts = files.texts(files.catalogue(ROOT / "locales", locale))
    found = (
        spelling.WORD.findall(spelling.NO_WORDS.sub(" ", text))
        for key, text in texts.items()
        if key not in several
    )
    return list(dict.fromkeys(word for words in found for word in words))


def mistyped(locale: str, many: int) -> list[tuple[str, str]]:
    """Our words and slips in them: a letter lost, doubled, swapped, a neighbour's; an accent lost, twice as often."""
    chance = random.Random(7)
    words = [word for word in ours(locale) if len(word) >= 4 and word.islower()]
    right = {word.lower() for word in ours(locale)}
    found: list[tuple[str, str]] = []
    while len(found) < many:
        word = chance.choice(words)
        wrong = _slip(word, chance)
        if wrong not in right:
            found.append((word, wrong))
    return found


def _slip(word: str, chance: random.Random) -> str:
    kind, n = (
        chance.choice(("lost", "twice", "swapped", "near", "accent", "accent")),
        chance.randrange(1, len(word) - 1),
    )
    if kind == "lost":
        return word[:n] + word[n + 1 :]
    if kind == "twice":
        return word[:n] + word[n] + word[n:]
    if kind == "swapped":
        return word[:n] + word[n + 1] + word[n] + word[n + 2 :]
    if kind == "near":
        return word[:n] + chance.choice(NEAR.get(word[n], "x")) + word[n + 1 :]
    return "".join(c for c in unicodedata.normalize("NFD", word) if c != "\u0301").replace("n\u0303", "ñ")


def _memory() -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) // 1024 if found else 0


def measure(name: str, locale: str, opened: Callable[[], Knows]) -> None:
    """One line of figures."""
    words, slips, before, began = ours(locale), mistyped(locale, SLIPS), _memory(), time.perf_counter()
    knows = opened()
    knows("a")
    loaded = time.perf_counter() - began
    began = time.perf_counter()
    unknown = [word for word in words if not knows(word)]
    took = (time.perf_counter() - began) / len(words)
    caught = sum(not knows(wrong) for _, wrong in slips)
    print(
        f"{name:28} {locale}  unknown {len(unknown):4} of {len(words)} ({100 * len(unknown) / len(words):4.1f} %)  "
        f"slips caught {caught} of {SLIPS}  read in {loaded:4.1f} s  {_memory() - before:3} MB  "
        f"{took * 1e6:5.0f} µs a word"
    )


def _ours(locale: str) -> None:
    bare = functools.partial(simplemma.is_known, lang=locale, low_memory=True)
    measure("simplemma, its list alone", locale, lambda: bare)
    ruled = functools.partial(spelling.is_known, locale)
    measure("simplemma with our rules", locale, lambda: ruled)


def _pyspellchecker(locale: str) -> None:
    checker = importlib.import_module("spellchecker").SpellChecker(language=locale)
    measure("pyspellchecker", locale, lambda: lambda word: bool(checker.known([word])))


def _spylls(path: Path) -> None:
    dictionary = importlib.import_module("spylls.hunspell").Dictionary
    measure(
        "Hunspell's, by spylls",
        path.stem[:2],
        lambda: dictionary.from_files(str(path.with_suffix(""))).lookup,
    )


async def main() -> None:
    """Every candidate that is there; each language in the order es, en, pt."""
    for locale in LOCALES:
        _ours(locale)
    if importlib.util.find_spec("spellchecker"):
        for locale in LOCALES:
            _pyspellchecker(locale)
    if len(sys.argv) > 2 and importlib.util.find_spec("spylls"):
        for path in sorted(Path(sys.argv[2]).glob("*.aff")):
            _spylls(path)
