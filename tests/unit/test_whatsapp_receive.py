"""What comes in over WhatsApp: only what Twilio signed, read the same way whatever stands in it."""

from __future__ import annotations

import base64
import dataclasses
import json
import random
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from connectors.base import Blocked, Ignored, Inbound, Refused, Request, Status
from connectors.whatsapp import WhatsApp
from tests.peers.contents import Contents
from tests.peers.sign import (
    ACCOUNT,
    FORM,
    PERSON,
    SENDER,
    message_form,
    sign_twilio,
    status_form,
    twilio_samples,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = "12345"
SHARED = "the-shared-key's-secret"
BASE = "https://faro.example.org"
PATH = "/webhooks/whatsapp"


@pytest.fixture
def channel() -> WhatsApp:
    return WhatsApp(ACCOUNT, TOKEN, SENDER, BASE, None, Contents(), signing_key=SHARED)


def signed(form: Any, *, url: str = BASE + PATH, token: str = TOKEN, **how: Any) -> Request:
    headers, body = sign_twilio(url, form, token, **how)
    return Request(PATH, "", headers, body)


def one(channel: WhatsApp, form: Any) -> Any:
    (event,) = channel.receive(signed(form), NOW)
    return event


READ = {
    "text": ("text", "¡Hola! ¿Hay alguien?", ""),
    "text_arabic": ("text", "مرحبا، أحتاج مساعدة", ""),
    "text_leading_and_trailing_space": ("text", "  sí  ", ""),
    "voice_note_empty_body": ("voice", "", ""),
    "image_with_caption": ("image", "mi carta", ""),
    "location": ("location", "", ""),
    "quick_reply_tap": ("choice", "Sí", "c:yes"),
    "quick_reply_tap_old_shape": ("text", "Sí", ""),
    "list_pick": ("choice", "Vivienda", "t:housing"),
    "reply_to_our_message": ("text", "esto", ""),
    "forwarded": ("text", "cadena", ""),
    "phone_number_with_bsuid": ("text", "hola", ""),
    "bsuid_only_no_phone": ("text", "hola", ""),
    "stop_word": ("text", "STOP", ""),
    "slash_injection": ("text", "/restart", ""),
    "unknown_new_field": ("text", "hola", ""),
}


@pytest.mark.parametrize(("name", "form"), twilio_samples("inbound"))
def test_each_sample_is_read(channel: WhatsApp, name: str, form: list[tuple[str, str]]) -> None:
    """Each inbound sample gives exactly one message, of the kind and with the words of its row."""
    message = one(channel, form)
    sent = dict(form)
    assert (message.kind, message.text, message.choice_id) == READ[name]
    assert (message.channel, message.provider_id, message.address) == (
        "whatsapp",
        sent["MessageSid"],
        sent["From"],
    )
    assert (message.message_ref, message.received_at) == (sent["MessageSid"], NOW)


def test_every_sample_has_a_row() -> None:
    """A new sample cannot be added without saying how it must be read."""
    assert {name for name, _ in twilio_samples("inbound")} == READ.keys()


@pytest.mark.parametrize(("name", "form"), twilio_samples("inbound") + twilio_samples("status"))
@pytest.mark.parametrize("break_", ["unsigned", "altered"])
def test_no_sample_passes_unsigned_or_altered(
    channel: WhatsApp, name: str, form: list[tuple[str, str]], break_: str
) -> None:
    """Without its signature, or with one more letter in it, every sample is refused with 403."""
    request = signed(form)
    if break_ == "unsigned":
        request = dataclasses.replace(request, headers={"content-type": FORM})
    else:
        request = dataclasses.replace(request, body=request.body.replace(b"To=whatsapp", b"To=Whatsapp"))
    for receive in (channel.receive, channel.receive_status):
        with pytest.raises(Refused) as refused:
            receive(request, NOW)
        assert refused.value.status == 403


def test_the_name_is_dropped_at_the_door(channel: WhatsApp) -> None:
    """Neither the profile name nor a place nor a media address survives the reading."""
    secrets = {
        "ProfileName": "Canaria Uno",
        "ChannelMetadata": '{"data":{"context":{"ProfileName":"Canaria Uno"}}}',
        "Latitude": "-12.0464",
        "Longitude": "-77.0428",
        "Label": "Mi casa",
        "Address": "Jr. Ancash 1",
        "MediaUrl0": "https://api.twilio.com/x",
    }
    kept = str(dataclasses.asdict(one(channel, message_form("Jr. Ancash 1", **secrets))))
    assert not [value for value in secrets.values() if value in kept]


def test_a_representation_tells_nothing(channel: WhatsApp) -> None:
    """Neither number nor words show when an event is printed."""
    shown = repr(one(channel, message_form("canario de texto")))
    assert "canario" not in shown
    assert PERSON not in shown


KINDS = [
    ({"MessageType": "sticker", "NumMedia": "1", "MediaContentType0": "image/webp"}, "sticker"),
    ({"MessageType": "", "NumMedia": "1", "MediaContentType0": "image/webp"}, "sticker"),
    ({"MessageType": "", "NumMedia": "1", "MediaContentType0": "audio/ogg; codecs=opus"}, "voice"),
    ({"MessageType": "document", "NumMedia": "1", "MediaContentType0": "image/jpeg"}, "image"),
    ({"MessageType": "document", "NumMedia": "1", "MediaContentType0": "application/pdf"}, "unsupported"),
    ({"MessageType": "video", "NumMedia": "1", "MediaContentType0": "video/mp4"}, "unsupported"),
    ({"MessageType": "contacts", "NumMedia": "0"}, "contact"),
    ({"MessageType": "", "NumMedia": "1", "MediaContentType0": "text/vcard"}, "contact"),
    ({"MessageType": "order", "NumMedia": "0"}, "unsupported"),
    ({"MessageType": "text", "NumMedia": "none at all"}, "unsupported"),
]


@pytest.mark.parametrize(("fields", "kind"), KINDS)
def test_media_kinds(channel: WhatsApp, fields: dict[str, str], kind: str) -> None:
    """What a message is follows from its type, or from its first medium where the type says nothing."""
    assert one(channel, message_form("", **fields)).kind == kind


IGNORED = [
    ({"MessageSid": "", "SmsSid": ""}, "no_message_id"),
    ({"MessageSid": "SM1", "SmsSid": "SM1"}, "no_message_id"),
    ({"From": "+15005550006"}, "other_sender"),
    ({"From": ""}, "other_sender"),
    ({"From": "whatsapp:" + "x" * 121}, "other_sender"),
    ({"From": "whatsapp:+1 500\n"}, "other_sender"),
    ({"MessageStatus": "being-thought-about"}, "unknown_status"),
    ({"MessageStatus": "received"}, "unknown_status"),
    ({"MessageType": "reaction", "Body": "👍"}, "reaction"),
]


@pytest.mark.parametrize(("fields", "reason"), IGNORED)
def test_odd_but_genuine_forms_are_ignored(channel: WhatsApp, fields: dict[str, str], reason: str) -> None:
    """A genuine form that is of no use gives ``Ignored``, never an exception."""
    assert one(channel, message_form("hola", **fields)) == Ignored(reason)


def test_an_overlong_payload_is_only_text(channel: WhatsApp) -> None:
    """A payload that no button of ours can have is not taken for a choice."""
    message = one(channel, message_form("Sí", ButtonPayload="x" * 201, ButtonText="Sí"))
    assert (message.kind, message.choice_id, message.text) == ("text", "", "Sí")


def test_a_tap_names_the_message_it_answers(channel: WhatsApp) -> None:
    """The sid of the message whose button was tapped comes with the choice."""
    form = dict(twilio_samples("inbound"))["quick_reply_tap"]
    assert one(channel, form).answers_id == "MM" + "d" * 32


STATUSES = {
    "queued": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered_outside_window": "failed",
    "failed_rate": "failed",
    "failed_recipient": "failed",
    "failed_opted_out": "failed",
    "late_sent_after_read": "sent",
}


@pytest.mark.parametrize(("name", "form"), twilio_samples("status"))
def test_each_status_sample_is_read(channel: WhatsApp, name: str, form: list[tuple[str, str]]) -> None:
    """Each status sample gives the ranked name of its row, its message and its code, on either route."""
    sent = dict(form)
    for receive in (channel.receive, channel.receive_status):
        status, *more = receive(signed(form), NOW)
        assert status == Status("whatsapp", sent["MessageSid"], STATUSES[name], sent.get("ErrorCode", ""))
        assert len(more) == (name == "failed_opted_out")


@pytest.mark.parametrize("code", ["21610", "63014", "63033"])
def test_a_failed_status_may_tell_of_a_block(channel: WhatsApp, code: str) -> None:
    """Codes that mean "does not take messages from us" also say who it is."""
    sid = "SM" + "1" * 32
    _, block = channel.receive_status(signed(status_form(sid, "failed", code)), NOW)
    assert block == Blocked("whatsapp", f"{sid}:blocked", PERSON, blocked=True)


def test_a_message_on_the_status_route_is_not_lost(channel: WhatsApp) -> None:
    """Both addresses entered the wrong way round in Twilio's console: the message is read all the same."""
    (message,) = channel.receive_status(signed(message_form("hola")), NOW)
    assert isinstance(message, Inbound)


def test_a_query_is_part_of_the_signed_address(channel: WhatsApp) -> None:
    """The raw query counts: with it the request is genuine, with another one it is not."""
    headers, body = sign_twilio(f"{BASE}{PATH}?a=1&b=%20", message_form("x"), TOKEN)
    channel.receive(Request(PATH, "a=1&b=%20", headers, body), NOW)
    with pytest.raises(Refused):
        channel.receive(Request(PATH, "a=1&b=+", headers, body), NOW)


def test_the_public_address_may_have_a_path() -> None:
    """Behind a proxy that adds a prefix the configured address still decides."""
    channel = WhatsApp(ACCOUNT, TOKEN, SENDER, f"{BASE}/faro/", None, Contents())
    headers, body = sign_twilio(f"{BASE}/faro{PATH}", message_form("x"), TOKEN)
    assert channel.receive(Request(PATH, "", headers, body), NOW)


def test_shared_key_signatures(channel: WhatsApp) -> None:
    """HMAC-SHA256 with the shared key is taken, SHA1 with it too; without a shared key neither is."""
    plain = WhatsApp(ACCOUNT, TOKEN, SENDER, BASE, None, Contents())
    for algorithm in ("HMAC_SHA256", "HMAC_SHA1"):
        request = signed(message_form("x"), token=SHARED, algorithm=algorithm)
        assert isinstance(channel.receive(request, NOW)[0], Inbound)
        with pytest.raises(Refused):
            plain.receive(request, NOW)


def test_doubled_fields_are_signed_with_all_their_values(channel: WhatsApp) -> None:
    """A field sent twice is genuine when both values were signed, and refused when one was added."""
    pairs = [*message_form("uno").items(), ("Extra", "a"), ("Extra", "b")]
    request = signed(pairs)
    assert channel.receive(request, NOW)
    with pytest.raises(Refused):
        channel.receive(dataclasses.replace(request, body=request.body + b"&Extra=c"), NOW)


def test_an_empty_field_is_signed(channel: WhatsApp) -> None:
    """Empty fields belong to the form: adding one to a genuine request breaks it."""
    request = signed(message_form(""))
    with pytest.raises(Refused):
        channel.receive(dataclasses.replace(request, body=request.body + b"&Empty="), NOW)


def forgeries() -> list[tuple[str, Request, int]]:
    """Requests by somebody who does not hold the token, each with the status it must be refused with."""
    form = message_form("hola", MessageSid="SM" + "a" * 32, SmsSid="SM" + "a" * 32)
    good = signed(form)
    signature = good.headers["x-twilio-signature"]
    raw = base64.b64decode(signature)

    def header(**changed: str) -> Request:
        named = {name.replace("_", "-"): value for name, value in changed.items()}
        return dataclasses.replace(good, headers={**good.headers, **named})

    def body(raw: bytes) -> Request:
        return dataclasses.replace(good, body=raw)

    def without(name: str) -> Request:
        return dataclasses.replace(good, headers={k: v for k, v in good.headers.items() if k != name})

    settings = "x_twilio_webhooks_signature_settings"
    other_account = signed({**form, "AccountSid": "AC" + "b" * 32})
    return [
        ("no signature", without("x-twilio-signature"), 403),
        ("empty signature", header(x_twilio_signature=""), 403),
        ("signature cut", header(x_twilio_signature=signature[:-1]), 403),
        ("signature longer", header(x_twilio_signature=signature + "="), 403),
        ("signature with a space", header(x_twilio_signature=" " + signature), 403),
        ("signature in lower case", header(x_twilio_signature=signature.lower()), 403),
        ("signature as hex", header(x_twilio_signature=raw.hex()), 403),
        ("signature of one bit less", header(x_twilio_signature=flipped(raw)), 403),
        ("signature not ASCII", header(x_twilio_signature="ñ" * 28), 403),
        ("signature twice", header(x_twilio_signature=f"{signature},{signature}"), 403),
        ("another account's token", signed(form, token="54321"), 403),
        ("an empty token", signed(form, token=""), 403),
        ("the account sid as token", signed(form, token=ACCOUNT), 403),
        ("http instead of https", signed(form, url=f"http://faro.example.org{PATH}"), 403),
        ("another host", signed(form, url=f"https://faro.example.net{PATH}"), 403),
        ("a trailing slash", signed(form, url=f"{BASE}{PATH}/"), 403),
        ("another path", signed(form, url=f"{BASE}/webhooks/telegram"), 403),
        ("the status route's path", signed(form, url=f"{BASE}{PATH}/status"), 403),
        ("a fragment counted in", signed(form, url=f"{BASE}{PATH}#rc=5"), 403),
        ("a query that was not there", dataclasses.replace(good, query="x=1"), 403),
        ("sent to another path", dataclasses.replace(good, path="/webhooks/whatsapp/"), 403),
        ("unknown algorithm", header(**{settings: "key=k,algorithm=NONE"}), 403),
        ("MD5", header(**{settings: "key=k,algorithm=HMAC_MD5"}), 403),
        ("shared key with the token", signed(form, token=TOKEN, algorithm="HMAC_SHA256"), 403),
        ("shared key, other secret", signed(form, token="x", algorithm="HMAC_SHA256"), 403),
        ("genuine for another account", other_account, 403),
        ("account missing", signed({k: v for k, v in form.items() if k != "AccountSid"}), 403),
        ("account doubled", signed([*form.items(), ("AccountSid", "AC" + "b" * 32)]), 403),
        ("body changed", body(good.body.replace(b"Body=hola", b"Body=adios")), 403),
        ("sender changed", body(good.body.replace(b"5550006", b"5550007")), 403),
        ("sid changed", body(good.body.replace(b"SMaaa", b"SMbbb")), 403),
        ("field added", body(good.body + b"&ButtonPayload=Q07.yes"), 403),
        ("empty field added", body(good.body + b"&ButtonPayload="), 403),
        ("field taken away", body(good.body.replace(b"NumSegments=1&", b"")), 403),
        ("value trimmed", signed_then(message_form(" hola "), b"Body=+hola+", b"Body=hola"), 403),
        ("field renamed", body(good.body.replace(b"Body=", b"body=")), 403),
        ("value doubled with another", body(good.body + b"&Body=adios"), 403),
        ("nothing", body(b""), 403),
        ("only ampersands", body(b"&" * 500), 403),
        ("two thousand fields", body(b"&".join(b"a%d=1" % n for n in range(2000))), 403),
        ("not UTF-8", body(b"\xff\xfe\x00" + good.body), 403),
        ("broken percent signs", body(good.body + b"&x=%zz%"), 403),
        ("percent-encoded half of a pair", body(good.body + b"&x=%ED%A0%80"), 403),
        ("NUL", body(good.body.replace(b"hola", b"ho%00la")), 403),
        ("JSON body as a form", body(json.dumps(form).encode()), 403),
        ("JSON", dataclasses.replace(header(content_type="application/json"), body=b"{}"), 415),
        ("JSON with the body's hash", json_with_hash(), 415),
        ("multipart", header(content_type="multipart/form-data; boundary=x"), 415),
        ("text", header(content_type="text/plain"), 415),
        ("no content type", without("content-type"), 415),
        ("empty content type", header(content_type=""), 415),
        ("256 KiB and one byte", body(good.body + b"&x=" + b"y" * (256 * 1024 - len(good.body) - 2)), 413),
        ("1 MB and one byte", body(b"x" * (1024 * 1024 + 1)), 413),
    ]


def flipped(raw: bytes) -> str:
    return base64.b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode()


def signed_then(form: dict[str, str], old: bytes, new: bytes) -> Request:
    request = signed(form)
    assert old in request.body
    return dataclasses.replace(request, body=request.body.replace(old, new))


def json_with_hash() -> Request:
    headers, _ = sign_twilio(f"{BASE}{PATH}?bodySHA256=0", {}, TOKEN)
    return Request(PATH, "bodySHA256=0", {**headers, "content-type": "application/json"}, b"{}")


@pytest.mark.parametrize(("name", "request_", "status"), forgeries())
def test_forged_requests_are_refused(channel: WhatsApp, name: str, request_: Request, status: int) -> None:
    """Each forgery ends in a ``Refused`` with its status, on both routes, and in nothing else."""
    for receive in (channel.receive, channel.receive_status):
        with pytest.raises(Refused) as refused:
            receive(request_, NOW)
        assert refused.value.status == status


def test_there_are_enough_forgeries() -> None:
    """The table keeps the size that the security checks ask for."""
    assert len(forgeries()) >= 40


def test_the_limit_itself_passes(channel: WhatsApp) -> None:
    """A genuine form of exactly 256 KiB is taken; the limit refuses only what is larger."""
    form = message_form("hola")
    room = 256 * 1024 - len(urlencode(form)) - len("&Future=")
    request = signed({**form, "Future": "x" * room})
    assert len(request.body) == 256 * 1024
    assert channel.receive(request, NOW)


def test_rubbish_never_raises_anything_but_refused(channel: WhatsApp) -> None:
    """Two thousand seeded mutations of genuine requests: events or ``Refused``, nothing else."""
    chance = random.Random(7)
    for _ in range(2000):
        request = signed(message_form("¿hola?"))
        raw = bytearray(request.body)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        headers = dict(request.headers)
        if chance.random() < 0.3:
            headers["x-twilio-signature"] = "".join(chr(chance.randrange(1, 256)) for _ in range(28))
        same = fields(raw) == fields(request.body) and headers == request.headers
        try:
            assert channel.receive(Request(PATH, "", headers, bytes(raw)), NOW)
        except Refused:
            assert not same
        else:
            assert same


def fields(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


@pytest.mark.parametrize(
    ("given", "kept"), [("120210000000000001", "120210000000000001"), ("a b", ""), ("x" * 65, ""), ("", "")]
)
def test_the_advert_somebody_came_by(channel: WhatsApp, given: str, kept: str) -> None:
    """The advert's id is the campaign; its words and addresses are dropped."""
    form = message_form(
        "hola", ReferralSourceId=given, ReferralHeadline="canario", ReferralSourceUrl="https://x"
    )
    (event,) = channel.receive(signed(form), NOW)
    assert event.campaign == kept
    assert "canario" not in str(dataclasses.asdict(event))


MEDIA = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{'0' * 32}/Media/ME{'1' * 32}"
RECORDINGS = [
    (f"https://api.twilio.com{MEDIA}", MEDIA),
    (f"https://api.dublin.ie1.twilio.com{MEDIA}", MEDIA),
    (f"https://evil.example{MEDIA}", ""),
    (f"https://api.twilio.com.evil.example{MEDIA}", ""),
    (f"https://evil.example/api.twilio.com{MEDIA}", ""),
    (f"http://api.twilio.com{MEDIA}", ""),
    (f"https://api.twilio.com{MEDIA.replace(ACCOUNT, 'AC' + 'b' * 32)}", ""),
    (f"https://api.twilio.com{MEDIA}/../../x", ""),
    (f"https://api.twilio.com{MEDIA}?x=1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("url", "kept"), RECORDINGS)
def test_where_a_recording_lies(channel: WhatsApp, url: str, kept: str) -> None:
    """Only this account's media at Twilio's own hosts, and of the address only the path."""
    form = message_form("", MessageType="audio", NumMedia="1", MediaContentType0="audio/ogg", MediaUrl0=url)
    assert one(channel, form).media == kept
    assert one(channel, {**form, "MessageType": "image", "MediaContentType0": "image/png"}).media == ""


SCOPED = "whatsapp:PE.13491208655302741918"


@pytest.mark.parametrize(
    ("person", "beside", "kept"),
    [
        (PERSON, SCOPED, SCOPED),
        (SCOPED, PERSON, PERSON),
        (SCOPED, "", ""),
        (PERSON, PERSON, ""),
        (PERSON, "PE.13491208655302741918", SCOPED),
        (PERSON, "messenger:1", ""),
        (PERSON, "whatsapp:" + "x" * 500, ""),
    ],
)
def test_a_second_address_of_the_same_person(channel: WhatsApp, person: str, beside: str, kept: str) -> None:
    """``ExternalUserId`` is an address like ``From``; neither is read for digits, and neither shows in a log."""
    event = one(channel, message_form("hola", person, ExternalUserId=beside))
    assert (event.address, event.other_address) == (person, kept)
    assert not kept or kept not in repr(event)
