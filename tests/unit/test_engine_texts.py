"""The Spanish that people read: complete, short enough for a telephone, harmless on a lock screen, never a verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.screening import engine
from bot.screening.script import compile_script
from tests.unit.engine_chat import INSTRUMENTS

ROOT = Path(__file__).resolve().parents[2]
KEYS = engine.keys(INSTRUMENTS)
SCRIPT = compile_script(INSTRUMENTS)


def _read() -> dict[str, Message]:
    with (ROOT / "locales/es/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    return {str(message.id): message for message in catalogue if message.id}


MESSAGES = _read()
TEXT = {key: str(message.string) for key, message in MESSAGES.items()}


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?:])\s+|\n", text) if s.strip()]


def test_every_text_says_where_it_is_shown() -> None:
    """An editor without the code at hand finds the context beside each text."""
    assert [key for key, message in MESSAGES.items() if not message.auto_comments] == []


@pytest.mark.parametrize("code", sorted(SCRIPT.questions))
def test_choices_fit_their_buttons_and_differ(code: str) -> None:
    """Up to three choices, or yes/no and two more, are buttons of 20 characters; more are a list of 24."""
    question = SCRIPT.questions[code]
    titles = [TEXT[question.key(value)] for value in question.values]
    buttons = len(titles) <= 3 or (len(titles) == 4 and question.kind == "yesno")
    shown = [*titles[:2], TEXT["choice.more"]] if len(titles) == 4 and buttons else titles
    assert all(len(title) <= (20 if buttons else 24) for title in shown), titles
    assert len({title.casefold() for title in titles}) == len(titles)
    assert len(titles) <= 10


def test_labels_of_the_platform_fit() -> None:
    """The button that opens a list, and the one that shows more answers."""
    assert all(len(TEXT[key]) <= 20 for key in ("list.label", "choice.more", "choice.done"))


@pytest.mark.parametrize("key", sorted(TEXT))
def test_no_sentence_is_longer_than_25_words(key: str) -> None:
    """Written for who reads with trouble, in a hurry, or in fear."""
    assert [s for s in _sentences(TEXT[key]) if len(s.split()) > 25] == []
    assert len(TEXT[key]) <= 1024


def test_the_word_trata_stands_only_in_the_explanation() -> None:
    """It frightens, and many do not recognise themselves in it."""
    assert [key for key, text in TEXT.items() if re.search(r"\btrata\b", text, re.IGNORECASE)] == [
        "faq.trafficking"
    ]


@pytest.mark.parametrize(
    "key", sorted(k for k in TEXT if k.endswith(".lines.minor") or k.startswith("outcome.MR"))
)
def test_children_are_always_given_a_line(key: str) -> None:
    """Every word to a child in danger or at the end names a line for children, or an ambulance."""
    assert re.search(r"1810|106", TEXT[key])


@pytest.mark.parametrize("code", sorted(SCRIPT.questions))
def test_every_question_has_a_reason_and_other_words(code: str) -> None:
    """«¿Por qué?» and «no entiendo» are answered for each question by itself, and never with the same sentence."""
    assert TEXT[f"why.{code}"]
    for key in [key for key in TEXT if re.fullmatch(rf"again\.{code}(\.\w+)?", key)]:
        assert TEXT[key].casefold() != TEXT.get(key.replace("again.", "ask."), "").casefold(), key
    reasons = [text for key, text in TEXT.items() if key.startswith("why.")]
    assert reasons.count(TEXT[f"why.{code}"]) == 1
