"""The contract of a channel: what comes in, what goes out, and how sending can fail.

This package knows nothing of ``bot``. A third channel is one new module that fulfils ``Channel`` and
one line in ``bot/app.py``. Addresses, texts and names never stand in a ``repr`` or an exception here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

Kind = Literal["text", "choice", "voice", "image", "sticker", "location", "contact", "unsupported"]
StatusName = Literal["accepted", "sent", "delivered", "read", "failed"]
Layout = Literal["plain", "buttons", "list"]


@dataclasses.dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a person, as every channel delivers it.

    ``provider_id`` is unique within the channel and is what deduplication rests on. ``address`` is
    opaque: a WhatsApp ``From`` may be a phone number or a business-scoped id, so nobody parses it.
    ``other_address`` is a second one of the same person, under which they may write tomorrow.
    ``choice_id`` is the ``Choice.id`` that was tapped; ``answers_id`` the provider id of the message
    whose button it was. ``message_ref`` is what the channel needs to delete the message later. ``campaign`` is
    the code of the link or advert that the person came by; it is counted and never kept beside them.
    ``department`` is roughly where a place lies that they sent; the place itself is not kept. ``media`` is by what the channel fetches the recording of a voice note; empty where there is none to fetch.
    """

    channel: str
    provider_id: str = dataclasses.field(repr=False)
    address: str = dataclasses.field(repr=False)
    kind: Kind
    received_at: datetime
    text: str = dataclasses.field(default="", repr=False)
    choice_id: str = ""
    answers_id: str = dataclasses.field(default="", repr=False)
    message_ref: str = dataclasses.field(default="", repr=False)
    edited: bool = False
    campaign: str = ""
    department: str = ""
    other_address: str = dataclasses.field(default="", repr=False)
    media: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Blocked:
    """The person blocked (``blocked=True``) or unblocked us; nothing may be sent while blocked."""

    channel: str
    provider_id: str = dataclasses.field(repr=False)
    address: str = dataclasses.field(repr=False)
    blocked: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """What the provider says of a message we sent. Unordered and repeated: the reader keeps a rank."""

    channel: str
    provider_id: str = dataclasses.field(repr=False)
    status: StatusName
    code: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Ignored:
    """Genuine, but nothing to do (an unknown update kind, a group, a repeated typing event)."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Elsewhere:
    """Somebody added us, or spoke to us, where others read along: a group or a channel."""

    channel: str
    address: str = dataclasses.field(repr=False)


Event = Inbound | Blocked | Status | Ignored | Elsewhere


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One thing the person can tap. ``id`` is ours, at most 40 of ``A-Z a-z 0-9 _ . -``."""

    id: str
    title: str
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Outbound:
    """One message, already phrased for the channel it goes to.

    ``layout`` says how ``choices`` are shown: ``buttons`` and ``list`` only where ``Limits`` of the
    channel allow them; ``plain`` means that the text already names the choices by number. ``author``
    (``bot`` or ``staff``) is for channels that show both, the simulator; no provider is told. With
    ``template`` the approved template of that id is sent, and ``text`` only says what stands in it. ``numbered`` are
    the words with every choice by its number, for when buttons are refused. With ``recording`` the recording of that
    name goes out instead of words.
    """

    text: str = dataclasses.field(repr=False)
    choices: tuple[Choice, ...] = ()
    layout: Layout = "plain"
    list_label: str = ""
    locale: str = "es"
    silent: bool = False
    author: str = "bot"
    template: str = ""
    numbered: str = dataclasses.field(default="", repr=False)
    recording: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can show, and how fast it may be used. Zero means: not available, or no limit of ours.

    ``window_hours``: so long after the person wrote our own words are taken; later only the approved template
    whose id is ``notice``, where there is one. ``copies``: the provider keeps copies apart from the phones;
    ``erase`` deletes those and nothing that anybody sees. ``voice``: recordings can be sent.
    """

    text: int
    text_with_choices: int
    buttons: int
    button_title: int
    list_items: int = 0
    list_title: int = 0
    per_person_burst: int = 3
    per_person_seconds: float = 1.0
    per_second: int = 0
    window_hours: int = 0
    notice: str = ""
    copies: bool = False
    voice: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it. ``message_ref`` is what deleting or redacting it needs later."""

    provider_id: str = dataclasses.field(repr=False)
    message_ref: str = dataclasses.field(default="", repr=False)


