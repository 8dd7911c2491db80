"""``faro nlu|safety|redact|assess``: one line in, one JSON object per line out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bot import config, filters
from bot.choices import fold
from bot.rasa import RasaClient, RasaProcess
from bot.safety.combine import conclude
from bot.safety.rules import check
from bot.screening import assess as scoring
from bot.wordlists import WordLists

Parse = Callable[[str], dict[str, Any]]
LOCALE = "es"
LONGEST = 4096


def nlu() -> None:
    """Text lines → intent, confidence, ranking and further intents, as the dialogue takes them."""
    with parser() as parse:

        def answer(line: str) -> Mapping[str, Any]:
            found = parse(line)
            return {
                "text": line,
                "intent": found["intent"],
                "confidence": found["confidence"],
                "ranking": found["ranking"],
                "also": found["also"],
            }

        _run(answer)


def safety() -> None:
    """Text lines → what rules and model conclude together about danger and words of safety."""
    exits = WordLists(config.load().locales)(LOCALE).get("exit", frozenset())
    with parser() as parse:

        def answer(line: str) -> Mapping[str, Any]:
            conclusion = conclude(check(line, LOCALE), parse(line)["danger"])
            listed = conclusion.word == "none" and fold(line) in exits
            return {
                "text": line,
                "emergency": conclusion.emergency,
                "kind": conclusion.kind,
                "word": "exit" if listed else conclusion.word,
                "check": conclusion.check,
            }

        _run(answer)


def redact() -> None:
    """Text lines → the text with everything that identifies somebody masked, and where it stood."""
    from bot.redaction import redact as redact_text  # noqa: PLC0415 - its lists of names load only where needed

    def answer(line: str) -> Mapping[str, Any]:
        found = redact_text(line)
        spans = [{"start": span.start, "end": span.end, "type": span.type} for span in found.spans]
        return {"text": found.text, "spans": spans}

    _run(answer)


def assess() -> None:
    """JSON lines (instrument, answers, context) → dimensions, type, urgency, flag and reasons."""

    def answer(line: str) -> Mapping[str, Any]:
        try:
            return scoring.assess(filters.parse_json(line))
        except scoring.BadInput as error:
            raise filters.LineError(str(error)) from None

    _run(answer)


def _run(answer: filters.Answer) -> None:
    filters.run(sys.stdin.buffer, sys.stdout.buffer, answer)


@contextmanager
def parser() -> Iterator[Parse]:
    """Rasa's parse route, from ``FARO_RASA_URL`` or a child of our own that lives as long as the filter."""
    settings = config.load()
    loop = asyncio.new_event_loop()
    process = None if settings.rasa_url else RasaProcess()
    try:
        if process is None:
            client = RasaClient(settings.rasa_url, settings.rasa_token.get_secret_value())
        else:
            loop.run_until_complete(process.start())
            client = process.client

        def parse(line: str) -> dict[str, Any]:
            if len(line) > LONGEST:
                raise filters.LineError(f"longer than {LONGEST} characters")
            return loop.run_until_complete(client.parse(line))

        yield parse
        loop.run_until_complete(client.close())
    finally:
        if process is not None:
            loop.run_until_complete(process.stop())
        loop.close()
