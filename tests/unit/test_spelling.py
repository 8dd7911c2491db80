"""Spelling: what is right passes, what is mistyped is told with the word that was meant, and nothing is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.texts import files, spelling
from tests.bench.spelling import mistyped
from tests.conftest import ROOT

LOCALES = ROOT / "locales"


def test_what_is_committed_is_spelt_as_the_dictionaries_or_our_own_list_have_it() -> None:
    """Every word of what chatters read, in each language that has a dictionary: a new name goes into known.yml."""
    assert [(f.file, f.key, f.params["word"]) for f in files.spelt(LOCALES)] == []


@pytest.mark.parametrize(
    ("locale", "text", "word", "instead"),
    [
        ("es", "¿Estás en peligo ahora?", "peligo", "peligro"),
        ("es", "¿Es por tu trabjo?", "trabjo", "trabajo"),
        ("es", "Puedes llamame mañana.", "llamame", "llámame"),
        ("es_VE", "¿Quieres escuhar más?", "escuhar", "escuchar"),
        ("en", "You can wriet here.", "wriet", "write"),
        ("pt", "Você está em perigp?", "perigp", "perigo"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(locale: str, text: str, word: str, instead: str) -> None:
    """Only a warning; what our texts use is suggested before other words."""
    nearest = spelling.words_of(files.texts(files.catalogue(LOCALES, locale[:2])))
    ((level, code, params),) = spelling.found(locale, "say.bye", text, nearest)
    assert (level, code, params["word"]) == ("warning", "spelling", word)
    assert instead in params["instead"].replace("«", "").replace("»", "").split(", ")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("dime", "díme"),
        ("dímelo", "dimelo"),
        ("escríbeme", "escribeme"),
        ("preguntártelo", "preguntartelo"),
        ("mirándote", "mirandote"),
        ("cuéntale", "cuentale"),
        ("escríbalo", "escribalo"),
        ("cuénteme", "cuenteme"),
    ],
)
def test_a_verb_with_its_pronouns_needs_its_accent_where_spanish_puts_it(right: str, wrong: str) -> None:
    """No dictionary lists all of them; a noun with a syllable too many is none of them."""
    assert spelling.is_known("es", right)
    assert not spelling.is_known("es", wrong)
    assert not spelling.is_known("es", "mesalo")


def test_what_is_no_word_is_not_judged() -> None:
    """Placeholders, links, numbers, names of ours, a text in four languages; a language without a dictionary."""
    text = "Hola {alias}: mira www.xyzw.pe o faro@qwrt.org, 0800-16800, SUNAFIL, WhatsApp y Tumbes."
    assert spelling.unknown("es", "say.bye", text) == []
    assert spelling.unknown("es", "say.one_language", "Por ahora… Pou kounye a.") == []
    assert spelling.unknown("ht", "say.bye", "xqzt") == []
    assert [spelling.speaks(locale) for locale in ("es", "en", "pt_BR", "ht")] == [True, True, True, False]


def test_most_slips_in_our_own_words_are_caught() -> None:
    """The figure that the dictionary was chosen by: 200 seeded slips (``faro bench spelling`` prints it)."""
    slips = mistyped("es", 200)
    caught = sum(not spelling.is_known("es", wrong) for _, wrong in slips)
    assert caught >= 180


def test_no_dictionary_is_read_before_a_word_is_looked_up() -> None:
    """A gateway that nobody edits in does not pay for it."""
    asked = (
        "import bot.app\n"
        "from simplemma.strategies.dictionaries import stream_dictionary_factory as s\n"
        "from bot.texts import spelling\n"
        "read = []\n"
        "old = s.StreamMap.__init__\n"
        "s.StreamMap.__init__ = lambda self, lang: (read.append(lang), old(self, lang))[1]\n"
        "assert read == []\n"
        "spelling.is_known('es', 'casa')\n"
        "assert read == ['es'], read\n"
    )
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=ROOT)
