"""Twilio's webhook forms: is it genuine, and what does it say?

Stage: the door of WhatsApp. Promises: verification rests on the raw body and the configured public
address, and every fault of a request is a ``Refused``; a genuine form, whatever stands in it, gives
events and never an exception. Must not: keep the profile name, coordinates or the address of any media but a
voice note's (and of that only the path), and must not read anything out of the sender's address, which may be a phone number or an opaque id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from connectors import place
from connectors.base import Blocked, Event, Ignored, Inbound, Kind, Refused, Request, Status, StatusName
from connectors.twilio_api import failure

BODY_LIMIT = 256 * 1024
SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
CAMPAIGN = re.compile(r"[A-Za-z0-9_-]{1,64}")
CODE = re.compile(r"[0-9]{1,6}")
FORM_TYPE = "application/x-www-form-urlencoded"
ALGORITHMS = {"HMAC_SHA1", "HMAC_SHA256"}
MEDIA = re.compile(
    r"https://api(?:\.[a-z0-9-]+)*\.twilio\.com(/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/Messages/(?:SM|MM)[0-9a-fA-F]{32}/Media/ME[0-9a-fA-F]{32})"
)
SCOPED = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,100}")  # a business-scoped id without its channel
PAYLOAD_LIMIT = 200  # Twilio's own limit for the id of a button or list item

# The thirteen names of the specification; what is not here says nothing about a message of ours.
STATUS_NAMES: dict[str, StatusName] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
MESSAGE_TYPES: dict[str, Kind] = {
    "audio": "voice",
    "voice": "voice",
    "image": "image",
    "sticker": "sticker",
    "location": "location",
    "contact": "contact",
    "contacts": "contact",
}
MEDIA_TYPES: tuple[tuple[str, Kind], ...] = (
    ("audio/", "voice"),
    ("image/webp", "sticker"),
    ("image/", "image"),
    ("text/vcard", "contact"),
    ("text/x-vcard", "contact"),
)
# The words that come with these are a place or somebody's name and number, not a message.
WORDLESS: frozenset[Kind] = frozenset({"location", "contact"})

Form = ImmutableMultiDict[str, str]


class Door:
    """Verifies what comes from one Twilio account at one public address.

    ``signing_key`` is the secret of Twilio's shared-key signatures; without one only signatures made
    with the account's token are taken.
    """

    def __init__(self, account_sid: str, auth_token: str, public_url: str, signing_key: str = "") -> None:
        self._account_sid = account_sid
        self._public_url = public_url.rstrip("/")
        self._token = RequestValidator(auth_token)
        self._shared = RequestValidator(signing_key) if signing_key else None

    def form(self, request: Request) -> Form:
        """The fields of a genuine request; raises ``Refused`` with 403, 413 or 415."""
        if len(request.body) > BODY_LIMIT:
            raise Refused(413, "body_too_large")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise Refused(415, "not_a_form")
        try:
            # Empty fields are part of the signature: a voice note has an empty Body.
            pairs = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=1000)
            form = ImmutableMultiDict(pairs)
            genuine = self._signed(request, form)
        except (TypeError, ValueError) as fault:  # the validator raises on odd input
            raise Refused(403, "unreadable") from fault
        if not genuine:
            raise Refused(403, "signature")
        if form.getlist("AccountSid") != [self._account_sid]:
            raise Refused(403, "account")
        return form

    def _signed(self, request: Request, form: Form) -> bool:
        signature = request.headers.get("x-twilio-signature", "")
        settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
        algorithm = get_signature_algorithm(settings).upper()
        if not signature or algorithm not in ALGORITHMS:
            return False
        # Never from the request's own scheme and host: a proxy changes them, an attacker chooses them.
        url = self._public_url + request.path + (f"?{request.query}" if request.query else "")
        if settings and self._shared is not None and self._shared.validate(url, form, signature, algorithm):
            return True
        return bool(self._token.validate(url, form, signature))


def events(form: Form, channel: str, now: datetime, addresses: re.Pattern[str]) -> Sequence[Event]:
    """What a genuine form says, from whoever has such an address; a status posted to the message route (or the reverse) is read all the same."""
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if not SID.fullmatch(sid):
        return [Ignored("no_message_id")]
    if "MessageStatus" in form:
        return _statuses(form, channel, sid, addresses)
    return [_inbound(form, channel, sid, now, addresses)]


def _statuses(form: Form, channel: str, sid: str, addresses: re.Pattern[str]) -> Sequence[Event]:
    status = STATUS_NAMES.get(form["MessageStatus"].lower())
    if status is None:
        return [Ignored("unknown_status")]
    code = form.get("ErrorCode", "")
    told = Status(channel, sid, status, code if CODE.fullmatch(code) else "")
    address = form.get("To", "")
    if status == "failed" and failure(told.code).blocked and addresses.fullmatch(address):
        return [told, Blocked(channel, f"{sid}:blocked", address, blocked=True)]
    return [told]


def _inbound(form: Form, channel: str, sid: str, now: datetime, addresses: re.Pattern[str]) -> Event:
    address = form.get("From", "")
    if not addresses.fullmatch(address):
        return Ignored("other_sender")
    if form.get("MessageType", "").lower() == "reaction":
        return Ignored("reaction")  # a thumb on any message of ours, new or old, answers no question
    other = form.get("ExternalUserId", "")
    other = f"{address.partition(':')[0]}:{other}" if SCOPED.fullmatch(other) else other
    choice = form.get("ButtonPayload") or form.get("ListId") or ""
    text = form.get("ButtonText") or form.get("ListTitle") or form.get("Body") or ""
    if choice and len(choice) <= PAYLOAD_LIMIT:
        kind: Kind = "choice"
        answers = form.get("OriginalRepliedMessageSid", "")
    else:
        kind, choice, answers = _kind(form, text), "", ""
    return Inbound(
        channel=channel,
        provider_id=sid,
        address=address,
        kind=kind,
        received_at=now,
        text="" if kind in WORDLESS else text,
        choice_id=choice,
        answers_id=answers,
        message_ref=sid,
        campaign=advert if CAMPAIGN.fullmatch(advert := form.get("ReferralSourceId", "")) else "",
        other_address=other if addresses.fullmatch(other) and other != address else "",
        department=_department(form) if kind == "location" else "",
        media=media_path(form.get("MediaUrl0", ""), form["AccountSid"]) if kind == "voice" else "",
    )


def _department(form: Form) -> str:
    try:
        return place.department(float(form.get("Latitude", "")), float(form.get("Longitude", "")))
    except ValueError:
        return ""


def media_path(url: str, account_sid: str) -> str:
    """Where the recording lies at Twilio; nothing when it is no address of this account's there."""
    found = MEDIA.fullmatch(url)
    return found[1] if found and f"/{account_sid}/" in found[1] else ""


def _kind(form: Form, text: str) -> Kind:
    if "Latitude" in form:
        return "location"
    named = MESSAGE_TYPES.get(form.get("MessageType", "").lower())
    if named is not None:
        return named
    if form.get("NumMedia", "0") not in {"", "0"}:
        media = form.get("MediaContentType0", "").lower()
        return next((kind for prefix, kind in MEDIA_TYPES if media.startswith(prefix)), "unsupported")
    return "text" if text else "unsupported"
