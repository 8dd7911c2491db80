"""Whoever says to be under age is never read as an adult, and an adult can say so in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.screening.age import band, without_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tengo 25", "18"),
        ("tengo 15 minutos", None),
        ("quince minutos", None),
        ("tengo 17 días aquí", None),
        ("15min", None),
        ("soy de 16 y tengo 10 minutos", "14_17"),
        ("25", "18"),
        ("18", "18"),
        ("17 años", "14_17"),
        ("tengo 16 añitos", "14_17"),
        ("14", "14_17"),
        ("13 y medio", "u14"),
        ("9", "u14"),
        ("veinte", "18"),
        ("treinta y cinco", "18"),
        ("tengo treinta y un años", "18"),
        ("tengo veinticinco años", "18"),
        ("Tengo diecisiete", "14_17"),
        ("trece", "u14"),
        ("40 y pico", "18"),
        ("sí, soy mayor de edad", "18"),
        ("soy mayor de edad", "18"),
        ("Ya soy mayor de edad!!", "18"),
        ("soy mayor de 18 años", "18"),
        ("más de 18", "18"),
        ("adulta", "18"),
        ("no soy menor de edad", "18"),
        ("ya cumplí 18", "18"),
        ("casi 18", "14_17"),
        ("cumplo 18 en enero", "14_17"),
        ("voy a cumplir catorce", "u14"),
        ("casi 30", "18"),
        ("menos de 14", "u14"),
        # under age, or not to be read: the question is asked, or the model sees it
        ("soy menor de edad", None),
        ("menor de 18", None),
        ("no soy mayor de edad", None),
        ("todavía no soy mayor", None),
        ("no tengo 18", None),
        ("soy mayor de edad, tengo 16", None),
        ("soy menor, tengo 30", None),
        ("entre 15 y 16", None),
        ("mi hija tiene 15", None),
        ("hace 20 días", None),
        ("trabajo 14 horas", None),
        ("2", None),
        ("tengo 2 hijos", None),
        ("987654321", None),
        ("", None),
    ],
)
def test_an_age_is_read_without_the_model(text: str, expected: str | None) -> None:
    assert band(text) == expected


@given(st.integers(6, 17), st.sampled_from(["tengo {}", "{} años", "{}", "tengo {} y nada más", "solo {}"]))
def test_no_child_is_read_as_an_adult(years: int, said: str) -> None:
    assert band(said.format(years)) in ("u14", "14_17")


@given(st.text())
def test_anything_may_be_written(text: str) -> None:
    assert band(text) in ("u14", "14_17", "18", None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ayuda, tengo 15 minutos", "ayuda, tengo 20 minutos"),
        ("quince días aquí", "20 días aquí"),
        ("tengo 15 años", "tengo 15 años"),
        ("tengo 15", "tengo 15"),
        ("trabajo 40 horas", "trabajo 40 horas"),
    ],
)
def test_an_amount_of_time_is_no_age_to_the_model(text: str, read: str) -> None:
    """It has no sense of numbers; whoever has a quarter of an hour is no child."""
    assert without_spans(text) == read
