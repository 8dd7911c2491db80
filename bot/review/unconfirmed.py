"""Everything in an instrument that nobody has confirmed yet, gathered in one place."""

from __future__ import annotations

from collections.abc import Iterator

from bot.screening.records import SETS, Instrument, Instruments, Question


def count(found: Instruments) -> int:
    """How many things there are to confirm."""
    weights = sum(len(ids) for ids in strengths(found).values())
    return len(list(questions(found))) + len(list(sources(found))) + weights


def every(instrument: Instrument) -> Iterator[Question]:
    """Every question of an instrument, each with its follow-up behind it."""
    for question in instrument.questions:
        yield question
        if question.follow_up:
            yield question.follow_up


def questions(found: Instruments) -> Iterator[tuple[str, str]]:
    """Code, and what a reviewer must still look up about that question."""
    for instrument in (found.adult, found.minor):
        yield from ((question.code, question.open) for question in every(instrument) if question.open)


def sources(found: Instruments) -> Iterator[tuple[str, str]]:
    """Source, and what must be checked against the original."""
    yield from ((source.id, source.open) for source in found.sources.values() if source.open)


def strengths(found: Instruments) -> dict[str, list[str]]:
    """Set → the indicators whose strength in it is our assumption."""
    return {
        name: [
            indicator.id
            for indicator in found.indicators.values()
            if name in indicator.strengths and not indicator.strengths[name].confirmed
        ]
        for name in SETS
    }
