"""What comes in over Telegram: only what carries our secret, read without ever raising."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import json
import textwrap
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Update

from bot.commands.telegram import COMMANDS
from bot.safety.rules import check
from connectors import telegram
from connectors.base import Blocked, Elsewhere, Ignored, Inbound, Refused, Request
from connectors.telegram import Telegram
from connectors.telegram_update import SAYS
from tests.peers.sign import tap_update, telegram_headers, telegram_samples, text_update
from tests.peers.telegram import definitions, faults_of, spec
from tests.peers.updates import updates

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "s3cret_-" * 8
PATH = "/webhooks/telegram"
CHANNEL = Telegram("1:x", SECRET, "http://127.0.0.1:9", "https://faro.example.org")


ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.sampled_from(["update_id", "message"]), st.text(max_size=9)), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


def called(update: object, **headers: str) -> Request:
    return Request(PATH, "", {**telegram_headers(SECRET), **headers}, json.dumps(update).encode())


def one(update: object) -> Any:
    (event,) = CHANNEL.receive(called(update), NOW)
    return event


# name of the sample: kind and words, or the reason why it is ignored
READ: dict[str, tuple[str, str] | str] = {
    "text": ("text", "Bonjour"),
    "start_with_payload": ("text", "/start"),
    "command_stop": ("text", "/stop"),
    "edited": ("text", "Bonsoir"),
    "callback": ("choice", "Oui"),
    "callback_message_gone": ("choice", ""),
    "callback_without_message": ("choice", ""),
    "voice": ("voice", ""),
    "photo_with_caption": ("image", "ma lettre"),
    "location": ("location", ""),
    "contact": ("contact", ""),
    "document": ("unsupported", ""),
    "blocked_by_user": "blocked",
    "unblocked_by_user": "unblocked",
    "reply_to_ours": ("text", "ça"),
    "group_message": "elsewhere",
    "channel_post": "other_update",
    "slash_injection": ("text", '/affirm{"a":"b"}'),
    "text_4096": ("text", "x" * 4096),
}


@pytest.mark.parametrize(("name", "update"), telegram_samples())
def test_each_sample_is_read(name: str, update: dict[str, Any]) -> None:
    """Each sample gives exactly the event of its row; two readers that are not ours agree on the sample."""
    assert not faults_of("Update", update)
    assert Update.de_json(copy.deepcopy(update), None) is not None
    event, row = one(update), READ[name]
    if row in {"blocked", "unblocked"}:
        assert event == Blocked("telegram", str(update["update_id"]), "7001", blocked=row == "blocked")
    elif row == "elsewhere":
        assert isinstance(event, Elsewhere)
    elif isinstance(row, str):
        assert event == Ignored(row)
    else:
        assert (event.kind, event.text) == row
        assert (event.channel, event.provider_id, event.address, event.received_at) == (
            "telegram",
            str(update["update_id"]),
            "7001",
            NOW,
        )
        assert event.edited == (name == "edited")


def test_every_sample_has_a_row() -> None:
    """A new sample cannot be added without saying how it must be read."""
    assert {name for name, _ in telegram_samples()} == READ.keys()


def test_a_tap_names_what_it_answers() -> None:
    """A tap carries its choice, the message it belongs to and what is needed to answer it."""
    event = one(tap_update("Q07.yes", 55))
    assert (event.kind, event.choice_id, event.answers_id) == ("choice", "Q07.yes", "m55")
    assert event.message_ref.startswith("tap:")
    gone = dict(telegram_samples())["callback_without_message"]
    assert (one(gone).choice_id, one(gone).answers_id) == ("c:yes", "")


def message(**fields: Any) -> dict[str, Any]:
    update = text_update("x")
    del update["message"]["text"]
    update["message"].update(fields)
    assert not faults_of("Update", update)
    return update


FILE = {"file_id": "A", "file_unique_id": "u"}
PICTURE = {**FILE, "width": 1, "height": 1}
KINDS = [
    ({"audio": {**FILE, "duration": 1}}, "voice"),
    ({"video_note": {**FILE, "length": 1, "duration": 1}}, "voice"),
    ({"sticker": {**PICTURE, "type": "regular", "is_animated": False, "is_video": False}}, "sticker"),
    ({"location": {"latitude": -12.0, "longitude": -77.0}}, "location"),
    ({"video": {**PICTURE, "duration": 1}, "caption": "mira"}, "unsupported"),
    ({"dice": {"emoji": "🎲", "value": 1}}, "unsupported"),
    ({}, "unsupported"),
]


@pytest.mark.parametrize(("fields", "kind"), KINDS)
def test_message_kinds(fields: dict[str, Any], kind: str) -> None:
    """Every kind of content is told apart; what nobody can read is "unsupported", not silence."""
    event = one(message(**fields))
    assert (event.kind, event.text) == (kind, fields.get("caption", ""))


SERVICE = [
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    {"write_access_allowed": {}},
    {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 7001, "type": "private"}}},
]


@pytest.mark.parametrize("fields", SERVICE)
def test_service_messages_are_ignored(fields: dict[str, Any]) -> None:
    """A note by Telegram itself is not answered."""
    assert one(message(**fields)) == Ignored("service_message")


WORDS = [
    ("/start", "/start"),
    ("/start poster_7-A", "/start"),
    ("/start@faro_bot poster_7-A", "/start"),
    ("/start\nMe llamo Ana", "/start"),
    ("/starting", "/starting"),
    ("/salir", "/salir"),
    ("/borrar@faro_bot", "/borrar"),
    ("escribe a x/start@faro_bot y", "escribe a x/start@faro_bot y"),
    ("  /start x", "  /start x"),
    ("nul\x00 y \ud83d media", "nul y ? media"),
]


@pytest.mark.parametrize(("typed", "read"), WORDS)
def test_commands_are_words(typed: str, read: str) -> None:
    """Commands stay words; a bot's name and the payload of a start link are dropped."""
    assert one(text_update(typed)).text == read


