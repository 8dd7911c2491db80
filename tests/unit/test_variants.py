"""Variants of Spanish: a region, a form of address, or both; each holds only what it says otherwise."""

from __future__ import annotations

import gettext
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import recordings
from bot.config import UnsafeSettingsError, load
from bot.phrasing import Catalogues, Phrasing
from bot.recordings import Recordings
from bot.rendering import prove
from bot.texts import files, po, rules, sayable, template, variants
from bot.texts.check import PLACEHOLDER, Checker
from connectors import sms, telegram, whatsapp
from tests.conftest import ROOT
from tests.peers.opus import silence

LOCALES = ROOT / "locales"
CHECKER = Checker({"whatsapp": whatsapp.LIMITS, "telegram": telegram.LIMITS})
TU = files.texts(files.catalogue(LOCALES, "es"))
USTED = files.texts(files.catalogue(LOCALES, "es@usted"))
TERRITORIES = st.sampled_from(["", "_VE", "_PE"])
FORMS = st.sampled_from(["", "@usted"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogues."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    return tmp_path / "locales"


def write(folder: Path, locale: str, key: str, text: str, *, made_from: str | None = None) -> None:
    """One more text in a variant."""
    path = files.catalogue(folder, locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    note = [] if made_from is None else [f"#. es: {po.one_line(made_from)}"]
    block = [*note, *po.quoted("msgid", key), *po.quoted("msgstr", text)]
    path.write_text("\n".join([old, *block]) + "\n", encoding="utf-8")


def change(folder: Path, locale: str, key: str, text: str) -> None:
    path = files.catalogue(folder, locale)
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), key, text), encoding="utf-8")


def errors(folder: Path) -> list[tuple[str, str, str]]:
    """File, key and code of every error."""
    return [(f.file, f.key, f.code) for f in files.check(CHECKER, folder) if f.level == "error"]


# ── Names and their order ───────────────────────────────────────────────────────────────────────────────────


@given(territory=TERRITORIES, form=FORMS)
def test_the_order_is_that_of_gettext(territory: str, form: str) -> None:
    """Poedit, Weblate and the standard library look in the same places in the same order."""
    name = f"es{territory}{form}"
    theirs = [one for one in gettext._expand_lang(name) if "ISO" not in one and "_ES" not in one]  # type: ignore[attr-defined]
    assert list(variants.chain(name)) == theirs


@given(
    locale=st.builds("es{}{}".format, TERRITORIES, FORMS), home=st.builds("es{}{}".format, TERRITORIES, FORMS)
)
def test_home_fills_in_what_a_name_leaves_open(locale: str, home: str) -> None:
    """What a person's own name says stays; Spanish, plain, is always the last resort."""
    filled = variants.parts(variants.filled(locale, home))
    mine, ours = variants.parts(locale), variants.parts(home)
    assert filled.territory == (mine.territory or ours.territory)
    assert filled.modifier == (mine.modifier or ours.modifier)
    assert variants.chain(locale, home)[0] == filled.name
    assert variants.chain(locale, home)[-1] == "es"
    assert variants.chain("pt", home) == ("pt", *variants.chain(home))


# ── tú and usted ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_text_that_says_tu_is_there_with_usted_and_no_other() -> None:
    """The choice is whole, and holds only what differs."""
    speaking = {key for key, text in TU.items() if rules.calls("es", "tu", key, text)}
    assert speaking == set(USTED)
    assert len(speaking) > 400
    assert [key for key in USTED if USTED[key] == TU[key]] == []


def test_usted_fits_and_fills_in_the_same_values() -> None:
    """Nothing is cut on any channel, and no value is lost."""
    proof = prove(
        Catalogues(LOCALES), {"whatsapp": whatsapp.LIMITS, "telegram": telegram.LIMITS, "sms": sms.LIMITS}
    )
    assert proof.faults == ()
    assert "es@usted" in Catalogues(LOCALES).locales
    for key, text in USTED.items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(TU[key])), key


