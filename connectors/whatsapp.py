"""WhatsApp through Twilio.

Stage: the first and the last of the picture. Promises: ``receive`` takes only what the account
signed; ``send`` hands a message over once, with buttons or a list where they fit and as numbered
words where Twilio refuses them; ``erase`` counts what is left. Must not: retry, split or hold back
messages (the outbox does), interpret an address, or let anything but a code out of an error.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
from typing import Any, Protocol

import structlog
from twilio.rest.content.v1.content import ContentList

from connectors import twilio_form
from connectors.base import Inbound, Limits, Outbound, Recordings, SendError, Sent
from connectors.text import numbered
from connectors.twilio_api import FAULTS, failure, fault
from connectors.twilio_channel import TwilioChannel

# Twilio's documentation: body 1600, with buttons or a list 1024; in a session 3 buttons of 20, or a
# list of 10 items of 24. Meta lets one message per person through every six seconds, with bursts.
LIMITS = Limits(
    text=1600,
    text_with_choices=1024,
    buttons=3,
    button_title=20,
    list_items=10,
    list_title=24,
    per_person_burst=3,
    per_person_seconds=6.0,
    window_hours=24,
    copies=True,
    voice=True,
)
LIST_LABEL = 20
DESCRIPTION = 72

_log = structlog.get_logger()


class ContentCache(Protocol):
    """Remembers which Content resource shows which words and buttons; shared by all workers."""

    async def get(self, key: str) -> str | None:
        """The sid put last under ``key`` (64 hex digits); nothing and ``""`` both mean: make it anew."""

    async def put(self, key: str, sid: str) -> None:
        """Keep ``sid`` for ``key``; an empty one forgets."""


class WhatsApp(TwilioChannel):
    """The channel ``whatsapp``: one Twilio account, one sender.

    ``sender`` is the account's own address (``whatsapp:+…``). ``public_url`` is the address at which
    Twilio reaches this service and the one its signatures are checked against. ``api_url`` replaces
    Twilio's hosts. ``signing_key`` is the secret of shared-key signatures, where the account uses them;
    ``template`` the id of the approved template that may leave when the 24 hours are over. ``recordings`` are the
    questions that can be heard; Twilio fetches them from this service.
    """

    name = "whatsapp"
    addresses = re.compile(r"whatsapp:[!-~]{1,120}")

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        public_url: str,
        api_url: str | None,
        contents: ContentCache,
        *,
        signing_key: str = "",
        template: str = "",
        recordings: Recordings | None = None,
        timeout: float = 10.0,
    ) -> None:
        sender = sender if sender.startswith("whatsapp:") else f"whatsapp:{sender}"
        super().__init__(account_sid, auth_token, sender, public_url, api_url, signing_key, timeout)
        self.limits = dataclasses.replace(LIMITS, notice=template)
        self._contents = contents
        self._recordings = recordings
        self._creating = asyncio.Lock()

    async def send(self, address: str, message: Outbound) -> Sent:
        if message.template:  # refused, it does not go out as words: the window is closed
            return await self._create(address, content_sid=message.template)
        if message.recording:
            url = self._recordings.url(message.recording) if self._recordings else ""
            if not url:  # deleted since it was offered
                raise SendError("no_recording", retryable=False)
            return await self._create(address, media_url=[url])
        key = _content_key(message)
        if not key:
            return await self._create(address, body=_words(message))
        try:
            sid = await self._content(key, message)
            return await self._create(address, content_sid=sid)
        except SendError as error:
            if not error.plain:
                raise
            _log.warning("content_refused", channel=self.name, code=error.code)
            await self._remember(key, "")
        return await self._create(address, body=numbered(message))

    async def acknowledge(self, event: Inbound, *, answering: bool = False) -> None:
        """Two blue ticks and "typing", only where the bot answers: Twilio shows it until then, or for 25 seconds."""
        if not answering or not twilio_form.SID.fullmatch(event.message_ref):
            return
        try:
            typing = (await self._rest()).messaging.v2.typing_indicator
            await typing.create_async(channel="whatsapp", message_id=event.message_ref)
        except FAULTS as error:
            _log.info("typing_not_shown", channel=self.name, code=fault(error).code)

    async def _content(self, key: str, message: Outbound) -> str:
        """The Content sid for ``message``; made at most once. Raises ``SendError`` with code 63021."""
        if sid := await self._remembered(key):
            return sid
        async with self._creating:
            if sid := await self._remembered(key):
                return sid
            try:
                made = await (await self._rest()).content.v1.contents.create_async(_resource(key, message))
            except FAULTS as error:
                # Whatever keeps buttons from being made must not keep the words back.
                _log.warning("content_not_made", channel=self.name, code=fault(error).code)
                raise failure("63021") from None
            await self._remember(key, made.sid or "")
        return str(made.sid or "")

    async def _remembered(self, key: str) -> str:
        try:
            return await self._contents.get(key) or ""
        except Exception as error:  # noqa: BLE001 - a store that is down must not keep a message back
            _log.warning("content_cache_unread", channel=self.name, error=type(error).__name__)
            return ""

    async def _remember(self, key: str, sid: str) -> None:
        try:
            await self._contents.put(key, sid)
        except Exception as error:  # noqa: BLE001 - as above; the resource is made once more, no harm
            _log.warning("content_cache_unwritten", channel=self.name, error=type(error).__name__)


def _words(message: Outbound) -> str:
    return numbered(message) if message.choices and message.layout != "plain" else message.text


def _content_key(message: Outbound) -> str:
    """The cache key of a message that can be shown with buttons or a list, else ``""``."""
    if not _fits(message):
        return ""
    shown = [message.layout, message.locale, message.text, message.list_label, _choices(message)]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def _fits(message: Outbound) -> bool:
    """Whether WhatsApp can show the choices as asked; braces would be read as template variables."""
    count, most, longest = len(message.choices), LIMITS.buttons, LIMITS.button_title
    if message.layout == "plain" or not count or "{{" in json.dumps(_choices(message)) + message.text:
        return False
    if message.layout == "list":
        most, longest = LIMITS.list_items, LIMITS.list_title
        if not 0 < len(message.list_label) <= LIST_LABEL:
            return False
    titles = [choice.title for choice in message.choices]
    return (
        count <= most
        and len(set(titles)) == count
        and all(0 < len(title) <= longest for title in titles)
        and 0 < len(message.text) <= LIMITS.text_with_choices
    )


def _choices(message: Outbound) -> list[list[str]]:
    return [[choice.id, choice.title, choice.description] for choice in message.choices]


def _resource(key: str, message: Outbound) -> Any:
    """The Content resource that shows ``message``: quick-reply for buttons, list-picker for a list."""
    if message.layout == "buttons":
        actions = [{"type": "QUICK_REPLY", "id": one.id, "title": one.title} for one in message.choices]
        types: dict[str, Any] = {"twilio/quick-reply": {"body": message.text, "actions": actions}}
    else:
        items = [
            {"id": one.id, "item": one.title, "description": one.description[:DESCRIPTION] or None}
            for one in message.choices
        ]
        picker = {"body": message.text, "button": message.list_label, "items": items}
        types = {"twilio/list-picker": picker}
    named = {"friendly_name": f"faro-{key[:16]}", "language": message.locale, "types": types}
    return ContentList.ContentCreateRequest(named)