def test_nothing_of_the_person_is_kept() -> None:
    """Neither names nor a shared contact or place survive the reading."""
    update = message(contact={"phone_number": "987654321", "first_name": "Canaria"})
    update["message"]["from"].update(first_name="Canaria", last_name="Uno", username="canaria_uno")
    kept = str(dataclasses.asdict(one(update)))
    assert not [word for word in ("Canaria", "canaria", "987654321") if word in kept]
    assert "7001" not in repr(one(update))


def odd() -> list[object]:
    """Genuine calls with something inside that Telegram would never send."""
    text = text_update("hola")
    changed = []
    for path, value in [
        (("message", "date"), 10**15),
        (("message", "date"), -(10**15)),
        (("message", "date"), "ayer"),
        (("message", "chat"), None),
        (("message", "chat"), {"id": None, "type": "private"}),
        (("message", "chat"), {"id": "x", "type": "private"}),
        (("message", "message_id"), None),
        (("message",), []),
        (("message",), 7),
        (("update_id",), "7"),
        (("update_id",), None),
        (("update_id",), True),
        (("update_id",), -1),
    ]:
        update = copy.deepcopy(text)
        place: Any = update
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        changed.append(update)
    return [*changed, {}, [], None, 7, "x", [text], {"update_id": 5}, {"message": text["message"]}]


@pytest.mark.parametrize("update", odd())
def test_odd_updates_are_ignored(update: object) -> None:
    """With the right secret anything readable gives an event and never an exception."""
    assert isinstance(one(update), Ignored)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"update_id":' + b"9" * 5000 + b"}", b"NaN"]
)
def test_unreadable_bodies_are_ignored(body: bytes) -> None:
    """With the right secret even rubbish gets an answer, or Telegram would repeat it for a day."""
    (event,) = CHANNEL.receive(Request(PATH, "", telegram_headers(SECRET), body), NOW)
    assert isinstance(event, Ignored)


def test_a_tap_in_a_group_is_ignored() -> None:
    """Buttons forwarded into a group do nothing."""
    update = tap_update("Q07.yes", 5)
    update["callback_query"]["message"]["chat"] = {"id": -100123, "type": "supergroup", "title": "G"}
    assert one(update) == Ignored("not_private")
    update["callback_query"].pop("data")
    update["callback_query"]["game_short_name"] = "g"
    assert one(update) == Ignored("tap_without_data")


@pytest.mark.parametrize("status", ["left", "restricted", "administrator", "creator"])
def test_other_memberships_are_ignored(status: str) -> None:
    """Only a block and its end are told."""
    update = copy.deepcopy(dict(telegram_samples())["blocked_by_user"])
    member = update["my_chat_member"]["new_chat_member"]
    member.update(status=status)
    assert isinstance(one(update), Ignored)
    update["my_chat_member"]["chat"] = {"id": -5, "type": "group", "title": "G"}
    assert isinstance(one(update), Ignored)


