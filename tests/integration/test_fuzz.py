"""Generated traffic through the whole door: signed forms and updates that fit the platforms' own descriptions.

No answer 5xx, no unhandled error, every event stored, declined, or ignored with a reason that is counted; what people
write comes out of the store as they wrote it; nothing of it stands in a log.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import select
from starlette.applications import Starlette

from bot import logs
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.storage.database import Database
from bot.storage.tables import inbound
from bot.vault import KeyRing, Vault
from bot.webhook import Door
from connectors.sms import Sms
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp
from tests import newest
from tests.integration.conftest import NOW
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, PERSON, SENDER, message_form, sign_twilio, telegram_headers, text_update
from tests.peers.updates import updates

PUBLIC = "https://faro.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "s" * 64
NOWHERE = "http://127.0.0.1:9"
SMALL, LARGE = 60, 20_000
HARD = [
    "¡Hola! ñ",
    "👩🏽‍🦱👍",
    "e\u0301 cafe\u0301",
    "\u202eשלום\u202c مرحبا",
    "a\u0000b",
    "'; DROP TABLE--",
    "{{1}}",
    "<b>",
]

RECORDING = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'0' * 32}/Media/ME{'0' * 32}"

words = st.one_of(st.sampled_from(HARD), st.text(st.characters(codec="utf-8"), max_size=80))
right_sids = st.builds("{}{:032x}".format, st.sampled_from(["SM", "MM"]), st.integers(0, 2**128 - 1))
sids = st.one_of(right_sids, st.sampled_from(["", "SM1", "HX" + "0" * 32]))
people = st.sampled_from(
    [PERSON, "whatsapp:US.13491208655302741918", "+51987654321", "", "messenger:1", "whatsapp:"]
)
FIELDS = {
    "MessageSid": sids,
    "SmsSid": sids,
    "From": people,
    "To": people,
    "Body": words,
    "NumMedia": st.sampled_from(["", "0", "1", "10", "x"]),
    "MessageType": st.sampled_from(
        ["text", "interactive", "image", "audio", "sticker", "location", "contacts", "reaction", "order", ""]
    ),
    "MediaContentType0": st.sampled_from(["audio/ogg", "image/webp", "text/vcard", "", "x"]),
    "MediaUrl0": st.one_of(words, st.just(RECORDING)),
    "ButtonPayload": words,
    "ButtonText": words,
    "ListId": words,
    "ListTitle": words,
    "OriginalRepliedMessageSid": sids,
    "Latitude": st.one_of(words, st.floats().map(str)),
    "Longitude": st.one_of(words, st.floats().map(str)),
    "ProfileName": words,
    "ChannelMetadata": words,
    "ExternalUserId": st.one_of(words, people, st.just("PE.13491208655302741918")),
    "Forwarded": st.sampled_from(["true", "false"]),
    "ReferralSourceId": words,
    "ReferralBody": words,
    "MessageStatus": st.sampled_from(
        ["sent", "delivered", "read", "failed", "undelivered", "receiving", "odd", ""]
    ),
    "ErrorCode": st.sampled_from(["", "63016", "21610", "63018", "63005", "x" * 40, "-1"]),
    "Future": words,
}
OF_STATUS = ("MessageStatus", "ErrorCode", "To")
RIGHT = {"AccountSid": st.just(ACCOUNT), "MessageSid": right_sids}
MESSAGE = RIGHT | {"From": st.sampled_from([PERSON, "+51987654321"]), "Body": words}
STATUS = RIGHT | {name: FIELDS[name] for name in OF_STATUS}
forms = st.one_of(  # anything, messages, and what became of ours
    st.fixed_dictionaries({"AccountSid": st.just(ACCOUNT)}, optional=FIELDS),
    st.fixed_dictionaries(
        MESSAGE, optional={name: FIELDS[name] for name in FIELDS if name not in {*MESSAGE, *OF_STATUS}}
    ),
    st.fixed_dictionaries(STATUS),
)
MESSAGES = {"text", "choice", "voice", "image", "sticker", "location", "contact", "unsupported"}
FROM_TWILIO = MESSAGES | {"blocked", "status", "no_message_id", "unknown_status", "other_sender", "reaction"}
FROM_TELEGRAM = MESSAGES | {
    "blocked",
    "unblocked",
    "elsewhere",
    "unreadable",
    "other_update",
    "service_message",
}
FROM_TELEGRAM |= {"tap_without_data", "not_private", "membership", "moved"}
paths = st.sampled_from(
    ["/webhooks/whatsapp", "/webhooks/whatsapp/status", "/webhooks/sms", "/webhooks/sms/status"]
)


class Gate:
    """All channels behind one door, on a database of their own, with every logger open."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        url = f"sqlite:///{folder / 'faro.db'}"
        newest.sqlite(url)
        self.db, self.vault = Database(url), Vault(KeyRing.create(folder / "keys.json"))
        channels: dict[str, Any] = {
            "whatsapp": WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, NOWHERE, Contents()),
            "sms": Sms(ACCOUNT, TOKEN, "+14155238886", PUBLIC, NOWHERE),
            "telegram": Telegram("1:x", SECRET, NOWHERE, PUBLIC),
        }
        for channel in channels.values():  # what leaves is tested elsewhere, and here it has nowhere to go
            channel.acknowledge = self._nothing
        channels["telegram"].decline = self._nothing
        self.inbox = Inbox(self.db, self.vault, lambda: NOW)
        outbox = Outbox(self.db, self.vault, channels, lambda: NOW, lambda: 0.5)
        self.door = Door(channels, self.inbox, outbox, lambda: NOW, say=lambda key, _: key)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=self.door.routes())), base_url="http://127.0.0.1"
        )
        self.log = io.StringIO()
        logs.configure(debug=True, stream=self.log)

    async def _nothing(self, *_: object, **__: object) -> None:
        """In place of a call to a provider."""

    def post(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """One call, as the provider makes it; an error that nobody handled is raised here."""
        return self.loop.run_until_complete(self.http.post(path, headers=headers, content=body)).status_code

    def newest(self) -> str | None:
        """The words of the message stored last."""

        async def read() -> str | None:
            async with self.db.read() as conn:
                row = (await conn.execute(select(inbound).order_by(inbound.c.seq.desc()).limit(1))).first()
            return None if row is None else self.inbox.opened(row).text

        return self.loop.run_until_complete(read())

    def close(self) -> None:
        self.loop.run_until_complete(self.http.aclose())
        self.loop.run_until_complete(self.db.close())
        self.loop.close()


@pytest.fixture
def gate(tmp_path: Path) -> Any:
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = list(root.handlers)
    gate = Gate(tmp_path)
    yield gate
    gate.close()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def counted() -> Counter[str]:
    """Events by their kind, ignored ones by their reason."""
    total: Counter[str] = Counter()
    for family in REGISTRY.collect():
        for sample in family.samples:
            if sample.name == "faro_events_total" and sample.labels["kind"] != "ignored":
                total[sample.labels["kind"]] += int(sample.value)
            if sample.name == "faro_ignored_total":
                total[sample.labels["reason"]] += int(sample.value)
    return total


def sizes(count: int) -> Any:
    """How many, and without a watch: the machine is shared."""
    return settings(
        max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )


def forms_are_taken(gate: Gate, count: int) -> Counter[str]:
    """Each signed form is answered with 2xx and counted; unsigned it is refused and leaves no trace. What they were."""
    began = counted()

    @sizes(count)
    @given(path=paths, form=forms)
    def check(path: str, form: dict[str, str]) -> None:
        before = counted().total()
        headers, body = sign_twilio(PUBLIC + path, form, TOKEN)
        assert gate.post(path, headers, body) == 200
        after = counted().total()
        assert after >= before + 1
        headers.pop("x-twilio-signature")
        assert gate.post(path, headers, body) == 403
        assert counted().total() == after

    check()
    return counted() - began


def updates_are_taken(gate: Gate, count: int) -> Counter[str]:
    """Each update that fits Telegram's own schema is answered with 2xx and counted once; with another secret, refused.

    What they were.
    """
    began = counted()

    @sizes(count)
    @given(update=updates())
    def check(update: Any) -> None:
        before = counted().total()
        body = json.dumps(update).encode()
        assert gate.post("/webhooks/telegram", telegram_headers(SECRET), body) == 200
        assert counted().total() == before + 1
        assert gate.post("/webhooks/telegram", telegram_headers(SECRET[1:]), body) == 403
        assert counted().total() == before + 1

    check()
    return counted() - began


def test_generated_forms(gate: Gate) -> None:
    """The small edition."""
    forms_are_taken(gate, SMALL)


def test_generated_updates(gate: Gate) -> None:
    """The small edition."""
    updates_are_taken(gate, SMALL)


@pytest.mark.nightly
def test_twenty_thousand_forms(gate: Gate) -> None:
    """The long edition, which meets every kind of message, status and reason."""
    assert FROM_TWILIO - forms_are_taken(gate, LARGE).keys() == set()


@pytest.mark.nightly
def test_twenty_thousand_updates(gate: Gate) -> None:
    """The long edition, which meets every kind of message, change and reason."""
    assert FROM_TELEGRAM - updates_are_taken(gate, LARGE).keys() == set()


@pytest.mark.parametrize("text", [text for text in HARD if "\x00" not in text])
@pytest.mark.parametrize("channel", ["whatsapp", "sms", "telegram"])
def test_words_come_in_byte_by_byte(gate: Gate, channel: str, text: str) -> None:
    """Spanish, emoji, combining accents, writing from the right: stored as they were written."""
    if channel == "telegram":
        headers, body = telegram_headers(SECRET), json.dumps(text_update(text)).encode()
    else:
        form = message_form(text, PERSON if channel == "whatsapp" else "+51987654321")
        headers, body = sign_twilio(f"{PUBLIC}/webhooks/{channel}", form, TOKEN)
    assert gate.post(f"/webhooks/{channel}", headers, body) == 200
    stored = gate.newest()
    assert stored is not None
    assert stored.encode() == text.encode()


def test_no_canary_in_any_log(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    """Words, name, number, chat, secret and token of every kind of call, taken or refused, with every logger open."""
    caplog.set_level(logging.DEBUG)
    canaries = {
        "Body": "canario-palabra",
        "ProfileName": "canario-nombre",
        "MediaUrl0": "https://canario-medio",
    }
    for path in ("/webhooks/whatsapp", "/webhooks/whatsapp/status", "/webhooks/sms"):
        for more in (
            {},
            {"Latitude": "canario-lugar"},
            {"MessageStatus": "failed", "ErrorCode": "canario-codigo"},
        ):
            form = {**message_form("canario-palabra"), **canaries, **more}
            headers, body = sign_twilio(PUBLIC + path, form, TOKEN)
            gate.post(path, headers, body)
            gate.post(path, {**headers, "x-twilio-signature": "canario-firma"}, body)
    update = text_update("canario-palabra", 987654321)
    update["message"]["from"]["first_name"] = "canario-nombre"
    for secret in (SECRET, "canario-secreto"):
        gate.post("/webhooks/telegram", telegram_headers(secret), json.dumps(update).encode())
    written = gate.log.getvalue() + caplog.text
    assert written
    for canary in ("canario", "15005550006", "987654321", TOKEN, SECRET):
        assert canary not in written
