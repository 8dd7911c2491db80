"""«Ya pasó»: what says that it is over, and what only sounds like it."""

from __future__ import annotations

import time

import pytest

from bot.safety.past import over

OVER = """
eso fue antes
ya pasó hace un año
no, ya pasó
fue hace como un año ya, gracias a dios
hace 2 años
fue el año pasado
eso fue antes, ya no trabajo ahí
eso fue cuando vivía en Venezuela
it was two years ago
já passou
sa fini
"""
NOT_OVER = """
no
antes no
antes me pegaba
fue hace una hora
fue anoche
ya pasó por aquí
hace un año que me pega
desde hace un año
hace meses que no me paga
sí, hace un año
no ya pasó pero sigue llamándome
fue hace un mes y me sigue buscando
ya pasó la policía
todavía no
"""


@pytest.mark.parametrize("text", OVER.strip().splitlines())
def test_it_is_over(text: str) -> None:
    """The whole message says so, in whatever words and language."""
    assert over(text)


@pytest.mark.parametrize("text", NOT_OVER.strip().splitlines())
def test_it_is_not_over(text: str) -> None:
    """Whoever says anything else, or that it was just now, is read by rules and model."""
    assert not over(text)


def test_a_flood_is_read_in_no_time() -> None:
    """However it is repeated."""
    started = time.perf_counter()
    assert not over("eso ya " * 2000 + "zz")
    assert time.perf_counter() - started < 0.5
