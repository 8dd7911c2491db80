"""What every channel of a Twilio account shares: the door, sending, deleting, and the list of messages.

Promises: only what the account signed is taken; a message is handed over once; what could not be deleted is
counted. Must not: retry, split or hold back messages (the outbox does), or interpret an address.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import httpx
import structlog
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from connectors import audio, twilio_form
from connectors.base import Event, Inbound, Request, SendError, Sent
from connectors.twilio_api import FAULTS, Http, failure, fault

NOT_FOUND = 404
LISTED = 5000  # messages that one look at Twilio's list may find
PAGE = 1000
HOST = "api.twilio.com"
# Where its answers send us for the bytes of a recording (Twilio's help on protected and older media).
MEDIA_DOMAINS = (".twilio.com", ".twiliocdn.com")
MEDIA_HOSTS = frozenset({"s3-external-1.amazonaws.com"})
MEDIA_SECONDS = 60.0

_log = structlog.get_logger()


class TwilioChannel:
    """One sender of a Twilio account. ``addresses`` is what a person's address looks like on this channel."""

    name: str
    webhook = "text/xml"
    addresses: ClassVar[re.Pattern[str]]

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        public_url: str,
        api_url: str | None,
        signing_key: str = "",
        timeout: float = 10.0,
    ) -> None:
        self._door = twilio_form.Door(account_sid, auth_token, public_url, signing_key)
        self._account = (account_sid, auth_token)
        self._sender = sender
        self._status_url = f"{public_url.rstrip('/')}/webhooks/{self.name}/status"
        self._api_url = api_url
        self._seconds = timeout
        self._http: Http | None = None

    def receive(self, request: Request, now: datetime) -> Sequence[Event]:
        return twilio_form.events(self._door.form(request), self.name, now, self.addresses)

    def receive_status(self, request: Request, now: datetime) -> Sequence[Event]:
        return self.receive(request, now)

    def explain(self, code: str) -> SendError:
        """What the code of a failed status means for its message: retry, window, blocked or never."""
        return failure(code)

    async def start(self, *, listen: bool = True) -> None:  # noqa: ARG002 - Twilio knows our address from its own settings
        self._http = self._http or Http(self._api_url, self._seconds)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def erase(self, address: str, refs: Sequence[str]) -> int:  # noqa: ARG002 - sids need no address
        """Deletes Twilio's records and media; the phones keep theirs. A message on its way counts as left."""
        left = 0
        for ref in refs:
            left += not await self._delete(ref)
        return left

    async def missed(self, since: datetime, until: datetime) -> Sequence[Inbound]:
        """Messages to this sender between the two, oldest first, for those whose webhook never came.

        Taps come as the words of the button, media as ``unsupported`` except voice notes. Raises ``SendError``.
        """
        try:
            rest = await self._rest()
            found = await rest.messages.list_async(
                to=self._sender, date_sent_after=since, limit=LISTED, page_size=PAGE
            )
        except FAULTS as error:
            raise fault(error) from None
        read = [
            await self._heard(rest, message, _listed(message, self.name, self.addresses))
            for message in found
            if message.direction == "inbound"
        ]
        late = [one for one in read if one is not None and since <= one.received_at <= until]
        return sorted(late, key=lambda one: one.received_at)

    async def _heard(self, rest: Client, message: Any, listed: Inbound | None) -> Inbound | None:
        """A listed message whose media is a recording is a voice note."""
        if listed is None or listed.kind == "text":
            return listed
        try:
            found = await rest.messages(listed.provider_id).media.list_async(limit=1)
        except FAULTS as error:
            raise fault(error) from None
        if not found or not (found[0].content_type or "").startswith("audio/"):
            return listed
        media = twilio_form.media_path(
            f"https://{HOST}{(found[0].uri or '').removesuffix('.json')}", message.account_sid
        )
        return dataclasses.replace(listed, kind="voice", media=media)

    async def fetch(self, media: str, limit: int) -> bytes:
        """The recording at a path of Twilio's; its answer sends us on to the host that keeps the bytes."""
        base = httpx.URL((self._api_url or f"https://{HOST}").rstrip("/"))
        url = str(base.copy_with(path=base.path.rstrip("/") + media))
        token = base64.b64encode(":".join(self._account).encode()).decode()
        return await audio.download(
            url,
            limit,
            MEDIA_SECONDS,
            headers={"Authorization": f"Basic {token}"},
            follow=lambda to: to.host == base.host if self._api_url else _keeps_media(to),
        )

    async def _rest(self) -> Client:
        await self.start()
        # A made-up environment: TWILIO_REGION and the like of the machine must not change the hosts.
        return Client(*self._account, http_client=self._http, environment={"TWILIO": "configured"})

    async def _create(self, address: str, **what: str | list[str]) -> Sent:
        try:
            made = await (await self._rest()).messages.create_async(
                to=address, from_=self._sender, status_callback=self._status_url, **what
            )
        except FAULTS as error:
            raise fault(error) from None  # the cause holds the address and the words
        if not made.sid:
            raise SendError("answer", retryable=True)
        return Sent(provider_id=made.sid, message_ref=made.sid)

    async def _delete(self, ref: str) -> bool:
        if not twilio_form.SID.fullmatch(ref):
            return False
        try:
            return bool(await (await self._rest()).messages(ref).delete_async())
        except TwilioRestException as error:
            if error.status == NOT_FOUND:
                return True
            code = fault(error).code
        except FAULTS as error:
            code = fault(error).code
        _log.info("erase_failed", channel=self.name, code=code)
        return False


def _keeps_media(url: httpx.URL) -> bool:
    """Whether Twilio keeps recordings there; anywhere else an answer of Twilio's could not send us."""
    return url.scheme == "https" and (url.host in MEDIA_HOSTS or url.host.endswith(MEDIA_DOMAINS))


def _listed(message: Any, channel: str, addresses: re.Pattern[str]) -> Inbound | None:
    if not twilio_form.SID.fullmatch(message.sid or "") or not addresses.fullmatch(message.from_ or ""):
        return None
    words = message.body or ""
    return Inbound(
        channel=channel,
        provider_id=message.sid,
        address=message.from_,
        kind="text" if words and message.num_media in {None, "0"} else "unsupported",
        received_at=message.date_sent or message.date_created,
        text=words,
        message_ref=message.sid,
    )
