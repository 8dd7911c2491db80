"""Inbound traffic as the platforms make it: signed forms, updates with our secret, and the samples."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import MultiDict
from twilio.request_validator import RequestValidator

SAMPLES = Path(__file__).with_name("specs") / "samples"
ACCOUNT = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
SENDER = "whatsapp:+14155238886"
PERSON = "whatsapp:+15005550006"
FORM = "application/x-www-form-urlencoded"

Form = Mapping[str, str] | Iterable[tuple[str, str]]

_updates = itertools.count(1_000)


def sign_twilio(url: str, form: Form, token: str, *, algorithm: str = "") -> tuple[dict[str, str], bytes]:
    """Headers (lower-case) and body of ``form`` as Twilio would post it to ``url``.

    ``algorithm`` makes a shared-key signature; ``token`` is then that key's secret.
    """
    pairs = list(form.items()) if isinstance(form, Mapping) else [(name, value) for name, value in form]
    signature = RequestValidator(token).compute_signature(url, MultiDict(pairs), algorithm or None)
    headers = {"content-type": FORM, "x-twilio-signature": signature}
    if algorithm:
        headers["x-twilio-webhooks-signature-settings"] = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
    return headers, urlencode(pairs).encode()


def message_form(text: str, person: str = PERSON, **more: str) -> dict[str, str]:
    """The fields of a typed WhatsApp message with a new sid; ``more`` adds or replaces fields."""
    sid = "SM" + secrets.token_hex(16)
    return {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": "Test Person",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": "15005550006",
        "SmsStatus": "received",
        "Body": text,
        "To": SENDER,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": person,
        "ApiVersion": "2010-04-01",
        **more,
    }


def tap_form(choice: str, title: str, answers: str, person: str = PERSON) -> dict[str, str]:
    """The fields of a tapped quick-reply button of the message with sid ``answers``."""
    return message_form(
        title,
        person,
        MessageType="interactive",
        ButtonText=title,
        ButtonPayload=choice,
        OriginalRepliedMessageSid=answers,
        OriginalRepliedMessageSender=SENDER,
    )


def status_form(sid: str, status: str, code: str = "", person: str = PERSON) -> dict[str, str]:
    """The fields of a status callback for our message ``sid``."""
    form = {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": "2010-04-01",
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": person,
        "From": SENDER,
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
    }
    return {**form, "ErrorCode": code} if code else form


def telegram_headers(secret: str) -> dict[str, str]:
    """The headers (lower-case) of a webhook call by Telegram."""
    return {"content-type": "application/json", "x-telegram-bot-api-secret-token": secret}


def text_update(text: str, chat: int = 7001, update_id: int | None = None) -> dict[str, Any]:
    """An update with a typed message in a private chat."""
    number = next(_updates) if update_id is None else update_id
    message = {"message_id": 500_000 + number, "date": 1_700_000_000, **_private(chat), "text": text}
    return {"update_id": number, "message": message}


def voice_update(file_id: str, chat: int = 7001) -> dict[str, Any]:
    """An update with a voice note."""
    update = text_update("", chat)
    del update["message"]["text"]
    update["message"]["voice"] = {"file_id": file_id, "file_unique_id": f"u{file_id}", "duration": 3}
    return update


def voice_form(sid: str, media_url: str, person: str = PERSON) -> dict[str, str]:
    """The fields of a WhatsApp voice note."""
    given = {"MediaUrl0": media_url, "MediaContentType0": "audio/ogg", "NumMedia": "1"}
    return message_form(
        "", person, MessageType="audio", MessageSid=sid, SmsSid=sid, SmsMessageSid=sid, **given
    )


def tap_update(
    choice: str, message_id: int, chat: int = 7001, update_id: int | None = None
) -> dict[str, Any]:
    """An update with a tap on a button of our message ``message_id``."""
    number = next(_updates) if update_id is None else update_id
    sides = _private(chat)
    shown = {"message_id": message_id, "date": 1_700_000_000, "chat": sides["chat"], "text": "?"}
    tap = {"id": str(number), "from": sides["from"], "chat_instance": "9", "data": choice, "message": shown}
    return {"update_id": number, "callback_query": tap}


def _private(chat: int) -> dict[str, Any]:
    return {
        "chat": {"id": chat, "type": "private", "first_name": "Test"},
        "from": {"id": chat, "is_bot": False, "first_name": "Test", "language_code": "es"},
    }


def twilio_samples(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name and fields of each sample; ``kind`` is ``inbound`` or ``status``."""
    samples = json.loads((SAMPLES / "twilio_webhooks.json").read_text("utf-8"))[kind]
    return [(one["name"], [(name, value) for name, value in one["form"]]) for one in samples]


def telegram_samples() -> list[tuple[str, dict[str, Any]]]:
    """Name and update of each sample."""
    samples = json.loads((SAMPLES / "telegram_updates.json").read_text("utf-8"))["updates"]
    return [(one["name"], one["update"]) for one in samples]
