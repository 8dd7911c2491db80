"""Four answers on WhatsApp, two ways: three buttons of which the third opens the rest, or a list. Taps and words.

The made-up people of ``profiles.yml`` answer; what they would have to tap and read is counted on what the renderer
really sends. A list is opened, then an item is chosen (2 taps; some versions of WhatsApp ask for a third, to send).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from bot.phrasing import Catalogues, Phrasing
from connectors.base import Limits, Outbound
from connectors.whatsapp import LIMITS
from tests.bench.instrument import simulated
from tests.conftest import ROOT

PEOPLE = 2_000
FOUR = ("yes", "no", "unsure", "declined")
LISTED = dataclasses.replace(LIMITS, buttons=0)
SHARES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
PHRASING = Phrasing(Catalogues(ROOT / "locales"))


def _words(message: Outbound) -> int:
    """What is to be read of the choices; the question itself is the same both ways."""
    titles = " ".join([message.list_label, *(choice.title for choice in message.choices)])
    return sum(any(letter.isalnum() for letter in word) for word in titles.split())


def _sent(values: Sequence[str], limits: Limits, key: str) -> Outbound:
    choices: list[dict[str, Any]] = [{"id": f"Q.{v}", "key": f"choice.{v}"} for v in values]
    return PHRASING.render({"say": key, "choices": choices}, "es", limits)[-1]


def cost(layout: str, value: str) -> tuple[int, int, int]:
    """Taps, words and messages (both sides) of one answer."""
    if layout == "list":
        return 2, _words(_sent(FOUR, LISTED, "ask.Q01")), 2
    first = _words(_sent(FOUR, LIMITS, "ask.Q01"))
    if value in ("yes", "no"):
        return 1, first, 2
    rest = _sent(FOUR[2:], LIMITS, "say.more_answers")
    return 2, first + len(rest.text.split()) + _words(rest), 4


def _mean(layout: str, values: Sequence[str]) -> tuple[float, ...]:
    costs = [cost(layout, value) for value in values]
    return tuple(sum(column) / len(costs) for column in zip(*costs, strict=True))


async def main() -> None:
    """Print both ways for the people of the file, then by the share of answers that are neither yes nor no."""
    assert _sent(FOUR, LIMITS, "ask.Q01").layout == "buttons"
    assert _sent(FOUR, LISTED, "ask.Q01").layout == "list"
    given = [value for walks in simulated(PEOPLE).values() for walk in walks for _, value in walk.four]
    other = sum(value not in ("yes", "no") for value in given) / len(given)
    print(f"{PEOPLE:,} people, {len(given):,} answers to questions of four, {other:.1%} neither yes nor no")
    print(f"{'':<34}{'taps':>6}{'words':>7}{'messages':>10}")
    for layout in ("buttons", "list"):
        print(f"{layout:<34}" + "{:>6.2f}{:>7.1f}{:>10.2f}".format(*_mean(layout, given)))
    for share in SHARES:
        mixed = ["unsure"] * round(share * 100) + ["yes"] * (100 - round(share * 100))
        row = [_mean(layout, mixed) for layout in ("buttons", "list")]
        print(
            f"{share:>5.0%} other: buttons {row[0][0]:.2f} taps, {row[0][1]:.1f} words;"
            f" list {row[1][0]:.2f} taps, {row[1][1]:.1f} words"
        )
