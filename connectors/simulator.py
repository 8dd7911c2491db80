"""Phones in the browser, for trying Faro without an account.

Stage: the first and the last of the picture. Promises: fulfils ``Channel`` like WhatsApp and Telegram,
with their looks and their limits but the pace; keeps what the phones show in memory only; answers nobody but this
machine. Must not: be mounted on a public service (``bot/app.py`` sees to that), or take any way
into the bot that the other channels do not take.
"""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import json
import mimetypes
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import structlog
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors import telegram, whatsapp
from connectors.base import Event, Inbound, Kind, Outbound, Recordings, Refused, Request, SendError, Sent
from connectors.text import storable

Look = Literal["whatsapp", "telegram"]
Deliver = Callable[[Sequence[Event]], Awaitable[None]]
Endpoint = Callable[[HttpRequest], Awaitable[Response]]

BODY_LIMIT = 256 * 1024
SHOWN_AT_MOST = 2000
BURST, PACE_SECONDS = 20, 0.05  # no provider stands behind it who would ask for patience
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
KINDS: Mapping[str, Kind] = {
    "voice": "voice",
    "image": "image",
    "location": "location",
    "sticker": "sticker",
    "contact": "contact",
}
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip")
RECORDING = "/simulator/recordings/"
PAGE = Path(__file__).with_name("simulator")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_log = structlog.get_logger()


@dataclasses.dataclass(slots=True)
class Phone:
    """What one phone shows. ``changes`` rises when something that was shown is gone."""

    shown: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    last: int = 0
    changes: int = 0

    def show(self, by: str, text: str, now: datetime, **more: Any) -> dict[str, Any]:
        self.last += 1
        message = {"id": self.last, "from": by, "text": text, "choices": [], "at": now.isoformat(), **more}
        self.shown.append(message)
        del self.shown[:-SHOWN_AT_MOST]
        return message

    def remove(self, ids: Iterable[int]) -> None:
        gone = set(ids)
        self.shown = [message for message in self.shown if message["id"] not in gone]
        self.changes += 1

    def offering(self, choice: str, message: int | None) -> tuple[int, str] | None:
        """The newest message (or the one named) that offers ``choice``: its id and the title."""
        for one in reversed(self.shown):
            for offered in one["choices"]:
                if offered["id"] == choice and message in {None, one["id"]}:
                    return one["id"], offered["title"]
        return None


class Simulator:
    """The channel ``sim-whatsapp`` or ``sim-telegram``; an address is the name of a phone.

    ``run`` sets this start apart from earlier ones, whose messages the database may still remember. ``recordings``
    are the questions that can be heard.
    """

    def __init__(
        self,
        look: Look,
        *,
        run: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        recordings: Recordings | None = None,
    ) -> None:
        self.look = look
        self.webhook = ""
        self.name = f"sim-{look}"
        shown = whatsapp.LIMITS if look == "whatsapp" else telegram.LIMITS
        self.limits = dataclasses.replace(
            shown,
            copies=False,
            voice=recordings is not None,
            per_person_burst=BURST,
            per_person_seconds=PACE_SECONDS,
        )
        self._recordings = recordings
        self.run = run or secrets.token_hex(8)
        self.clock = clock
        self._phones: dict[str, Phone] = {}

    def phone(self, name: str) -> Phone:
        """The phone of that name, new when nobody has used it."""
        return self._phones.setdefault(name, Phone())

    def receive(self, request: Request, now: datetime) -> Sequence[Event]:
        """Reads a typed or tapped message; ``request.path`` ends with ``/<phone>/messages``."""
        name = request.path.split("/")[-2] if request.path.count("/") > 1 else ""
        return [self.take(name, request.body, now)]

    def take(self, name: str, body: bytes, now: datetime) -> Inbound:
        """What the phone ``name`` says, shown on it at once. Raises ``Refused(400)``."""
        if not NAME.fullmatch(name):
            raise Refused(400, "bad_phone")
        return self._inbound(name, _read(body), now)

    def receive_status(self, request: Request, now: datetime) -> Sequence[Event]:  # noqa: ARG002 - has none
        raise Refused(404, "no_status_route")

    async def send(self, address: str, message: Outbound) -> Sent:
        if not NAME.fullmatch(address):
            raise SendError("400", retryable=False)
        offered = message.choices if message.layout != "plain" else ()
        choices = [{"id": choice.id, "title": choice.title} for choice in offered]
        more = {"label": message.list_label} if message.layout == "list" else {}
        if message.recording:
            if self.recording(message.recording) is None:  # deleted since it was offered
                raise SendError("no_recording", retryable=False)
            more = {"audio": f"{RECORDING}{message.recording}"}
        phone, now = self.phone(address), self.clock()
        shown = phone.show(message.author, message.text, now, choices=choices, **more)
        return Sent(self._provider_id(address, shown["id"]), str(shown["id"]))

    def recording(self, name: str) -> bytes | None:
        """The recording of that name; None where there is none."""
        return self._recordings.content(name) if self._recordings else None

    async def acknowledge(self, event: Inbound, *, answering: bool = False) -> None:
        """Nothing: the page takes the buttons away by itself."""

    async def erase(self, address: str, refs: Sequence[str]) -> int:
        """As on the real ones: Telegram's chat empties, WhatsApp's phone keeps what it has."""
        if self.look == "telegram":
            self.phone(address).remove(int(ref) for ref in refs if ref.isascii() and ref.isdigit())
        return 0

    async def start(self, *, listen: bool = True) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    def forget(self, event: Inbound) -> None:
        """Takes back a message that could not be handed on."""
        self.phone(event.address).remove([int(event.message_ref)])

    def _inbound(self, name: str, said: Mapping[str, Any], now: datetime) -> Inbound:
        phone = self.phone(name)
        kind, text, choice, answers = "text", said["text"], "", ""
        more: dict[str, Any] = {}
        if said["choice"]:
            offering = phone.offering(said["choice"], said["message"])
            if offering is None:
                raise Refused(400, "unknown_choice")
            kind, choice, (number, text) = "choice", said["choice"], offering
            answers, more = self._provider_id(name, number), {"answers": number}
        elif said["kind"]:
            kind = said["kind"]
        shown = phone.show("me", text, now, kind=kind, **more)
        return Inbound(
            channel=self.name,
            provider_id=self._provider_id(name, shown["id"]),
            address=name,
            kind=KINDS.get(kind, "choice" if choice else "text"),
            received_at=now,
            text=text,
            choice_id=choice,
            answers_id=answers,
            message_ref=str(shown["id"]),
        )

    def _provider_id(self, phone: str, number: int) -> str:
        return f"{self.run}-{phone}-{number}"


