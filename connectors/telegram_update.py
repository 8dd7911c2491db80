"""Telegram's updates: what do they say?

Stage: behind the door of Telegram. Promises: whatever JSON an update is, the answer is a list of
events and never an exception. Must not: read groups or channels, keep a name, a contact or a place, leave
the payload of a start link in the words, or trust a date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update
from telegram.ext.filters import StatusUpdate

from connectors import place
from connectors.base import Blocked, Elsewhere, Event, Ignored, Inbound, Kind
from connectors.text import storable

KINDS: tuple[tuple[str, Kind], ...] = (
    ("text", "text"),
    ("voice", "voice"),
    ("audio", "voice"),
    ("video_note", "voice"),
    ("photo", "image"),
    ("sticker", "sticker"),
    ("venue", "location"),
    ("location", "location"),
    ("contact", "contact"),
)
SAYS: dict[str, str] = {
    f"/{command}": words
    for command, words in yaml.safe_load(
        Path(__file__).with_name("telegram_commands.yml").read_text("utf-8")
    ).items()
}
TAP = "tap:"
COMMAND = re.compile(r"\A(/\w+)@\w+")
CAMPAIGN = re.compile(r"\A/start(?:@\w+)? ([A-Za-z0-9_-]{1,64})\Z")  # what Telegram lets a link carry
START = re.compile(r"\A/start\s.*", re.DOTALL)


def parse(body: bytes) -> Any:
    """The JSON in ``body``, or nothing when it is not readable."""
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def number(raw: object) -> int:
    """The update's number, -1 when it has none."""
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def provider_id(message: int) -> str:
    """The provider id of a message in a chat; apart from those of updates, which are bare numbers."""
    return f"m{message}"


def message_id(provider: str) -> int | None:
    """The reverse of ``provider_id``."""
    digits = provider.removeprefix("m")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def tap_of(ref: str) -> str | None:
    """The id by which the tap behind ``Inbound.message_ref`` is answered; nothing for other messages."""
    return ref.removeprefix(TAP) if ref.startswith(TAP) else None


def events(raw: object, channel: str, now: datetime) -> Sequence[Event]:
    """What an update says, in one event."""
    if number(raw) < 0 or not isinstance(raw, dict):
        return [Ignored("unreadable")]
    try:
        return [_event(Update.de_json(raw, None), channel, now)]
    except Exception:  # noqa: BLE001 - absurd dates and wrong types raise a dozen kinds; none may pass
        return [Ignored("unreadable")]


def _event(update: Update, channel: str, now: datetime) -> Event:
    update_id = str(update.update_id)
    if update.callback_query is not None:
        return _tap(update.callback_query, channel, update_id, now)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, channel, update_id)
    message = update.message or update.edited_message
    if message is None:
        return Ignored("other_update")
    return _message(update, message, channel, now)


def _message(update: Update, message: Message, channel: str, now: datetime) -> Event:
    if message.chat.type != Chat.PRIVATE:
        return Elsewhere(channel, str(int(message.chat.id)))
    kind = next((kind for field, kind in KINDS if getattr(message, field)), None)
    if kind is None:
        if StatusUpdate.ALL.check_update(update):
            return Ignored("service_message")
        kind = "unsupported"
    if kind == "location" and update.message is None:
        return Ignored("moved")  # a place that is shared while somebody moves comes again every few seconds
    return Inbound(
        channel=channel,
        provider_id=str(update.update_id),
        address=str(int(message.chat.id)),
        kind=kind,
        received_at=now,
        text=_words(message.text or message.caption or ""),
        message_ref=str(int(message.message_id)),
        edited=update.message is None,
        campaign=found[1] if (found := CAMPAIGN.match(message.text or "")) else "",
        department=_department(message) if kind == "location" else "",
        media=_media(message) if kind == "voice" else "",
    )


def _department(message: Message) -> str:
    where = message.location or (message.venue.location if message.venue else None)
    return place.department(float(where.latitude), float(where.longitude)) if where else ""


def _media(message: Message) -> str:
    """By what the recording is fetched. A video note shows a face, and is not kept."""
    recording = message.voice or message.audio
    return storable(str(recording.file_id)) if recording else ""


def _words(text: str) -> str:
    """The text without a bot's name behind a command and without the payload of a start link, or what a command says."""
    plain = START.sub("/start", COMMAND.sub(r"\1", text))
    return storable(SAYS.get(plain.strip().casefold(), plain))


def _tap(tap: CallbackQuery, channel: str, update_id: str, now: datetime) -> Event:
    if not tap.data:
        return Ignored("tap_without_data")
    if tap.message is not None and tap.message.chat.type != Chat.PRIVATE:
        return Ignored("not_private")
    return Inbound(
        channel=channel,
        provider_id=update_id,
        address=str(int(tap.from_user.id)),  # the message may be gone; in a private chat it is the same
        kind="choice",
        received_at=now,
        text=_title(tap),
        choice_id=storable(tap.data),
        answers_id=provider_id(int(tap.message.message_id)) if tap.message is not None else "",
        message_ref=TAP + storable(str(tap.id)),
    )


def _title(tap: CallbackQuery) -> str:
    """The words on the tapped button, as far as Telegram still knows its message."""
    markup = tap.message.reply_markup if isinstance(tap.message, Message) else None
    keys = [key for row in markup.inline_keyboard for key in row] if markup else []
    return next((storable(key.text) for key in keys if key.callback_data == tap.data), "")


def _membership(change: ChatMemberUpdated, channel: str, update_id: str) -> Event:
    status = change.new_chat_member.status
    if change.chat.type != Chat.PRIVATE:
        here = status in {ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED}
        return Elsewhere(channel, str(int(change.chat.id))) if here else Ignored("not_private")
    if status not in {ChatMember.BANNED, ChatMember.MEMBER}:
        return Ignored("membership")
    return Blocked(channel, update_id, str(int(change.chat.id)), blocked=status == ChatMember.BANNED)
