"""The one door into Rasa: a turn is one call on loopback, and an error is an error.

Stage: Rasa's input channel. Promise: ``(state, message) → (acts, state)``; the same request gives the same answer,
whatever came before; what was typed is seen by the classifier only and travels no further; no answer and no log
line quotes it. Must not: answer without the token, turn a failure into an empty answer.
"""

# ruff: noqa: ARG003  # the signatures are Rasa's
from __future__ import annotations

import functools
import hmac
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as answer

from components import silence
from components.instruments import current
from components.request import BadRequestError, TurnRequest, read_text
from components.store import TURN, Carried

log = logging.getLogger("faro.turn")

TOKEN_VARIABLE, SHORTEST_TOKEN = "FARO_RASA_TOKEN", 16
LARGEST_BODY = 256 * 1024  # bytes
COMMAND = re.compile(r"^[\s/]+")  # Rasa would take "/restart" or "/answer{...}" for commands
Handler = Callable[..., Awaitable[HTTPResponse]]


class TurnError(Exception):
    """Rasa came to no end with the turn; says nothing about the message."""


class TurnChannel(InputChannel):
    """``POST webhook`` (a turn), ``POST parse`` (the classifier alone), ``GET /`` (health), all with the token."""

    def __init__(self, token: str) -> None:
        if len(token) < SHORTEST_TOKEN:
            raise ValueError(f"{TOKEN_VARIABLE} must hold a token of at least {SHORTEST_TOKEN} characters")
        self._token = token.encode()

    @classmethod
    def name(cls) -> str:
        return "turn"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TurnChannel:
        """The token never stands in a file."""
        return cls(os.environ.pop(TOKEN_VARIABLE, ""))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        silence.names_only()
        routes = Blueprint("turn")

        @routes.listener("before_server_start")
        async def limit(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = LARGEST_BODY

        @routes.get("/")
        @self._guarded
        async def health(request: Request) -> HTTPResponse:
            return answer(versions(request))

        @routes.post("/parse")
        @self._guarded
        async def parse(request: Request) -> HTTPResponse:
            return answer(said(await classify(request, read_text(body(request)))))

        @routes.post("/webhook")
        @self._guarded
        async def webhook(request: Request) -> HTTPResponse:
            turn = TurnRequest.read(body(request))
            parsed = await classify(request, turn.text) if turn.text is not None else None
            done = await self._run(on_new_message, turn, parsed)
            more = {"nlu": said(parsed)} if parsed is not None else {}
            return answer({**done, **versions(request), **more})

        return routes

    def _guarded(self, handler: Handler) -> Handler:
        """The token first; then failures become honest status codes that quote nothing."""

        @functools.wraps(handler)
        async def checked(request: Request) -> HTTPResponse:
            given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, b"Bearer " + self._token):
                return answer({"error": "unauthorized"}, status=401)
            if request.app.ctx.agent.processor is None:
                return answer({"error": "no_model"}, status=503)
            unwrap(request)
            try:
                return await handler(request)
            except BadRequestError as error:
                return answer({"error": "bad_request", "where": error.where}, status=error.status)
            except Exception as error:  # noqa: BLE001  # whatever it is, the caller hears of it and no text gets out
                log.error(  # noqa: TRY400  # a trace would quote values
                    silence.as_event("turn_failed", exception=silence.place(error))
                )
                return answer({"error": "turn_failed"}, status=500)

        return checked

    async def _run(
        self,
        on_new_message: Callable[[UserMessage], Awaitable[None]],
        turn: TurnRequest,
        parsed: dict[str, Any] | None,
    ) -> dict[str, Any]:
        carried = Carried(turn.state)
        out = CollectingOutputChannel()
        held = TURN.set(carried)
        try:
            await on_new_message(
                UserMessage(
                    text="",
                    output_channel=out,
                    sender_id=turn.conversation,
                    parse_data={**(parsed or UNPARSED), "text": ""},
                    input_channel=self.name(),
                    message_id=turn.message_id,
                    metadata=turn.metadata,
                )
            )
        finally:
            TURN.reset(held)
        if not carried.saved or len(out.messages) != 1:  # Rasa swallows what an action raises
            raise TurnError
        return {"acts": out.messages[0]["custom"]["acts"], "state": carried.state}


UNPARSED: dict[str, Any] = {"intent": {"name": None, "confidence": 1.0}, "entities": []}


def body(request: Request) -> Any:
    """The JSON value of a request; raises ``BadRequestError``."""
    if len(request.body) > LARGEST_BODY:
        raise BadRequestError("body", 413)
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadRequestError("body") from None


async def classify(request: Request, text: str) -> dict[str, Any]:
    """The classifier's reading of a text; what looks like one of Rasa's commands is only text."""
    message = UserMessage(COMMAND.sub("", text), input_channel=TurnChannel.name())
    parsed: dict[str, Any] = await request.app.ctx.agent.processor.parse_message(message)
    return parsed


def said(parsed: dict[str, Any]) -> dict[str, Any]:
    """Of a reading, what the gateway gets."""
    return {
        "intent": parsed["intent"]["name"],
        "confidence": parsed["intent"]["confidence"],
        "ranking": parsed["intent_ranking"],
        "also": parsed["also"],
        "partly": any(entity["entity"] == "partly" for entity in parsed["entities"]),
        "danger": parsed["danger"],
    }


def versions(request: Request) -> dict[str, str]:
    """Which model and which instruments answer."""
    model: str = request.app.ctx.agent.processor.model_filename
    return {"model": model.removesuffix(".tar.gz"), "instrument": current().hash}


def unwrap(request: Request) -> None:
    """Rasa wraps each store in one that answers a failure with a brand-new conversation; take that off."""
    agent = request.app.ctx.agent
    for holder in (agent, agent.processor):
        holder.tracker_store = getattr(holder.tracker_store, "_tracker_store", holder.tracker_store)
