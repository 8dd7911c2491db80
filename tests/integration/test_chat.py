"""``faro chat``: a conversation in a pipe. What is not a message is answered, and the conversation goes on."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
import uvicorn
from starlette.applications import Starlette

from connectors.base import Choice, Event, Inbound, Outbound
from connectors.simulator import Simulator, routes
from tests.journey.service import FARO, free_port


@pytest.fixture
def port() -> Iterator[int]:
    """A simulator whose phones are answered with what they said, with a button."""
    phone, here = Simulator("telegram"), free_port()

    async def deliver(events: Sequence[Event]) -> None:
        for event in events:
            assert isinstance(event, Inbound)
            echo = Outbound(f"«{event.text[:20]}»", (Choice("Q01.yes", "Sí"),), "buttons")
            await phone.send(event.address, echo)

    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes([phone], deliver)), port=here, log_config=None)
    )
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield here
    server.should_exit = True
    thread.join()


def _chat(port: int, lines: list[bytes], *words: str) -> list[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FARO_")}
    done = subprocess.run(
        [*FARO, "chat", "--channel", "telegram", *words],
        input=b"\n".join(lines),
        env={**clean, "FARO_PORT": str(port)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def test_a_malformed_line_is_answered_and_the_conversation_goes_on(port: int) -> None:
    """Not JSON, not an object, not UTF-8, an unknown choice or kind, nothing in it: an error line each, no crash."""
    lines = [
        b'{"text": "uno"}',
        b"{no",
        b"[1]",
        b"NaN",
        b'"hola"',
        b"\xff\xfe",
        b"",
        b'{"text": 3}',
        b'{"choice": "Q99.yes"}',
        b'{"kind": "smell"}',
        b"{}",
        b"[" * 50_000,
        b'{"text": "' + b"x" * 300_000 + b'"}',
        b'{"choice": "Q01.yes"}',
    ]
    said = [json.loads(line) for line in _chat(port, lines, "--json")]
    assert [one.get("error", one.get("text")) for one in said] == [
        "«uno»", "bad_json", "not_an_object", "not_an_object", "not_an_object", "not UTF-8", "wrong_type",
        "unknown_choice", "unknown_kind", "empty", "bad_json", "body_too_large", "«Sí»",
    ]  # fmt: skip
    assert said[0]["choices"] == [{"id": "Q01.yes", "title": "Sí"}]


def test_plain_lines_are_what_a_person_types(port: int) -> None:
    """JSON typed without --json is a text like any other; choices are shown by number."""
    said = _chat(port, [b"hola", b'{"text": "x"}', b"\xff"])
    assert said == ["bot> «hola»", "    1. Sí", 'bot> «{"text": "x"}»', "    1. Sí", "! not UTF-8"]
