"""``faro chat``: a conversation on standard input and output, through webhook, inbox, Rasa and outbox.

It talks to a Faro that runs on this machine with its simulator on; when none runs, it brings one up for
as long as the conversation lasts.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import httpx
import typer
import uvicorn

from bot import config, rasa
from bot.commands.operate import prepare
from bot.config import Settings, UnsafeSettingsError

QUIET_SECONDS = 0.6  # between two messages of one answer there is less
PATIENCE_SECONDS = 20.0


def chat(
    channel: Annotated[
        Literal["whatsapp", "telegram"], typer.Option(help="Whose look and limits.")
    ] = "whatsapp",
    as_: Annotated[str, typer.Option("--as", help="The phone's name; the same name goes on.")] = "prueba",
    as_json: Annotated[
        bool, typer.Option("--json", help="Read and write the simulator's message objects.")
    ] = False,
) -> None:
    """Write as a chatter, read what the phone would show. A line that cannot be sent is answered by an error line."""
    settings = config.load()
    with _phones(settings) as base:
        phone = Phone(f"{base}/simulator/api/{channel}/{as_}/messages")
        for raw in sys.stdin.buffer:
            line = raw.rstrip(b"\r\n")
            if not line.strip():
                continue
            for message in _answer(phone, line, as_json=as_json):
                print(json.dumps(message, ensure_ascii=False) if as_json else _shown(message), flush=True)


def _answer(phone: Phone, line: bytes, *, as_json: bool) -> list[dict[str, Any]]:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return [{"error": "not UTF-8"}]
    try:
        return phone.say(line if as_json else json.dumps({"text": text}).encode())
    except httpx.HTTPError as error:
        return [{"error": f"the simulator does not answer ({type(error).__name__})"}]


class Phone:
    """One simulated phone over HTTP."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = httpx.Client(timeout=10.0)
        self._seen = max((message["id"] for message in self._new(0)), default=0)

    def say(self, message: bytes) -> list[dict[str, Any]]:
        """Send one message object as it was written; what came back once the phone is quiet again."""
        answer = self._client.post(self._address, content=message)
        if answer.status_code != httpx.codes.ACCEPTED:
            return [{"error": _reason(answer)}]
        self._seen = answer.json()["id"]
        got: list[dict[str, Any]] = []
        started = last = time.monotonic()
        while time.monotonic() - started < PATIENCE_SECONDS:
            fresh = [m for m in self._new(self._seen) if m["from"] != "me"]
            if fresh:
                got += fresh
                self._seen, last = fresh[-1]["id"], time.monotonic()
            elif got and time.monotonic() - last > QUIET_SECONDS:
                break
            time.sleep(0.05)
        return got

    def _new(self, after: int) -> list[dict[str, Any]]:
        answer = self._client.get(self._address, params={"after": after})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


def _shown(message: dict[str, Any]) -> str:
    if "error" in message:
        return f"! {message['error']}"
    choices = "".join(f"\n    {n}. {c['title']}" for n, c in enumerate(message["choices"], 1))
    return f"{message['from']}> {message['text'] or message.get('audio', '')}{choices}"


@contextmanager
def _phones(settings: Settings) -> Iterator[str]:
    """The address of a running simulator; one of our own when nobody else runs one."""
    base = f"http://127.0.0.1:{settings.port}"
    if _answers(base):
        yield base
        return
    from bot.app import Service  # noqa: PLC0415 - heavy, and only needed here

    settings = config.load(simulator=True)
    prepare(settings)
    rasa.train_if_needed(lambda line: print(line, file=sys.stderr))
    server = uvicorn.Server(
        uvicorn.Config(
            Service(settings).web(), host="127.0.0.1", port=settings.port, log_config=None, access_log=False
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield base
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/simulator", timeout=1.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise UnsafeSettingsError(
                "Faro could not be brought up for this conversation: see the line above."
            )
        time.sleep(0.05)