MIXED = [
    ("es@usted", "say.bye", "Chao, cuídate."),
    ("es@usted", "say.thanks", "Gracias a ti."),
    ("es@usted", "ask.P2", "¿Cuántos años tienes?"),
    ("es@usted", "again.X_help", "Si no, escribe lo que necesite."),
    ("es@usted", "why.X_check", "Prefiero preguntar que dejarte sin ayuda."),
    ("es@usted", "stale.question", "Tocaste la respuesta de antes:"),
    ("es@usted", "ask.Q18.past", "¿Dependías de esa persona?"),
    ("es", "say.thanks", "Gracias a usted."),
    ("es", "say.bye", "Chao, cuídese."),
    ("es", "say.unclear_numbers", "Perdona. Responda con un número."),
    ("es_VE", "say.thanks", "Gracias a usted."),
]  # fmt: skip


@pytest.mark.parametrize(("locale", "key", "text"), MIXED)
def test_forms_are_not_mixed(locale: str, key: str, text: str) -> None:
    """Each slip is named with its words, why, and what to write; the text that stands there passes."""
    around = files.source(LOCALES, locale) if locale != "es" else TU
    (params,) = [p for _, code, p in CHECKER.text(locale, key, text, around) if code == "mixed"]
    assert params["words"] in text
    assert params["why"]
    assert params["instead"]
    now = USTED[key] if "@" in locale else TU[key]
    assert not [code for _, code, _ in CHECKER.text(locale, key, now, around) if code == "mixed"]


@pytest.mark.parametrize(
    "text",
    [
        "📞 1810: cuida a niñas y niños.",
        "Existe una línea para eso, y su suerte no depende de ella.",
        "Escriba «atrás» o pida «ayúdame».",
        "Así la persona que escribe no espera.",
        "Recibe denuncias en comisarías.",
    ],
)
def test_what_speaks_of_others_is_no_slip(text: str) -> None:
    """«Ella escribe» is no order, and quoted words are somebody else's."""
    assert rules.calls("es@usted", "tu", "why.other", text) == ""


def test_a_text_without_its_counterpart_is_an_error_that_names_it(folder: Path) -> None:
    """Missing, then written; in a region the same."""
    change(folder, "es", "say.hello", "Hola, aquí te leo.")
    assert ("es@usted/LC_MESSAGES/messages.po", "say.hello", "address_missing") in errors(folder)
    write(folder, "es@usted", "say.hello", "Hola, aquí le leo.", made_from="Hola, aquí te leo.")
    assert errors(folder) == []
    write(folder, "es_VE", "lead.ask", "Oye, dime otra cosa:")
    assert errors(folder) == [("es_VE@usted/LC_MESSAGES/messages.po", "lead.ask", "address_missing")]
    write(folder, "es_VE@usted", "lead.ask", "Oiga, otra cosa:")
    assert errors(folder) == []


def test_a_text_that_its_source_left_behind_is_an_error(folder: Path) -> None:
    """As a stale translation, but nobody waits for a translator: before and after ``faro locales update``."""
    change(folder, "es", "say.thanks", "Muchas gracias a ti.")
    assert errors(folder) == [("es@usted/LC_MESSAGES/messages.po", "say.thanks", "stale")]
    path = files.catalogue(folder, "es@usted")
    path.write_text(path.read_text().replace("#. es: Gracias a ti.", "#. es: Muchas gracias a ti.\n#, fuzzy"))
    assert errors(folder) == [("es@usted/LC_MESSAGES/messages.po", "say.thanks", "stale")]
    assert files.Gate(CHECKER, home="es@usted")(folder) == [], "what is stale does not keep a saved text out"


def test_a_stale_text_of_safety_is_not_said(folder: Path) -> None:
    """A line that changed must reach everybody: what was made from the old text waits, in every language."""
    key = "minor.lines"
    assert rules.is_safety(key)
    usted = Catalogues(folder, served=(), held_back=rules.is_safety, home="es@usted")
    assert usted.text(key, "es") == USTED[key]
    change(folder, "es", key, "Si necesitas hablar: 📞 1810 o 📞 100.")
    usted.refresh()
    assert usted.text(key, "es") == "Si necesitas hablar: 📞 1810 o 📞 100."


