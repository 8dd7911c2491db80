"""No line may hold a person's words, whatever a caller or a library tries to log."""

from __future__ import annotations

import io
import logging

import pytest
import structlog

from bot import logs

CANARY = "canario 987654321"


@pytest.mark.parametrize("debug", [False, True])
def test_nothing_a_person_wrote_reaches_a_line(debug: bool) -> None:
    """Unknown keys, exception messages and libraries' own records are cut, also when debugging."""
    stream = io.StringIO()
    logs.configure(debug=debug, stream=stream)
    log = structlog.get_logger()
    log.info("event_taken", text=CANARY, body=CANARY, conversation="a1b2")
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("turn_failed")
        logging.getLogger("httpx").exception(CANARY)
    logging.getLogger("telegram").critical(CANARY)
    logging.getLogger("httpx").info("GET https://api.telegram.org/bot123:%s", CANARY)
    lines = stream.getvalue()
    assert CANARY not in lines
    assert "987654321" not in lines
    assert '"conversation": "a1b2"' in lines
    assert "ValueError at test_nothing_a_person_wrote_reaches_a_line" in lines
    assert '"reason": "telegram"' in lines
