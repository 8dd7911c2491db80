"""A turn's acts as messages: why something comes in Spanish is said once, in the reader's language, and never in a cover."""

from __future__ import annotations

import pytest

from bot.draft import Draft, Shown
from bot.phrasing import IN_SPANISH, Catalogues, Phrasing
from bot.showing import show
from bot.texts import rules
from connectors.whatsapp import LIMITS
from tests.conftest import ROOT

PHRASING = Phrasing(Catalogues(ROOT / "locales", held_back=rules.is_safety))


def shown(locale: str, *keys: str, even_if_silent: bool = False) -> list[str]:
    draft = Draft("c", "whatsapp", locale, "bot", "", None, Shown(), True, None, False)
    for key in keys:
        draft.say(key, even_if_silent=even_if_silent)
    return [message.text for _, _, message in show(PHRASING, draft, LIMITS)]


@pytest.mark.parametrize("locale", ["en", "pt", "ht"])
def test_what_nobody_reviewed_comes_in_spanish_and_says_why_once(locale: str) -> None:
    """One line, in the reader's own language, before the first of them only."""
    why = PHRASING.catalogues.text(IN_SPANISH, locale)
    first, second = shown(locale, "emergency.danger", "handoff.emergency")
    assert first == f"{why}\n{PHRASING.catalogues.text('emergency.danger', 'es')}"
    assert second == PHRASING.catalogues.text("handoff.emergency", "es")
    assert why != PHRASING.catalogues.text(IN_SPANISH, "es")


@pytest.mark.parametrize("locale", ["es", "es@usted", "es_PE"])
def test_whoever_reads_spanish_is_told_nothing_of_it(locale: str) -> None:
    """Nor of a variant that leaves a text as it is."""
    assert shown(locale, "emergency.danger") == [PHRASING.catalogues.text("emergency.danger", locale)]


def test_a_text_of_their_own_language_needs_no_word() -> None:
    """Only what comes in Spanish is explained."""
    assert shown("ht", "ask.P2") == [PHRASING.catalogues.text("ask.P2", "ht")]


def test_a_cover_says_nothing_about_itself() -> None:
    """A recipe that explains its translation would be no cover."""
    assert shown("ht", "exit.cover", even_if_silent=True) == [PHRASING.catalogues.text("exit.cover", "es")]
