"""Which texts the questions need, and in which language one is missing. Pure; knows keys, never words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bot.screening.records import Instrument, Instruments, Question

FALLBACK = "es"


def needed(instruments: Instruments) -> Iterator[tuple[str, str]]:
    """Every question's code with a key that it needs: its wordings, its reason, its choices, its confirmation."""
    variants = instruments.flow.get("variants")
    by_variant = variants if isinstance(variants, Mapping) else {}
    for instrument in (instruments.adult, instruments.minor):
        for code in instrument.codes:
            yield from ((code, f"{kind}.{code}") for kind in ("ask", "again", "why"))
            for variant, codes in by_variant.items():
                if isinstance(codes, Collection) and code in codes:
                    yield from ((code, key) for key in worded(code, str(variant)))
        yield from _more(instrument)


def worded(code: str, variant: str) -> Iterator[str]:
    """The keys of one more wording: as it is asked, and in other words; a sign in somebody else is only shown."""
    yield f"ask.{code}.{variant}"
    if variant != "other":
        yield f"again.{code}.{variant}"


def _more(instrument: Instrument) -> Iterator[tuple[str, str]]:
    for question in instrument.questions:
        yield from _choices(question)
        if question.thanks:
            yield question.code, question.thanks
        if question.discloses and question.answer == "yes_no":
            yield question.code, f"confirm.{question.code}"


def _choices(question: Question) -> Iterator[tuple[str, str]]:
    if question.list:
        for name in question.list.names:
            yield question.list.code, f"choice.{question.list.code}.{name}"


def missing(instruments: Instruments, texts: Mapping[str, Collection[str]]) -> list[str]:
    """One line for each question and language that lacks a text. ``texts``: language → the keys that it has.

    A language counts when it has words for chatters at all; one that is begun must be whole, since a question in
    another language than the one before it is worse than none.
    """
    wanted = list(dict.fromkeys(needed(instruments)))
    return [
        f"locales/{language}: {code}: there is no text {key}"
        for language, keys in sorted(texts.items())
        if language == FALLBACK or any(key in keys for _, key in wanted)
        for code, key in wanted
        if key not in keys
    ]
