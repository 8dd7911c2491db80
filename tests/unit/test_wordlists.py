"""Short answers in every language, exit words of the editors, and files that change while Faro runs."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from bot.choices import fold, load_words, match
from bot.screening.model import load
from bot.screening.script import compile_script
from bot.wordlists import ANSWERS, WordLists, merge
from tests.conftest import ROOT

LISTS = WordLists(ROOT / "locales")
QUESTION = [
    {"id": f"Q07.{value}", "title": title, "value": {"q": "Q07", "v": value}}
    for value, title in (("yes", "Sí"), ("no", "No"), ("unsure", "No sé"), ("declined", "Prefiero no decir"))
]
LANGUAGES = ("es", "en", "pt", "ht")


@pytest.mark.parametrize("locale", [*LANGUAGES, "es_VE", "xx"])
@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Sí", "yes"), ("yes", "yes"), ("Sim!", "yes"), ("wi", "yes"), ("👍", "yes"),
        ("no", "no"), ("Não", "no"), ("non", "no"), ("nope", "no"),
        ("no sé", "unsure"), ("I don't know", "unsure"), ("não sei", "unsure"), ("m pa konnen", "unsure"),
        ("prefiro não dizer", "declined"), ("skip", "declined"), ("m pito pa di", "declined"),
    ],
)  # fmt: skip
def test_yes_and_no_count_in_every_language(locale: str, said: str, value: str) -> None:
    """Whoever reads English still writes "sí", and the reverse."""
    found = match(said, QUESTION, LISTS(locale), multi=False)
    assert found is not None
    assert found[0]["v"] == value


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_word_means_two_things(locale: str) -> None:
    """A swapped answer may cost a life: no word is in two of the lists."""
    words = LISTS(locale)
    for one in ANSWERS:
        for other in ANSWERS:
            assert one == other or not words[one] & words[other], (one, other)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_way_back_is_known_in_every_language(locale: str) -> None:
    """ "Sí, soy yo" and what it is elsewhere."""
    for said in ("sí, soy yo", "Soy yo", "yes, it's me", "sim, sou eu", "wi se mwen"):
        assert fold(said) in LISTS(locale)["unlock"]


def test_spanish_words_for_choices_count_beside_those_of_the_language() -> None:
    """What only the Spanish file holds is understood whatever language is read."""
    assert "seguimos" in LISTS("ht")["P1.yes"]


def _write(folder: Path, locale: str, text: str, tick: int) -> None:
    path = folder / locale / "answers.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(tick, tick))


def test_a_saved_list_counts_within_a_second_and_a_broken_one_does_not(tmp_path: Path) -> None:
    """Editors add an exit word without a restart; a slip leaves the words of before."""
    now = [0.0]
    _write(tmp_path, "es", "exit: [empanada]", 1)
    lists = WordLists(tmp_path, clock=lambda: now[0])
    assert lists("es")["exit"] == {"empanada"}
    _write(tmp_path, "pt", "exit: [Coxinha]", 2)
    assert lists("es")["exit"] == {"empanada"}  # looked for once a second at most
    now[0] = 1.5
    assert lists("es")["exit"] == lists("pt")["exit"] == {"empanada", "coxinha"}
    for number, broken in enumerate(("exit: [empanada", "- a\n- b", "exit: 3", "exit: [[a]]")):
        _write(tmp_path, "es", broken, 10 + number)
        now[0] += 1.5
        assert lists("es")["exit"] == {"empanada", "coxinha"}, broken
    (tmp_path / "pt" / "answers.yml").unlink()
    now[0] += 1.5
    assert lists("es")["exit"] == {"empanada"}


def test_what_two_languages_claim_belongs_to_the_first() -> None:
    """Her own language first, then Spanish."""
    files = {
        "es": {"yes": frozenset({"si"}), "no": frozenset({"no"})},
        "xx": {"yes": frozenset({"no"}), "no": frozenset({"si", "nee"})},
    }
    assert merge(files, "es")["no"] == {"no", "nee"}
    assert merge(files, "xx")["yes"] == {"no"}


@pytest.mark.parametrize("locale", ["es", "en", "pt", "ht"])
def test_every_word_belongs_to_a_choice_that_there_is_and_to_one_only(locale: str) -> None:
    """A line for a question or an answer that is gone would never count; a word under two answers, by chance."""
    words = load_words(ROOT / "locales", locale)
    questions = compile_script(load()).questions
    own = [key.split(".") for key in words if "." in key]
    assert [(q, v) for q, v in own if q not in questions or v not in questions[q].values] == []
    for q in {q for q, _ in own}:
        said = Counter(word for code, v in own if code == q for word in words[f"{q}.{v}"])
        assert [word for word, times in said.items() if times > 1] == [], q


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("Q07", "nada", "yes"), ("Q07", "No me pagan nada.", "yes"), ("Q07", "sí me pagan completo", "no"),
        ("Q09", "no hay agua", "yes"), ("Q10", "no me los da", "yes"), ("Q10", "yo los tengo", "no"),
        ("Q01", "igualito", "no"), ("Q01", "nada que ver", "yes"), ("Q05", "no tenía otra salida", "yes"),
        ("Q19", "no conozco a nadie", "yes"), ("Q08", "no me queda nada", "yes"), ("Q07", "no", "no"),
    ],
)  # fmt: skip
def test_a_no_in_the_words_may_be_a_yes_to_the_question(code: str, text: str, value: str) -> None:
    """What answers one question, and would say the reverse elsewhere, is read with the question in mind."""
    shown = [{**choice, "value": {"q": code, "v": choice["value"]["v"]}} for choice in QUESTION]
    found = match(text, shown, LISTS("es"), multi=False)
    assert found == ({"q": code, "v": value}, "word")
