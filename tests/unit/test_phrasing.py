"""Keys become words, buttons, lists or numbered text; a broken catalogue never silences Faro."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.layout import split
from bot.phrasing import CatalogueError, Catalogues, MissingTextError, Phrasing
from bot.texts import rules
from connectors.base import Limits
from connectors.telegram import LIMITS as TELEGRAM
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.bench import buttons
from tests.conftest import ROOT

SMS = Limits(text=160, text_with_choices=160, buttons=0, button_title=0)
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
TEXTS = {
    "ask.Q07": "¿Te pagan menos de lo acordado?",
    "choice.yes": "Sí",
    "choice.no": "No",
    "choice.unsure": "No sé",
    "choice.declined": "Prefiero no decir",
    "choice.more": "Otra respuesta",
    "choice.long": "Un título demasiado largo para cualquier botón o lista",
    "list.label": "Ver respuestas",
    "numbered.hint": "Responde con un número.",
    "human.joined": "Hola, soy {alias}. {otra}",
}


def _write(folder: Path, texts: dict[str, str], locale: str = "es") -> Path:
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        HEAD + "".join(f'msgid "{k}"\nmsgstr "{v}"\n\n' for k, v in texts.items()), encoding="utf-8"
    )
    return path


@pytest.fixture
def phrasing(tmp_path: Path) -> Phrasing:
    _write(tmp_path, TEXTS)
    return Phrasing(Catalogues(tmp_path))


def _act(*values: str) -> dict[str, object]:
    choices = [{"id": f"Q07.{v}", "key": f"choice.{v}", "value": {"q": "Q07", "v": v}} for v in values]
    return {"say": "ask.Q07", "choices": choices}


def test_four_answers_on_three_buttons(phrasing: Phrasing) -> None:
    """WhatsApp shows yes, no and a way to the rest; Telegram shows all four."""
    (whatsapp,) = phrasing.render(_act("yes", "no", "unsure", "declined"), "es", WHATSAPP)
    assert [(c.id, c.title) for c in whatsapp.choices] == [
        ("Q07.yes", "Sí"),
        ("Q07.no", "No"),
        ("Q07.more", "Otra respuesta"),
    ]
    assert whatsapp.layout == "buttons"
    (telegram,) = phrasing.render(_act("yes", "no", "unsure", "declined"), "es", TELEGRAM)
    assert [c.title for c in telegram.choices] == ["Sí", "No", "No sé", "Prefiero no decir"]


def test_numbers_are_shown_beside_buttons_where_they_are_wanted(phrasing: Phrasing) -> None:
    """After two misunderstandings: every choice by its number in the text, and the buttons as always."""
    act = {**_act("yes", "no", "unsure", "declined"), "numbers": True}
    (whatsapp,) = phrasing.render(act, "es", WHATSAPP)
    assert whatsapp.text.endswith("1. Sí\n2. No\n3. No sé\n4. Prefiero no decir")
    assert len(whatsapp.choices) == 3
    whole = "\n".join(message.text for message in phrasing.render(act, "es", SMS))
    assert whole.count("1. Sí") == 1


def test_more_choices_become_a_list(phrasing: Phrasing) -> None:
    """Four choices that are not yes and no fit WhatsApp's list picker."""
    (message,) = phrasing.render(_act("unsure", "no", "yes", "declined"), "es", WHATSAPP)
    assert message.layout == "list"
    assert message.list_label == "Ver respuestas"
    assert len(message.choices) == 4


@pytest.mark.parametrize(("limits", "values"), [(SMS, ("yes", "no")), (WHATSAPP, ("yes", "long"))])
def test_what_fits_nowhere_is_numbered(phrasing: Phrasing, limits: Limits, values: tuple[str, ...]) -> None:
    """No buttons, or a title too long for them: the text itself names the choices."""
    messages = phrasing.render(_act(*values), "es", limits)
    whole = "\n".join(message.text for message in messages)
    assert "1. Sí" in whole
    assert "2. " in whole
    assert all(message.choices == () and message.layout == "plain" for message in messages)
    assert all(len(message.text) <= limits.text for message in messages)