def test_the_setting_reaches_everybody_who_reads_spanish() -> None:
    """Whoever chose Spanish, whoever lacks a text in another language; a region keeps its own words."""
    usted = Catalogues(LOCALES, served={"en"}, held_back=rules.is_safety, home=load({}, address="usted").home)
    assert usted.text("say.thanks", "es") == "Gracias a usted."
    assert usted.text("say.thanks", "es_VE") == "Gracias a usted."
    assert usted.text("emergency.medical", "en") == USTED["emergency.medical"], (
        "not reviewed: Spanish, as here"
    )
    assert usted.text("say.hello", "es") == TU["say.hello"]
    plain = Catalogues(LOCALES, served=(), home=load({}).home)
    assert plain.text("say.thanks", "es") == TU["say.thanks"]
    assert plain.text("console.queue.title", "es") == usted.text("console.queue.title", "es")


def test_a_form_without_its_catalogue_is_refused(folder: Path) -> None:
    """The service does not start to call people tú where an operator asked for usted."""
    assert load({}, address="usted", locales=folder).home == "es@usted"
    shutil.rmtree(folder / "es@usted")
    with pytest.raises(UnsafeSettingsError, match="FARO_ADDRESS=usted"):
        load({}, address="usted", locales=folder)
    with pytest.raises(UnsafeSettingsError, match="FARO_ADDRESS"):
        load({}, address="vos")


def test_form_and_region_go_together(folder: Path) -> None:
    """The form counts more than the region: the right form without the region's word, never the other way round."""
    write(folder, "es_VE", "say.hello", "Epa, aquí estoy.")
    write(folder, "es_VE", "say.thanks", "A la orden, gracias a ti.")
    home = load({}, locale="es_VE", address="usted", locales=folder).home
    both = Catalogues(folder, served=(), home=home)
    assert home == "es_VE@usted"
    assert both.text("say.hello", "es_VE") == both.text("say.hello", "es") == "Epa, aquí estoy."
    assert both.text("say.thanks", "es_VE") == "Gracias a usted."
    write(folder, "es_VE@usted", "say.thanks", "A la orden, gracias a usted.")
    both.refresh()
    assert both.text("say.thanks", "es") == "A la orden, gracias a usted."
    assert both.text("say.bye", "es") == USTED["say.bye"]


def test_a_variant_that_nobody_here_reads_keeps_nothing_out(folder: Path) -> None:
    """Its file may be broken, and Spanish goes live all the same; where it is read it is refused."""
    files.catalogue(folder, "es@usted").write_text('msgid "say.bye"\nmsgstr "abierto\n', encoding="utf-8")
    assert files.Gate(CHECKER, ())(folder) == []
    assert Catalogues(folder, served=()).text("say.bye", "es") == TU["say.bye"]
    (refused,) = files.Gate(CHECKER, (), "es@usted")(folder)
    assert (refused.file, refused.code) == ("es@usted/LC_MESSAGES/messages.po", "unreadable")


def test_a_region_may_begin_with_an_empty_file(folder: Path) -> None:
    """As the guide for editors has it."""
    path = files.catalogue(folder, "es_PE")
    path.parent.mkdir(parents=True)
    path.write_text("", encoding="utf-8")
    home = load({}, locale="es_PE", locales=folder).home
    assert files.Gate(CHECKER, (), home)(folder) == []
    assert Catalogues(folder, served=(), home=home).text("say.thanks", "es") == TU["say.thanks"]