def _read(body: bytes) -> Mapping[str, Any]:
    """``text``, ``choice``, ``kind`` and ``message`` of a posted message; raises ``Refused(400)``."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json") from None
    if not isinstance(said, dict):
        raise Refused(400, "not_an_object")
    text, choice, kind = (said.get(name) or "" for name in ("text", "choice", "kind"))
    if not (isinstance(text, str) and isinstance(choice, str) and isinstance(kind, str)):
        raise Refused(400, "wrong_type")
    kind = "" if kind == "text" else kind
    if kind and kind not in KINDS:
        raise Refused(400, "unknown_kind")
    if not (text or choice or kind):
        raise Refused(400, "empty")
    message = said.get("message")
    if message is not None and not isinstance(message, int):
        raise Refused(400, "wrong_type")
    return {"text": storable(text), "choice": choice, "kind": kind, "message": message}


def routes(simulators: Sequence[Simulator], deliver: Deliver) -> list[Route]:
    """The page at ``/simulator``, what it needs, and the phones' interface below it.

    ``deliver`` stores events; when it raises, the message is taken back and the answer is 503.
    """
    by_name = {key: one for one in simulators for key in (one.look, one.name)}
    files = {file.name: file.read_bytes() for file in PAGE.iterdir() if file.is_file()}

    async def page(_: HttpRequest) -> Response:
        return Response(files["index.html"], media_type="text/html")

    async def asset(request: HttpRequest) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return _gone()
        return Response(files[name], media_type=mimetypes.guess_type(name)[0])

    async def recording(request: HttpRequest) -> Response:
        found = await asyncio.to_thread(simulators[0].recording, request.path_params["name"])
        return _gone() if found is None else Response(found, media_type="audio/ogg")

    async def messages(request: HttpRequest) -> Response:
        simulator, name = by_name.get(request.path_params["channel"]), request.path_params["phone"]
        if simulator is None or not NAME.fullmatch(name):
            return _gone()
        if request.method == "POST":
            return await _post(simulator, request, deliver)
        return _list(simulator.phone(name), request.query_params.get("after", "0"), simulator.run)

    paths = {
        "/simulator": page,
        "/simulator/static/{name}": asset,
        RECORDING + "{name:path}": recording,
        "/simulator/api/{channel}/{phone}/messages": messages,
    }
    return [
        Route(path, _here(endpoint), methods=["GET", "POST"] if endpoint is messages else ["GET"])
        for path, endpoint in paths.items()
    ]


async def _post(simulator: Simulator, request: HttpRequest, deliver: Deliver) -> Response:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return JSONResponse({"error": "body_too_large"}, 413)
    try:
        event = simulator.take(request.path_params["phone"], bytes(body), simulator.clock())
    except Refused as refused:
        return JSONResponse({"error": refused.reason}, refused.status)
    try:
        await deliver([event])
    except Exception as error:  # noqa: BLE001 - whatever kept it from being stored, the phone must not show it
        _log.error("simulator_not_stored", error=type(error).__name__)
        simulator.forget(event)
        return JSONResponse({"error": "not_stored"}, 503)
    return JSONResponse({"id": int(event.message_ref)}, 202)


def _list(phone: Phone, after: str, run: str) -> Response:
    """What the phone shows after number ``after``. The tag changes when the page must start afresh."""
    if not (after.isascii() and after.isdigit()):
        return JSONResponse({"error": "bad_after"}, 400)
    newer = [message for message in phone.shown if message["id"] > int(after[:15])]
    return JSONResponse(newer, headers={"X-Phone": f"{run}.{phone.changes}"})


def _here(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` for this machine's own browser; a 404 for everybody else."""

    async def guarded(request: HttpRequest) -> Response:
        answer = await endpoint(request) if _is_here(request) else _gone()
        answer.headers.update(HEADERS)
        return answer

    return guarded


def _is_here(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return False  # another site's page in the same browser
    peer = request.client.host if request.client is not None else ""
    return _loopback(peer) and _loopback(_host(request.headers.get("host", "")))


def _host(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _gone() -> Response:
    return Response("Not Found", 404, media_type="text/plain")