GOOD = called(text_update("hola", update_id=1))
FORGED = [
    ("no secret", {"x-telegram-bot-api-secret-token": None}, 403),
    ("empty secret", {"x-telegram-bot-api-secret-token": ""}, 403),
    ("one letter less", {"x-telegram-bot-api-secret-token": SECRET[:-1]}, 403),
    ("one letter more", {"x-telegram-bot-api-secret-token": SECRET + "x"}, 403),
    ("last letter wrong", {"x-telegram-bot-api-secret-token": SECRET[:-1] + "x"}, 403),
    ("first letter wrong", {"x-telegram-bot-api-secret-token": "x" + SECRET[1:]}, 403),
    ("upper case", {"x-telegram-bot-api-secret-token": SECRET.upper()}, 403),
    ("a space in front", {"x-telegram-bot-api-secret-token": " " + SECRET}, 403),
    ("a space behind", {"x-telegram-bot-api-secret-token": SECRET + " "}, 403),
    ("twice", {"x-telegram-bot-api-secret-token": f"{SECRET},{SECRET}"}, 403),
    ("the bot's token", {"x-telegram-bot-api-secret-token": "1:x"}, 403),
    ("not ASCII", {"x-telegram-bot-api-secret-token": "ñ" * 64}, 403),
    ("half a pair", {"x-telegram-bot-api-secret-token": "\ud83d" * 64}, 403),
    ("NUL", {"x-telegram-bot-api-secret-token": SECRET + "\x00"}, 403),
    ("very long", {"x-telegram-bot-api-secret-token": SECRET * 2000}, 403),
    ("in another header", {"x-telegram-bot-api-secret-token": None, "authorization": SECRET}, 403),
    ("as a bearer", {"x-telegram-bot-api-secret-token": f"Bearer {SECRET}"}, 403),
    ("wrong and not JSON", {"x-telegram-bot-api-secret-token": "x", "content-type": "text/plain"}, 403),
    ("a form", {"content-type": "application/x-www-form-urlencoded"}, 415),
    ("text", {"content-type": "text/plain"}, 415),
    ("JSON with more behind", {"content-type": "application/jsonp"}, 415),
    ("no content type", {"content-type": None}, 415),
    ("multipart", {"content-type": "multipart/form-data; boundary=x"}, 415),
]


@pytest.mark.parametrize(("name", "headers", "status"), FORGED)
@pytest.mark.parametrize("update", [update for _, update in telegram_samples()[:3]])
def test_forged_requests_are_refused(
    name: str, headers: dict[str, str | None], status: int, update: dict[str, Any]
) -> None:
    """Each forgery ends in a ``Refused`` with its status, whatever it carries."""
    given_ = {**telegram_headers(SECRET), **headers}
    kept = {key: value for key, value in given_.items() if value is not None}
    with pytest.raises(Refused) as refused:
        CHANNEL.receive(Request(PATH, "", kept, json.dumps(update).encode()), NOW)
    assert refused.value.status == status


@pytest.mark.parametrize(("name", "update"), telegram_samples())
def test_no_sample_passes_without_the_secret(name: str, update: dict[str, Any]) -> None:
    """Every sample is refused with 403 when the secret is absent or not quite right."""
    for headers in ({"content-type": "application/json"}, telegram_headers(SECRET[:-1] + "0")):
        with pytest.raises(Refused) as refused:
            CHANNEL.receive(Request(PATH, "", headers, json.dumps(update).encode()), NOW)
        assert refused.value.status == 403


def test_there_are_enough_forgeries() -> None:
    """The table keeps the size that the security checks ask for."""
    assert len(FORGED) >= 20


def test_without_a_secret_nothing_is_taken() -> None:
    """A bot without a secret (polling) has no webhook, not even for an empty header."""
    channel = Telegram("1:x", "", "http://127.0.0.1:9", None)
    for shown in ("", "x"):
        with pytest.raises(Refused):
            channel.receive(called(text_update("hola"), **{"x-telegram-bot-api-secret-token": shown}), NOW)


def test_too_large_and_the_charset_variant() -> None:
    """More than 256 KiB is refused with 413; a charset behind the content type is no reason to refuse."""
    with pytest.raises(Refused) as refused:
        CHANNEL.receive(Request(PATH, "", telegram_headers(SECRET), b" " * (256 * 1024 + 1)), NOW)
    assert refused.value.status == 413
    (event,) = CHANNEL.receive(
        called(text_update("hola"), **{"content-type": "application/json; charset=utf-8"}), NOW
    )
    assert isinstance(event, Inbound)


