"""How a question fares: who read it, asked why, asked for other words, or stopped there. Whole months, nobody in them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.console.access import Visit
from bot.statistics import FEWEST, month_of, month_start, months_before, nearest_ten
from bot.storage import figures

MONTHS = 12
Told = list[
    tuple[str, int | None]
]  # catalogue key, people to the nearest ten; None where no month has enough


async def of(visit: Visit, locale: str, key: str) -> Told:
    """What can be told of the text of a question; nothing for any other text.

    Each month counts as its own table would show it: hidden below ten, else to the nearest ten. What a variant does
    not say otherwise was read in the words of another catalogue, and is counted there.
    """
    kind, _, code = key.partition(".")
    if kind != "ask" or not code:
        return []
    code = code.split(".")[0]
    keys = {"read": key, "why": f"why.{code}", "again": f"again.{code}"}
    texts = {name: (visit.deps.texts.holder(locale, one), one) for name, one in keys.items()}
    months = months_before(month_of(visit.now), MONTHS)
    span = month_start(min(months)), month_start(month_of(visit.now))
    async with visit.deps.db.read() as conn:
        read = await figures.readers_between(conn, texts.values(), *span)
        reached = await figures.reached_between(conn, *span)
    told: Told = [
        (f"console.texts.fares.{name}", _people(read[text].values())) for name, text in texts.items()
    ]
    stopped = _people(counts[code] for counts in reached.values())
    return [*told, ("console.texts.fares.stopped", stopped)]


def _people(months: Iterable[int]) -> int | None:
    """Those of the months that may be shown.

    >>> _people([9, 12, 26]), _people([9])
    (40, None)
    """
    shown = [nearest_ten(people) for people in months if people >= FEWEST]
    return sum(shown) if shown else None
