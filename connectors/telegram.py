"""Telegram through the Bot API.

Stage: the first and the last of the picture. Promises: ``receive`` takes only what carries our secret
and reads private chats only; ``send`` hands a message over once; an update fetched by polling is
confirmed to Telegram only after it was stored. Must not: use webhook and polling at once, log an
address, a word or a URL (each URL holds the token), or let anything but a code out of an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

# The library's own switch to waiting times that are not deprecated; read at each error.
os.environ.setdefault("PTB_TIMEDELTA", "true")

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from connectors import audio, telegram_update
from connectors.base import (
    Elsewhere,
    Event,
    Inbound,
    Limits,
    Outbound,
    Recordings,
    Refused,
    Request,
    SendError,
    Sent,
)
from connectors.telegram_setup import Profile, connect, present

# Bot API: text 4096, 100 buttons in all, one message a second per chat with short bursts. Titles have
# no limit of their own; longer ones are cut on narrow phones.
LIMITS = Limits(
    text=4096,
    text_with_choices=4096,
    buttons=100,
    button_title=60,
    per_person_burst=3,
    per_person_seconds=1.0,
    per_second=30,
    voice=True,
)
BODY_LIMIT = 256 * 1024
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
CHAT = re.compile(r"-?[0-9]{1,18}")
TELEGRAM = "https://api.telegram.org"
WEBHOOK_PATH = "/webhooks/telegram"
SHORT_TITLE = 14  # two of these fit side by side on a narrow phone
DELETE_AT_ONCE = 100
LONGEST_WAIT = 30.0
MEDIA_SECONDS = 60.0
# What a 200 with something unexpected inside makes the library raise.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError)

_log = structlog.get_logger()

Deliver = Callable[[Sequence[Event]], Awaitable[None]]


class _Http(HTTPXRequest):
    """The library's client, without its habit of logging an unreadable answer in full."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        read = telegram_update.parse(payload)
        if not isinstance(read, dict):
            raise TelegramError("unreadable answer")
        return read


