"""The door: a provider's call is verified on raw bytes, stored in one transaction, and answered.

Nothing else happens in the request. Right signature, anything inside: 2xx. Wrong signature: what the channel
says (403, 413 …). Our own store unavailable: 503, so that the provider tries again. Never another 5xx.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from bot.phrasing import FALLBACK
from connectors.base import (
    Blocked,
    Channel,
    Elsewhere,
    Event,
    Groups,
    Ignored,
    Inbound,
    Refused,
    Request,
    Status,
)

log = structlog.get_logger()

MAX_BODY = 256 * 1024
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

RECEIVED = Counter("faro_events", "Events taken from channels", ["channel", "kind"])
CAMPAIGNS = Counter("faro_campaigns", "Messages that came by a link or an advert", ["channel", "campaign"])
IGNORED = Counter("faro_ignored", "Genuine events with nothing to do", ["reason"])
REFUSED = Counter("faro_refused", "Webhook calls refused", ["channel", "status"])


class Stored(Protocol):
    @property
    def new(self) -> bool: ...

    @property
    def answering(self) -> bool: ...


class Inbox(Protocol):
    async def store(self, event: Inbound | Blocked) -> Stored: ...


class Outbox(Protocol):
    async def apply_status(self, status: Status) -> object: ...


class StoreUnavailableError(Exception):
    """The database did not take an event; the provider must try again."""


class Door:
    """Takes verified events into the store; the same way for webhooks, polling and the simulator.

    ``campaigns`` are the codes that are counted by name. ``say`` gives the words for groups.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        inbox: Inbox,
        outbox: Outbox,
        clock: Callable[[], float],
        *,
        say: Callable[[str, str], str] | None = None,
        campaigns: Collection[str] = (),
    ) -> None:
        self._say = say
        self._campaigns = campaigns
        self._clock = clock
        self._channels = channels
        self._inbox = inbox
        self._outbox = outbox
        self._afterwards: set[asyncio.Task[None]] = set()

    async def deliver(self, events: Sequence[Event]) -> None:
        """Store every event, each in its own transaction. Raises ``StoreUnavailableError``."""
        for event in events:
            try:
                await self._take(event)
            except (SQLAlchemyError, OSError) as error:
                log.exception("event_not_stored", kind=type(event).__name__)
                raise StoreUnavailableError from error

    async def _take(self, event: Event) -> None:
        match event:
            case Inbound():
                stored = await self._inbox.store(event)
                RECEIVED.labels(event.channel, event.kind).inc()
                channel = self._channels[event.channel]
                if event.campaign and stored.new:
                    known = event.campaign if event.campaign in self._campaigns else "other"
                    CAMPAIGNS.labels(event.channel, known).inc()
                self._after(channel.acknowledge(event, answering=stored.new and stored.answering))
            case Blocked():
                await self._inbox.store(event)
                RECEIVED.labels(event.channel, "blocked" if event.blocked else "unblocked").inc()
            case Status():
                await self._outbox.apply_status(event)
                RECEIVED.labels(event.channel, "status").inc()
            case Elsewhere():
                RECEIVED.labels(event.channel, "elsewhere").inc()
                channel = self._channels[event.channel]
                if isinstance(channel, Groups) and self._say is not None:
                    self._after(channel.decline(event, self._say("elsewhere.private", FALLBACK)))
            case Ignored():
                RECEIVED.labels("any", "ignored").inc()
                IGNORED.labels(event.reason).inc()
                log.info("event_ignored", reason=event.reason)

    def _after(self, work: Awaitable[None]) -> None:
        """What the person sees at once (a button that stops spinning) must not delay the answer."""
        task = asyncio.ensure_future(work)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    async def close(self) -> None:
        """Let the acknowledgements under way end."""
        await asyncio.gather(*self._afterwards, return_exceptions=True)

    def routes(self) -> list[Route]:
        """The webhook routes of the channels that are configured."""
        routes = []
        for channel in self._channels.values():
            if channel.webhook:
                path = f"/webhooks/{channel.name}"
                body = EMPTY_TWIML if channel.webhook == "text/xml" else ""
                routes += [
                    self._route(path, channel, channel.receive, body, channel.webhook),
                    self._route(f"{path}/status", channel, channel.receive_status, "", "text/plain"),
                ]
        return routes

    def _route(
        self,
        path: str,
        channel: Channel,
        receive: Callable[[Request, datetime], Sequence[Event]],
        answer: str,
        media_type: str,
    ) -> Route:
        async def endpoint(http: HttpRequest) -> Response:
            try:
                events = receive(await _read(http), datetime.fromtimestamp(self._clock(), UTC))
                await self.deliver(events)
            except Refused as refusal:
                REFUSED.labels(channel.name, refusal.status).inc()
                log.warning(
                    "webhook_refused", channel=channel.name, status=refusal.status, reason=refusal.reason
                )
                return Response(status_code=refusal.status)
            except StoreUnavailableError:
                return Response(status_code=503, headers={"Retry-After": "5"})
            except ClientDisconnect:
                return Response(status_code=400)
            return Response(answer, media_type=media_type)

        return Route(path, endpoint, methods=["POST"])


async def _read(http: HttpRequest) -> Request:
    """The call as it came over the wire; raises ``Refused(413)`` as soon as it is too long."""
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "oversized")
    return Request(
        path=(http.scope.get("raw_path") or http.scope["path"].encode()).decode("latin-1"),
        query=http.scope["query_string"].decode("latin-1"),
        headers={
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in http.scope["headers"]
        },
        body=bytes(body),
    )