def test_only_known_parameters_are_filled(phrasing: Phrasing) -> None:
    """A stray brace in a phrase must not lose the message."""
    (message,) = phrasing.render({"say": "human.joined", "params": {"alias": "Luna"}}, "es", WHATSAPP)
    assert message.text == "Hola, soy Luna. {otra}"


def test_every_language_falls_back_to_spanish(phrasing: Phrasing) -> None:
    """A text that nobody translated is said in Spanish; one that nobody wrote is an error."""
    assert phrasing.catalogues.text("choice.yes", "es_VE") == "Sí"
    assert phrasing.catalogues.text("choice.yes", "pt") == "Sí"
    with pytest.raises(MissingTextError):
        phrasing.catalogues.text("ask.Q99", "es")


def test_a_saved_catalogue_goes_live_and_a_broken_one_does_not(tmp_path: Path) -> None:
    """Editors see their change without a restart; a file that cannot be read leaves the old words in place."""
    path = _write(tmp_path, TEXTS)
    now = [0.0]
    catalogues = Catalogues(tmp_path, clock=lambda: now[0])
    _write(tmp_path, {**TEXTS, "choice.yes": "Claro que sí"})
    assert catalogues.text("choice.yes", "es") == "Sí"  # looked for once a second at most
    now[0] = 2.0
    assert catalogues.text("choice.yes", "es") == "Claro que sí"
    path.write_text(HEAD + 'msgid "choice.yes"\nmsgstr "roto\n', encoding="utf-8")
    now[0] = 4.0
    assert catalogues.text("choice.yes", "es") == "Claro que sí"
    with pytest.raises(CatalogueError, match="messages.po of es"):
        Catalogues(tmp_path)


@pytest.mark.parametrize("limit", [10, 37, 160])
def test_splitting_loses_nothing(limit: int) -> None:
    """Every word of a long text is still there, in order, in parts that fit."""
    text = "Una línea corta.\n\nOtra idea que sigue aquí.\nY " + "palabra " * 30 + "x" * 50
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_the_real_catalogue_reads() -> None:
    """The Spanish catalogue that ships is whole."""
    assert "start.hello" in Catalogues(ROOT / "locales").keys("es")


@pytest.mark.parametrize("locale", ["es", "en", "pt", "ht"])
def test_no_first_line_of_anything_alarms(locale: str) -> None:
    """A locked telephone shows the first line: a neutral one stands before what would alarm, in every language."""
    phrasing = Phrasing(Catalogues(ROOT / "locales"))
    keys = [key for key in phrasing.catalogues.keys("es") if not key.startswith(("console.", "choice."))]
    for key in keys:
        for about in ("", "Q07"):
            (first, *_) = phrasing.render({"say": key, "about": about}, locale, WHATSAPP)
            assert not rules.alarms(first.text.split("\n")[0], locale), first.text


def test_a_question_is_led_in_as_a_question(phrasing: Phrasing, tmp_path: Path) -> None:
    """What begins harmlessly stays as it was written."""
    _write(tmp_path, {**TEXTS, "ask.Q07": "¿Te amenazan?", "lead.ask": "Otra:", "lead.say": "Te cuento:"})
    led = Phrasing(Catalogues(tmp_path))
    (message,) = led.render(_act("yes", "no"), "es", WHATSAPP)
    assert message.text == "Otra:\n¿Te amenazan?"
    assert led.render({"say": "ask.Q07"}, "es", WHATSAPP)[0].text == "Te cuento:\n¿Te amenazan?"
    assert phrasing.render(_act("yes", "no"), "es", WHATSAPP)[0].text == TEXTS["ask.Q07"]


def test_buttons_cost_less_than_a_list() -> None:
    """Decision 7, counted on what is really sent: fewer taps and words for yes and no, never more taps for the rest."""
    for value in ("yes", "no", "unsure", "declined"):
        taps, words, _ = buttons.cost("buttons", value)
        listed, read, _ = buttons.cost("list", value)
        assert taps <= listed
        if value in ("yes", "no"):
            assert (taps, listed) == (1, 2)
            assert words < read