def test_there_is_no_status_route() -> None:
    """Telegram tells no statuses; the route answers 404."""
    with pytest.raises(Refused) as refused:
        CHANNEL.receive_status(GOOD, NOW)
    assert refused.value.status == 404


def test_the_secret_is_compared_in_constant_time() -> None:
    """Nothing but ``hmac.compare_digest`` looks at the secret: no ``==``, no ``in``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(telegram.Telegram.receive)))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [one for one in compared if "secret" in one or "shown" in one]
    assert "hmac.compare_digest(shown, self._secret)" in ast.unparse(tree)


def test_a_place_that_moves() -> None:
    """The first one counts; what a shared place says every few seconds after it is no message."""
    sent = copy.deepcopy(dict(telegram_samples())["location"])
    assert one(sent).kind == "location"
    sent["edited_message"] = {**sent.pop("message"), "edit_date": 1_700_000_001}
    assert not faults_of("Update", sent)
    assert one(sent) == Ignored("moved")


def test_half_a_letter_in_the_id_of_a_tap() -> None:
    """JSON can carry one; UTF-8, and so our store, cannot."""
    update = tap_update("Q01.yes", 7)
    update["callback_query"]["id"] = "4\ud83d2"
    assert one(update).message_ref == "tap:4?2"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(update=updates())
def test_generated_updates_never_raise(update: Any) -> None:
    """Whatever fits Telegram's own schema, absurd dates and halves of letters included, gives one event that can be stored."""
    assert not faults_of("Update", update)
    event = one(update)
    assert isinstance(event, Inbound | Blocked | Ignored | Elsewhere)
    for value in dataclasses.asdict(event).values():
        str(value).encode()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(update=ANY_JSON)
def test_any_json_never_raises(update: Any) -> None:
    """Whatever JSON comes with the right secret is ignored when it is no update."""
    assert isinstance(one(update), Ignored)


@pytest.mark.parametrize(
    ("typed", "campaign", "words"),
    [
        ("/start lima_norte-2", "lima_norte-2", "/start"),
        ("/start@faro_bot plaza", "plaza", "/start"),
        ("/start", "", "/start"),
        ("/start dos palabras", "", "/start"),
        ("/start " + "x" * 65, "", "/start"),
        ("/start <b>", "", "/start"),
        ("cuéntame /start plaza", "", "cuéntame /start plaza"),
        ("/ayuda", "", "quiero hablar con una persona"),
        ("/ayuda@faro_bot", "", "quiero hablar con una persona"),
        ("/IDIOMA", "", "cambiar de idioma"),
        ("/salir", "", "/salir"),
        ("/borrar", "", "/borrar"),
        ("/ayuda por favor", "", "/ayuda por favor"),
        ("ayuda", "", "ayuda"),
    ],
)
def test_commands_and_start_links(typed: str, campaign: str, words: str) -> None:
    """A link's code is the campaign and no word of the person's; a command of the menu says what it is for."""
    event = one(text_update(typed))
    assert (event.campaign, event.text) == (campaign, words)


def test_the_menu_holds_what_the_bot_understands() -> None:
    """Each command is either put into words here or known to the rules of safety."""
    for command in COMMANDS:
        known = check(f"/{command}", "es").word != "none"
        assert known is not (f"/{command}" in SAYS), command


@pytest.mark.parametrize(("status", "kind"), [("member", "group"), ("administrator", "channel")])
def test_being_added_to_a_group_or_channel(status: str, kind: str) -> None:
    """Whoever adds us, however it is done: the chat is left, and nothing said there is read."""
    update = copy.deepcopy(dict(telegram_samples())["unblocked_by_user"])
    change = update["my_chat_member"]
    change["chat"] = {"id": -5, "type": kind, "title": "G"}
    change["new_chat_member"].update(status=status)
    if status == "administrator":
        rights = [field["name"] for field in spec()["types"]["ChatMemberAdministrator"]["fields"]]
        needed = definitions()["ChatMemberAdministrator"]["required"]
        change["new_chat_member"].update(
            {name: False for name in rights if name in needed and name.startswith(("can_", "is_"))}
        )
    event = one(update)
    assert (type(event), event.address) == (Elsewhere, "-5")
    assert "-5" not in repr(event)
