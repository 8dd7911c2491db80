"""Catalogues that a machine made up: read alike by both readers, taken up whole or not at all, never half."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.phrasing import CatalogueError, Catalogues, read_catalogue
from bot.texts import files, look, po, sayable
from bot.texts.check import Checker
from connectors.telegram import LIMITS as TELEGRAM
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.conftest import ROOT

LOCALES = ROOT / "locales"
SPANISH = files.texts(files.catalogue(LOCALES, "es"))
CHECKER = Checker({"whatsapp": WHATSAPP, "telegram": TELEGRAM})
HOME = "es_VE"

LETTERS = st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), whitelist_characters="\n\t")
ANY = st.text(LETTERS, min_size=1, max_size=60)
PLAIN = st.sampled_from(["Listo.", "Aquí te leo.", "Te leo, sigo aquí.", "A la orden.", "¿Sí?"])
KEYS = st.sampled_from(sorted(key for key in SPANISH if sayable.is_said(key)))
TEXTS = st.dictionaries(KEYS, PLAIN | ANY, max_size=6)
NOTES = st.lists(st.sampled_from(["Una nota.", "es: Hola.", "largo: hasta 20 caracteres"]), max_size=2)


def source(texts: Mapping[str, str], notes: list[str]) -> str:
    """A PO file with these texts."""
    head = 'msgid ""\nmsgstr ""\n"Language: es_VE\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    blocks = [
        "\n".join(
            [*(f"#. {note}" for note in notes), *po.quoted("msgid", key), *po.quoted("msgstr", text), ""]
        )
        for key, text in texts.items()
    ]
    return "\n".join([head, *blocks])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Spanish catalogues and an empty one of a region."""
    folder = tmp_path_factory.mktemp("generated") / "locales"
    shutil.copytree(LOCALES / "es", folder / "es")
    files.catalogue(folder, HOME).parent.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def gate(folder: Path) -> files.Gate:
    """One for all examples: the Spanish file, which nobody changes here, is judged once."""
    files.catalogue(folder, HOME).write_text("", encoding="utf-8")  # not what another test left there
    gate = files.Gate(CHECKER, (), HOME)
    assert gate(folder) == []
    return gate


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, notes=NOTES)
def test_both_readers_read_the_same(texts: dict[str, str], notes: list[str], folder: Path) -> None:
    """What an editor's page shows is what Babel gives to the phone: quotes, tabs, line breaks and all."""
    path = files.catalogue(folder, HOME)
    path.write_text(source(texts, notes), encoding="utf-8")
    assert files.texts(path) == texts
    assert read_catalogue(path) == texts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saves=st.lists(TEXTS, min_size=1, max_size=4))
def test_a_saved_catalogue_is_taken_up_whole_or_not_at_all(
    saves: list[dict[str, str]], folder: Path, gate: files.Gate
) -> None:
    """After each save people are told the last good version, text by text; what is refused says which key and why."""
    path = files.catalogue(folder, HOME)
    path.write_text("", encoding="utf-8")
    catalogues = Catalogues(folder, served=(), gate=gate, home=HOME)
    good: dict[str, str] = {}
    for number, texts in enumerate(saves):
        path.write_text(source(texts, []) + f"\n# {'x' * number}\n", encoding="utf-8")
        catalogues.refresh()
        errors = [
            f for f in CHECKER.file(HOME, "messages", path.read_text("utf-8"), {}) if f.level == "error"
        ]
        assert {(one.key, one.code) for one in catalogues.refused} == {(f.key, f.code) for f in errors}
        good = good if errors else texts
        for key in {*texts, *good, "say.hello"}:
            assert catalogues.text(key, "es") == good.get(key, SPANISH[key])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_what_passes_fits_every_telephone(texts: dict[str, str], folder: Path) -> None:
    """A generated catalogue without an error is shown in one message a text, on each channel."""
    found = CHECKER.file(HOME, "messages", source(texts, []), SPANISH)
    assume(texts and not any(f.level == "error" for f in found))
    trial = Catalogues(folder, served=()).written(HOME, texts)
    for key in texts:
        for phone in look.phones(trial, HOME, key, CHECKER.limits):
            assert len(phone.messages) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.dictionaries(KEYS, ANY, min_size=1, max_size=3), cut=st.integers(min_value=1, max_value=400))
def test_a_file_cut_anywhere_is_read_as_it_is_or_refused(
    texts: dict[str, str], cut: int, folder: Path
) -> None:
    """A half-written file never gives a text that nobody wrote, but for a message whose last lines are missing."""
    whole = source(texts, [])
    path = files.catalogue(folder, HOME)
    path.write_text(whole[: max(0, len(whole) - cut)], encoding="utf-8")
    try:
        read = read_catalogue(path)
    except CatalogueError:
        return
    for key, text in read.items():
        assert any(key == known and whole_text.startswith(text) for known, whole_text in texts.items())