# ── Recordings ──────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_hears_tu_who_reads_usted(folder: Path) -> None:
    """The recording belongs to the text that is said; where both forms say the same it is the same."""
    for locale, key in (("es", "ask.Q07"), ("es", "ask.Q13_which")):
        record(folder, locale, key, TU[key])
    usted = heard(folder, "es@usted")
    assert usted("ask.Q07") == ""
    assert heard(folder, "es")("ask.Q07") == "es/ask.Q07"
    assert usted("ask.Q13_which") == "es/ask.Q13_which"
    record(folder, "es@usted", "ask.Q07", USTED["ask.Q07"])
    assert heard(folder, "es@usted")("ask.Q07") == "es@usted/ask.Q07"
    assert heard(folder, "es")("ask.Q07") == "es/ask.Q07"
    change(folder, "es@usted", "ask.Q07", "¿A usted le pagan menos?")
    assert heard(folder, "es@usted")("ask.Q07") == ""
    assert [(f.file, f.code) for f in files.recorded(folder)] == [
        ("es@usted/audio/ask.Q07.ogg", "recording_stale")
    ]


def record(folder: Path, locale: str, key: str, spoken: str) -> None:
    audio = folder / locale / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    (audio / f"{key}.ogg").write_bytes(silence(0.2))
    recordings.spoken_now(audio, key, spoken)


def heard(folder: Path, home: str):  # type: ignore[no-untyped-def]  # key → name of the recording that is offered
    phrasing = Phrasing(Catalogues(folder, home=home), recordings=Recordings(folder))
    return lambda key: phrasing.recording({"say": key, "about": key[4:]}, "es", telegram.LIMITS)


# ── No gender ───────────────────────────────────────────────────────────────────────────────────────────────

GENDERED = [
    ("es", "¿Estás sola ahora?"),
    ("es", "Si te sientes segura, escribe."),
    ("es", "Bienvenida."),
    ("es", "¿Te tienen encerrado?"),
    ("es", "Estás obligada a nada."),
    ("es", "Cuando estés listo, seguimos."),
    ("es", "Sí, estoy sola"),
    ("es", "Amiga, gracias."),
    ("es@usted", "¿Está sola ahora?"),
    ("es@usted", "Si usted está cansado, paramos."),
    ("es_VE", "¿Estás muy cansada?"),
]  # fmt: skip


@pytest.mark.parametrize(("locale", "text"), GENDERED)
def test_who_reads_is_neither_he_nor_she(locale: str, text: str) -> None:
    """Named with a form without gender to write instead."""
    found = [p for _, code, p in CHECKER.text(locale, "why.other", text, {}) if code == "banned"]
    assert any("sin género" in params["instead"] for params in found), text


@pytest.mark.parametrize("locale", ["es", "es@usted"])
def test_the_committed_texts_are_neutral(locale: str) -> None:
    """And so they stay."""
    rule = next(b for b in rules.words(locale).banned if "sin género" in b.instead and "a solas" in b.instead)
    texts = files.texts(files.catalogue(LOCALES, locale))
    assert {key: found for key, text in texts.items() if (found := rule.found(key, text))} == {}
    neutral = (
        "Que te hayan engañado no es tu culpa.",
        "No tienes que pasar por esto a solas.",
        "Está garantizado.",
    )
    assert [text for text in neutral if rule.found("why.other", text)] == []


def test_every_text_says_where_it_is_shown_and_in_spanish() -> None:
    """Editors and translators read Spanish: no text without a note, and no note in English."""
    for entry in files.entries(files.catalogue(LOCALES, "es")):
        assert template.context(entry), f"{entry.key}: write where it is shown"
        english = re.search(
            r"\b(the|and|with|when|person|question|after)\b", " ".join(template.context(entry))
        )
        assert english is None, f"{entry.key}: {english}"


def test_a_variant_is_asked_only_for_what_it_says() -> None:
    """A region with one text lacks nothing; what nobody says is still told."""
    source = 'msgid "say.thanks"\nmsgstr "A la orden."\n\nmsgid "say.nobody"\nmsgstr "Hola."\n'
    found = CHECKER.file("es_VE", "messages", source, TU)
    assert [(f.code, f.key) for f in found] == [("unused", "say.nobody")]
    assert sayable.is_said("say.thanks")
