"""Which messages are folded: what weighs, whatever the spelling; and not the words of every day."""

from __future__ import annotations

import time

import pytest

from bot.console.hard import hard


@pytest.mark.parametrize(
    "text",
    [
        "Ayer mi jefe me pegó con un cable",
        "ME VIOLARON",
        "nos tenían encerradas",
        "ya no quiero vivir",
        "había mucha sangre",
        "amenaza con matarme a mí y luego matar a mi hija",
        "he raped me",
        "they locked me in",
        "ele me bate todo dia",
        "yo kadejak mwen",
    ],
)
def test_what_weighs_is_folded(text: str) -> None:
    assert hard(text)


@pytest.mark.parametrize(
    "text",
    [
        "hola buenas tardes",
        "se me pegó la canción",
        "trabajo en un restaurante de Tacna",
        "me quitaron el pasaporte",
        "me deben dos meses de sueldo",
        "tengo 24 años, sexto ciclo",
        "compré violetas",
        "¿matrícula para el colegio de mi hijo?",
        "how do I get help?",
    ],
)
def test_words_of_every_day_are_not(text: str) -> None:
    assert not hard(text)


def test_long_messages_take_no_time() -> None:
    start = time.perf_counter()
    hard("mata " * 800 + "viola" * 800)
    assert time.perf_counter() - start < 0.5
