"""English, Portuguese and Haitian Creole: there, waiting for native readers, and served only where somebody says so.

What staff read is served as soon as it stands there: English, whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.config import UnsafeSettingsError, load
from bot.phrasing import STAFF, Catalogues
from bot.texts import files, po, rules, sayable
from bot.texts.check import PLACEHOLDER, Checker, one_line
from tests.conftest import ROOT

LOCALES = ROOT / "locales"
OTHERS = ("en", "pt", "ht")
SPANISH = files.texts(files.catalogue(LOCALES, "es"))
CONSOLES = files.locales(LOCALES, STAFF)[1:]
NOTHING = po.Entry("", "", 1, 1, 1)
GRAVE, PLAIN = "emergency.danger", "say.thanks"


def entries(locale: str) -> dict[str, po.Entry]:
    source = files.catalogue(LOCALES, locale).read_text(encoding="utf-8")
    return {entry.key: entry for entry in po.parse(source)}


def staff_texts(locale: str) -> dict[str, po.Entry]:
    source = files.catalogue(LOCALES, locale, STAFF).read_text(encoding="utf-8")
    return {entry.key: entry for entry in po.parse(source)}


@pytest.mark.parametrize("locale", OTHERS)
def test_each_language_is_whole(locale: str) -> None:
    """All that is of safety, and nearly all of the rest: a developer's newest key may wait for its translator."""
    mine = entries(locale)
    missing = {key for key in SPANISH if sayable.is_said(key) and not (mine.get(key) or NOTHING).text}
    assert {key for key in missing if rules.is_safety(key)} == set()
    assert len(missing) <= len(SPANISH) * 0.03, sorted(missing)


@pytest.mark.parametrize("locale", CONSOLES)
def test_each_console_is_whole(locale: str) -> None:
    """Not one text of the console is missing or stale in a language that staff can choose: run ``faro locales update``.

    Same keys in the same order, same values filled in, and what the translator saw is what the Spanish says now.
    """
    spanish, mine = staff_texts("es"), staff_texts(locale)
    assert [key for key in spanish if not (mine.get(key) or NOTHING).text] == [], "write these texts"
    assert list(mine) == list(spanish), "run faro locales update"
    for key, entry in mine.items():
        assert sorted(set(PLACEHOLDER.findall(entry.text))) == sorted(
            set(PLACEHOLDER.findall(spanish[key].text))
        ), key
        assert f"es: {one_line(spanish[key].text)}" in entry.notes, f"{key}: the Spanish changed"


def test_english_staff_have_a_console() -> None:
    """The languages that the console promises."""
    assert "en" in CONSOLES
    assert Catalogues(LOCALES).consoles == ("en", "es")


@pytest.mark.parametrize("locale", CONSOLES)
def test_staff_read_their_language_whether_chatters_do_or_not(locale: str) -> None:
    """``FARO_LOCALES_SERVED`` is about chatters: no language is offered to them because staff can read it."""
    silent = Catalogues(LOCALES, served=(), held_back=rules.is_safety)
    key = "console.queue.title"
    assert silent.text(key, locale) == staff_texts(locale)[key].text != staff_texts("es")[key].text
    assert silent.text("human.role.responder", locale) == SPANISH["human.role.responder"]
    assert silent.locales == ("es",)


def test_a_broken_console_is_kept_out_in_every_language(tmp_path: Path) -> None:
    """An error in a catalogue that staff read is refused, though no chatter is served in its language."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    gate = files.Gate(Checker({}), served=())
    assert gate(tmp_path / "locales") == []
    path = files.catalogue(tmp_path / "locales", "en", STAFF)
    path.write_text(
        po.replaced(path.read_text(encoding="utf-8"), "console.queue.more", "{m} more"), encoding="utf-8"
    )
    assert [(one.key, one.code) for one in gate(tmp_path / "locales")] == [
        ("console.queue.more", "placeholder")
    ]


@pytest.mark.parametrize("locale", OTHERS)
def test_nobody_has_reviewed_them_yet_and_they_say_so(locale: str) -> None:
    """Translated with a language model's help: the mark goes when a native reader takes it away, one by one."""
    fuzzy = [entry.fuzzy for entry in entries(locale).values() if entry.text]
    assert sum(fuzzy) / len(fuzzy) > 0.5, "reviewed? then change this test and say who did it"


@pytest.mark.parametrize("locale", OTHERS)
def test_no_language_is_said_unless_a_setting_names_it(locale: str) -> None:
    """By default somebody who chose it reads Spanish."""
    silent = Catalogues(LOCALES, served=load({}).served, held_back=rules.is_safety)
    assert silent.text(PLAIN, locale) == SPANISH[PLAIN]
    served = Catalogues(LOCALES, served={locale}, held_back=rules.is_safety)
    assert served.text(PLAIN, locale) == entries(locale)[PLAIN].text != SPANISH[PLAIN]
    other = next(name for name in OTHERS if name != locale)
    assert served.text(PLAIN, other) == SPANISH[PLAIN]


@pytest.mark.parametrize("locale", OTHERS)
def test_a_text_of_safety_stays_spanish_until_it_was_reviewed(tmp_path: Path, locale: str) -> None:
    """A wrong word in an emergency can cost a life; a Spanish one that is right can be shown to somebody."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    path = files.catalogue(tmp_path / "locales", locale)
    mine = entries(locale)[GRAVE]
    now = [0.0]
    served = Catalogues(tmp_path / "locales", lambda: now[0], served={locale}, held_back=rules.is_safety)
    assert served.text(GRAVE, locale) == SPANISH[GRAVE]
    source = path.read_text(encoding="utf-8")
    path.write_text(po.replaced(source, GRAVE, mine.text, reviewed=True), encoding="utf-8")
    now[0] = 2.0
    assert served.text(GRAVE, locale) == mine.text


def test_a_variant_falls_back_to_its_language(tmp_path: Path) -> None:
    """es_VE says what it has of its own, and Spanish for the rest."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    path = files.catalogue(tmp_path / "locales", "es_VE")
    path.parent.mkdir(parents=True)
    path.write_text('msgid "say.thanks"\nmsgstr "A la orden."\n', encoding="utf-8")
    catalogues = Catalogues(tmp_path / "locales", served=(), held_back=rules.is_safety)
    assert catalogues.text("say.thanks", "es_PE") == SPANISH["say.thanks"]
    assert catalogues.text("say.hello", "es_VE") == SPANISH["say.hello"]
    served = Catalogues(tmp_path / "locales", served={"es"}, held_back=rules.is_safety)
    assert served.text("say.thanks", "es_VE") == "A la orden."


def test_a_language_without_a_catalogue_is_refused() -> None:
    """A mistyped setting would leave people with a language that nobody meant."""
    assert load({}, locales_served="en, pt").served == {"en", "pt"}
    for wrong in ("fr", "../es"):
        with pytest.raises(UnsafeSettingsError, match="FARO_LOCALES_SERVED"):
            load({}, locales_served=wrong)