class SendError(Exception):
    """A message was not taken. ``code`` may be shown and logged; nothing else of the answer may.

    ``retryable``: worth another try, after ``retry_after`` seconds when the provider named them.
    ``blocked``: the person does not take messages from us any more. ``window``: only an approved
    template may be sent until the person writes again. ``alarm``: nothing will be taken until an operator
    mends something. ``plain``: the buttons or the list were refused; the words may go out without them.
    """

    def __init__(
        self,
        code: str,
        *,
        retryable: bool,
        retry_after: float | None = None,
        blocked: bool = False,
        window: bool = False,
        alarm: bool = False,
        plain: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after
        self.blocked = blocked
        self.window = window
        self.alarm = alarm
        self.plain = plain


class Refused(Exception):  # noqa: N818 - it is an answer to the caller, not a fault of ours
    """The request is not genuine or not readable; ``status`` is the HTTP answer (403, 413, 415 ...)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A webhook call as it came over the wire; ``path`` and ``query`` are raw, headers lower-case."""

    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = dataclasses.field(repr=False)


class Recordings(Protocol):
    """The recordings that ``Outbound.recording`` may name."""

    def content(self, name: str) -> bytes | None:
        """OGG with Opus; None when it is gone."""

    def url(self, name: str) -> str:
        """Where a provider can fetch it; empty when it is gone."""


class Channel(Protocol):
    """A way in and out. Methods are safe to call from many tasks at once."""

    name: str
    limits: Limits
    webhook: str  # the kind of answer that the provider expects at ``/webhooks/<name>``; empty: it has none

    def receive(self, request: Request, now: datetime) -> Sequence[Event]:
        """Verify on raw bytes, then read. Raises ``Refused``; a genuine request never raises else."""

    def receive_status(self, request: Request, now: datetime) -> Sequence[Event]:
        """The same for the status route; channels without one raise ``Refused(404)``."""

    async def send(self, address: str, message: Outbound) -> Sent:
        """Hand one message to the provider, once. Raises ``SendError`` and nothing else."""

    async def acknowledge(self, event: Inbound, *, answering: bool = False) -> None:
        """After the commit: stop a tapped button spinning and, when the bot is about to answer, show it.

        Never raises.
        """

    async def erase(self, address: str, refs: Sequence[str]) -> int:
        """Remove messages (ours and theirs) at the provider; how many could not be removed."""

    async def start(self, *, listen: bool = True) -> None:
        """Open connections; with ``listen`` also begin to receive, by webhook or long polling.

        A process that only sends does not listen: two that fetch the same updates would fight over them.
        """

    async def close(self) -> None:
        """End polling and connections."""


@runtime_checkable
class Listing(Protocol):
    """A channel whose provider can be asked what came in: a webhook that was lost may never be repeated."""

    name: str

    async def missed(self, since: datetime, until: datetime) -> Sequence[Inbound]:
        """What came in between the two, oldest first, whether a webhook told us or not. Raises ``SendError``."""


@runtime_checkable
class Hearing(Protocol):
    """A channel that brings voice notes."""

    name: str

    async def fetch(self, media: str, limit: int) -> bytes:
        """The recording behind ``Inbound.media``, at most ``limit`` bytes of it.

        Raises ``SendError``: ``too_large``, ``no_such_media``, or what the network said.
        """


@runtime_checkable
class Groups(Protocol):
    """A channel that has groups, where nothing may be talked about."""

    async def decline(self, event: Elsewhere, words: str) -> None:
        """Say once that we talk in private only, and leave. Never raises."""


class SignInError(Exception):
    """A partner's single sign-on did not come about; the message is a code, never what the provider said."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """What is remembered of a sign-in between leaving and coming back."""

    state: str
    nonce: str
    verifier: str


class SignIn(Protocol):
    """A partner's single sign-on."""

    async def leave(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        ...

    async def come_back(self, attempt: Attempt, code: str) -> str:
        """The verified e-mail of whoever signed in, in small letters."""
        ...


class SubscriptionError(ValueError):
    """What a browser gave is no subscription that can be used; the message never holds the address."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser is reached by Web Push, and what only it can read."""

    endpoint: str = dataclasses.field(repr=False)
    p256dh: bytes = dataclasses.field(repr=False)
    auth: bytes = dataclasses.field(repr=False)


class WebPush(Protocol):
    """Lines to browsers that nobody has open."""

    @property
    def public(self) -> str:
        """What a browser must be told before it subscribes."""
        ...

    def subscription(self, endpoint: str, p256dh: str, auth: str) -> Subscription:
        """What a browser gave; raises ``SubscriptionError`` for what will not be called."""
        ...

    async def send(
        self,
        to: Subscription,
        words: Mapping[str, str],
        topic: str,
        urgency: Literal["normal", "high"],
        ttl: int,
    ) -> Literal["taken", "gone", "failed"]:
        """``gone``: the browser does not want it any more. ``topic`` (32 letters): a repeated message replaces."""
        ...