class Telegram:
    """The channel ``telegram``: one bot.

    At an HTTPS ``public_url`` Telegram calls us and proves itself by ``secret``; without one, updates
    are fetched and handed to ``deliver``, which must have stored them when it returns. ``api_url``
    replaces Telegram's address (a Bot API server of one's own). ``silent``: messages arrive without a sound;
    ``protect``: they can be neither forwarded nor saved.
    ``recordings`` are the questions that can be heard. ``clock`` dates fetched updates.
    """

    name = "telegram"
    limits = LIMITS
    webhook = "text/plain"

    def __init__(
        self,
        token: str,
        secret: str,
        api_url: str | None,
        public_url: str | None,
        deliver: Deliver | None = None,
        *,
        silent: bool = False,
        protect: bool = True,
        recordings: Recordings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        poll_seconds: int = 25,
        first_wait: float = 1.0,
        timeout: float = 10.0,
    ) -> None:
        self._secret = secret.encode()
        # Telegram calls HTTPS addresses only; on a developer's machine that means polling.
        self._public_url = (public_url or "").rstrip("/") if (public_url or "").startswith("https://") else ""
        self._deliver = deliver
        self._silent = silent
        self._protect = protect
        self._recordings = recordings
        self._declined: set[int] = set()
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._first_wait = first_wait
        self._calls = _Http(connection_pool_size=32, read_timeout=timeout, pool_timeout=timeout)
        self._polls = _Http(connection_pool_size=1, read_timeout=poll_seconds + timeout)
        at = (api_url or TELEGRAM).rstrip("/")
        self._bot = Bot(
            token, f"{at}/bot", f"{at}/file/bot", request=self._calls, get_updates_request=self._polls
        )
        self._task: asyncio.Task[None] | None = None

    def receive(self, request: Request, now: datetime) -> Sequence[Event]:
        if len(request.body) > BODY_LIMIT:
            raise Refused(413, "body_too_large")
        shown = request.headers.get("x-telegram-bot-api-secret-token", "").encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(shown, self._secret):
            raise Refused(403, "secret")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "not_json")
        return telegram_update.events(telegram_update.parse(request.body), self.name, now)

    def receive_status(self, request: Request, now: datetime) -> Sequence[Event]:  # noqa: ARG002 - has none
        raise Refused(404, "no_status_route")

    async def send(self, address: str, message: Outbound) -> Sent:
        if not CHAT.fullmatch(address):
            raise SendError("400", retryable=False)
        try:
            sent = await (self._speak if message.recording else self._write)(int(address), message)
        except TelegramError as error:
            raise fault(error) from None  # the message of the cause may hold the address
        except UNREADABLE:
            # Taken, but the answer makes no sense: a second try would be a second message.
            raise SendError("answer", retryable=False) from None
        return Sent(telegram_update.provider_id(sent.message_id), str(sent.message_id))

    async def _write(self, chat: int, message: Outbound) -> Message:
        return await self._bot.send_message(
            chat_id=chat,
            text=message.text,
            reply_markup=_keyboard(message),
            disable_notification=message.silent or self._silent,
            protect_content=self._protect,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def _speak(self, chat: int, message: Outbound) -> Message:
        content = self._recordings.content(message.recording) if self._recordings else None
        if content is None:  # deleted since it was offered
            raise SendError("no_recording", retryable=False)
        return await self._bot.send_voice(
            chat_id=chat,
            voice=content,
            filename="audio.ogg",
            disable_notification=message.silent or self._silent,
            protect_content=self._protect,
        )

    async def acknowledge(self, event: Inbound, *, answering: bool = False) -> None:  # noqa: ARG002 - it answers sooner than "typing" shows
        """Ends the waiting mark on a tapped button, then takes the buttons away."""
        tap = telegram_update.tap_of(event.message_ref)
        if tap is None:
            return
        with self._unharmed("acknowledge_failed"):
            await self._bot.answer_callback_query(tap)
        message_id = telegram_update.message_id(event.answers_id)
        if message_id is not None:
            with self._unharmed("keyboard_kept"):
                await self._bot.edit_message_reply_markup(int(event.address), message_id, reply_markup=None)

    async def fetch(self, media: str, limit: int) -> bytes:
        """The recording of a file id. Its address holds the token, and is neither kept nor named."""
        try:
            found = await self._bot.get_file(media)
        except BadRequest as error:
            code = "too_large" if "too big" in error.message else "400"
            raise SendError(code, retryable=False) from None
        except TelegramError as error:
            raise fault(error) from None
        except UNREADABLE:
            raise SendError("answer", retryable=True) from None
        if (found.file_size or 0) > limit:
            raise SendError("too_large", retryable=False)
        url = found.file_path or ""
        if not url.startswith("http"):  # a Bot API server in local mode names a file on its own disk
            raise SendError("no_such_media", retryable=False)
        return await audio.download(url, limit, MEDIA_SECONDS)

    async def decline(self, event: Elsewhere, words: str) -> None:
        chat = int(event.address)
        if chat in self._declined:
            return
        self._declined.add(chat)
        with self._unharmed("decline_unsaid"):
            await self._bot.send_message(chat, words, disable_notification=True)
        with self._unharmed("group_kept"):
            await self._bot.leave_chat(chat)

    async def set_up(self, profiles: Mapping[str, Profile]) -> list[str]:
        """Present the bot and connect it; what was changed. Raises ``SendError``."""
        url = self._public_url + WEBHOOK_PATH if self._public_url else ""
        try:
            changed = await present(self._bot, profiles)
            return changed + await connect(self._bot, url, self._secret.decode(), ALLOWED_UPDATES)
        except TelegramError as error:
            raise fault(error) from None

    async def erase(self, address: str, refs: Sequence[str]) -> int:
        """Deletes messages of both sides from the chat; Telegram allows it for 48 hours."""
        ids = list(dict.fromkeys(int(ref) for ref in refs if ref.isascii() and ref.isdigit()))
        left = 0
        for start in range(0, len(ids), DELETE_AT_ONCE):
            left += await self._delete(int(address), ids[start : start + DELETE_AT_ONCE])
        return left

    async def start(self, *, listen: bool = True) -> None:
        if not listen:
            return
        if not self._public_url and self._deliver is None:
            raise ValueError("polling needs somebody to deliver to")
        receiving = self._register if self._public_url else self._poll
        if self._task is None:
            self._task = asyncio.create_task(receiving(), name="telegram")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._calls.shutdown()
        await self._polls.shutdown()

    async def _register(self) -> None:
        """Tells Telegram where to call us; tries until it is done."""
        await self._until(
            lambda: self._bot.set_webhook(
                self._public_url + WEBHOOK_PATH,
                secret_token=self._secret.decode(),
                allowed_updates=ALLOWED_UPDATES,
            )
        )

    async def _poll(self) -> None:
        """Fetches updates for ever, confirming each one after it was stored."""
        await self._until(self._bot.delete_webhook)
        offset, wait = 0, self._first_wait
        while True:
            try:
                for update in await self._fetch(offset):
                    await self._store(update)
                    offset = max(offset, telegram_update.number(update) + 1)
                wait = self._first_wait
            except Exception as error:  # noqa: BLE001 - whatever it was, the next try must still be made
                _log.warning("poll_failed", channel=self.name, error=type(error).__name__)
                await asyncio.sleep(_wait(error, wait))
                wait = min(wait * 2, LONGEST_WAIT)

    async def _fetch(self, offset: int) -> Sequence[object]:
        """The raw updates from ``offset`` on; ``Bot.get_updates`` loses a whole batch to one odd update."""
        asked = {
            "offset": offset,
            "timeout": self._poll_seconds,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        found = await self._polls.post(f"{self._bot.base_url}/getUpdates?{urlencode(asked)}")
        return found if isinstance(found, list) else []

    async def _store(self, update: object) -> None:
        if self._deliver is not None:
            await self._deliver(telegram_update.events(update, self.name, self._clock()))

    async def _until(self, call: Callable[[], Awaitable[object]]) -> None:
        wait = self._first_wait
        while True:
            try:
                await call()
            except Exception as error:  # noqa: BLE001 - without this call the channel is deaf, so it is tried on
                _log.error("start_failed", channel=self.name, error=type(error).__name__)
                await asyncio.sleep(_wait(error, wait))
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                return

    async def _delete(self, chat: int, ids: Sequence[int]) -> int:
        try:
            await self._bot.delete_messages(chat, ids)
        except BadRequest:
            # One message that is too old spoils the call for all; then each is asked for by itself.
            return sum([not await self._delete_one(chat, one) for one in ids])
        except TelegramError as error:
            _log.info("erase_failed", channel=self.name, code=fault(error).code)
            return len(ids)
        return 0

    async def _delete_one(self, chat: int, message_id: int) -> bool:
        try:
            return await self._bot.delete_message(chat, message_id)
        except BadRequest as error:
            return "not found" in error.message  # gone already
        except TelegramError:
            return False

    @contextlib.contextmanager
    def _unharmed(self, event: str) -> Iterator[None]:
        try:
            yield
        except TelegramError as error:
            _log.info(event, channel=self.name, code=fault(error).code)
        except UNREADABLE:
            _log.info(event, channel=self.name, code="answer")


def fault(error: TelegramError) -> SendError:
    """What one of the library's errors means for the message."""
    if isinstance(error, RetryAfter):
        return SendError("429", retryable=True, retry_after=_wait(error, 1.0))
    if isinstance(error, Forbidden):
        return SendError("403", retryable=False, blocked=True)
    if isinstance(error, BadRequest):
        return SendError("400", retryable=False)
    if isinstance(error, TimedOut):
        return SendError("timeout", retryable=True)
    if isinstance(error, InvalidToken):
        # An operator can mend the token, so nothing is thrown away.
        return SendError("401", retryable=True, retry_after=300.0)
    return SendError("409" if isinstance(error, Conflict) else "network", retryable=True)


def _wait(error: Exception, otherwise: float) -> float:
    if not isinstance(error, RetryAfter):
        return otherwise
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def _keyboard(message: Outbound) -> InlineKeyboardMarkup | None:
    """Buttons under the message, two in a row where both are short."""
    if message.layout == "plain" or not message.choices:
        return None
    width = 2 if all(len(choice.title) <= SHORT_TITLE for choice in message.choices) else 1
    keys = [InlineKeyboardButton(choice.title, callback_data=choice.id) for choice in message.choices]
    return InlineKeyboardMarkup([keys[at : at + width] for at in range(0, len(keys), width)])
