"""A stand-in for Telegram that judges every call by a reading of the official Bot API page.

``specs/telegram`` names types and says limits in prose; this turns both into JSON Schema, decodes the
form by the declared types as Telegram does, and checks its own answers too. What the prose has no
form for (keyboard sizes, the letters of a secret, chat actions) is added by hand.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from tests.peers.loopback import Call, Peer

SPEC = Path(__file__).with_name("specs") / "telegram" / "bot_api_10.1.min.json"
TOKEN = "1:peer"
BOT = {"id": 1, "is_bot": True, "first_name": "Faro", "username": "faro_bot"}
CHARACTERS = re.compile(r"\b(\d+)-(\d+) (characters|bytes)")
BETWEEN = re.compile(r"Values between (\d+)-(\d+)")
ALWAYS = re.compile(r"always [“\"](\w+)[”\"]")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
SIMPLE = {
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "String": {"type": "string"},
}
BESIDES_ACTION = {"text", "icon_custom_emoji_id", "style"}
ACTIONS = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
]
TWO_DAYS = 48 * 3600
TWENTY_MEGABYTES = 20 * 2**20


def _max_bytes(_: Any, most: int, value: object, __: Any) -> Any:
    if isinstance(value, str) and len(value.encode("utf-8", "surrogatepass")) > most:
        yield ValidationError(f"longer than {most} bytes")


Judge = extend(  # type: ignore[no-untyped-call]  # its stubs leave it out
    Draft202012Validator, {"maxBytes": _max_bytes}
)


def _of_type(name: str) -> dict[str, Any]:
    if name.startswith("Array of "):
        return {"type": "array", "items": _of_type(name.removeprefix("Array of "))}
    return SIMPLE.get(name) or {"$ref": f"#/$defs/{name}"}


def _of_field(field: dict[str, Any]) -> dict[str, Any]:
    types = [_of_type(name) for name in field["types"]]
    schema: dict[str, Any] = dict(types[0]) if len(types) == 1 else {"anyOf": types}
    if "String" in field["types"]:
        if limits := CHARACTERS.search(field["description"]):
            unit = "maxLength" if limits[3] == "characters" else "maxBytes"
            schema.update({"minLength": int(limits[1]), unit: int(limits[2])})
        if always := ALWAYS.search(field["description"]):
            schema["const"] = always[1]
    if "Integer" in field["types"] and (limits := BETWEEN.search(field["description"])):
        schema.update(minimum=int(limits[1]), maximum=int(limits[2]))
    return schema


def _of_object(thing: dict[str, Any]) -> dict[str, Any]:
    if "subtypes" in thing:
        return {"anyOf": [_of_type(name) for name in thing["subtypes"]]}
    fields = thing.get("fields", [])
    return {
        "type": "object",
        "properties": {field["name"]: _of_field(field) for field in fields},
        "required": [field["name"] for field in fields if field["required"]],
        "additionalProperties": False,
    }


@functools.cache
def spec() -> dict[str, Any]:
    """The Bot API file as it was read."""
    return dict(json.loads(SPEC.read_text("utf-8")))


@functools.cache
def definitions() -> dict[str, Any]:
    """JSON Schema of every type of the Bot API."""
    schemas = {name: _of_object(thing) for name, thing in spec()["types"].items()}
    rows = schemas["InlineKeyboardMarkup"]["properties"]["inline_keyboard"]
    rows["items"].update(minItems=1, maxItems=8)
    schemas["Chat"]["properties"]["type"]["enum"] = ["private", "group", "supergroup", "channel"]
    return schemas


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema for a type's name (``Update``, ``Array of Message``), with what it refers to."""
    return {**_of_type(name), "$defs": definitions()}


@functools.cache
def _judge(kind: str, name: str) -> Any:
    own = _of_object(spec()["methods"][name]) if kind == "method" else _of_type(name)
    return Judge({**own, "$defs": definitions()})


def faults_of(name: str, value: object) -> list[str]:
    """What the specification of the type ``name`` finds wrong with ``value``."""
    return [f"{error.json_path}: {error.message[:200]}" for error in _judge("type", name).iter_errors(value)]


def _decoded(types: list[str], raw: str) -> object:
    """A form value by its declared types; a string that was to be something else stays one."""
    if types == ["String"]:
        return raw
    try:
        value: object = json.loads(raw)
    except ValueError:
        return raw
    if "String" in types and not isinstance(value, int):
        return raw
    return value


def _by_hand(method: str, data: dict[str, Any]) -> list[str]:
    """Rules of the Bot API that the file has only in free prose."""
    wrong = []
    rows = data.get("reply_markup", {}).get("inline_keyboard", [])
    keys = [key for row in rows for key in row]
    if len(keys) > 100:
        wrong.append("more than 100 buttons")
    wrong += ["a button needs exactly one action" for key in keys if len(key.keys() - BESIDES_ACTION) != 1]
    if method == "setWebhook":
        address = urlsplit(data["url"])
        if address.scheme != "https" or (address.port or 443) not in {443, 80, 88, 8443}:
            wrong.append("a webhook needs HTTPS on 443, 80, 88 or 8443")
        if not SECRET.fullmatch(data.get("secret_token", "-")):
            wrong.append("unallowed letters in the secret")
    if method == "sendChatAction" and data["action"] not in ACTIONS:
        wrong.append("unknown chat action")
    if method == "deleteMessages" and not 1 <= len(data["message_ids"]) <= 100:
        wrong.append("1 to 100 messages at once")
    return wrong


class _Refusal(Exception):  # noqa: N818
    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


class TelegramPeer(Peer):
    """``chats`` holds what each chat shows (Message objects by chat), ``answered`` the taps that were.

    ``push`` queues an update for polling; ``confirmed`` is the highest offset asked for, ``webhook``
    what setWebhook was last told. ``profile`` is how the bot presents itself by field and language, ``left`` the
    chats that it left. ``files`` are the recordings by file id,
    ``uploads`` the files that were sent.
    """

    def __init__(self, token: str = TOKEN, *, strict: bool = True) -> None:
        super().__init__(strict=strict)
        self.token = token
        self.chats: dict[int, list[dict[str, Any]]] = {}
        self.answered: list[str] = []
        self.webhook: dict[str, Any] = {}
        self.profile: dict[tuple[str, str], Any] = {}
        self.left: list[int] = []
        self.files: dict[str, bytes] = {}
        self.uploads: list[bytes] = []
        self.confirmed = 0
        self._queue: list[dict[str, Any]] = []
        self._arrived = asyncio.Event()
        self._next = 10

    def push(self, *updates: dict[str, Any], checked: bool = True) -> None:
        """Queues updates; ``checked=False`` lets through what Telegram would never send."""
        for update in updates:
            if checked and (wrong := faults_of("Update", update)):
                raise AssertionError(f"not an Update: {wrong}")
            self._queue.append(update)
        self._arrived.set()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What all chats show, oldest first: ``to``, ``text``, ``choices`` and the raw Message."""
        sent = sorted(
            (one for chat in self.chats.values() for one in chat), key=lambda one: one["message_id"]
        )
        return [
            {
                "id": one["message_id"],
                "to": str(one["chat"]["id"]),
                "text": one.get("text", ""),
                "choices": [
                    {"id": key["callback_data"], "title": key["text"]}
                    for row in one.get("reply_markup", {}).get("inline_keyboard", [])
                    for key in row
                ],
                "raw": one,
            }
            for one in sent
        ]

    def name_of(self, request: web.Request) -> str:
        return request.path.rsplit("/", 1)[1]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = self.name_of(request)
        if request.path.startswith(f"/file/bot{self.token}/"):
            self.calls.append(Call(request.method, "file", {}))
            content = self.files.get(method)
            return web.Response(status=404) if content is None else web.Response(body=content)
        raw = {**request.query, **await request.post()}
        try:
            if request.path != f"/bot{self.token}/{method}":
                raise _Refusal(401, "Unauthorized")
            data = self._read(method, raw, request.method)
            result = await getattr(self, f"_{method}")(data)
        except _Refusal as refusal:
            said = {"ok": False, "error_code": refusal.status, "description": str(refusal)}
            return web.json_response(said, status=refusal.status)
        if method != "getUpdates":  # updates were judged when they were pushed
            returns = spec()["methods"][method]["returns"]
            assert any(not faults_of(name, result) for name in returns), "the peer's own answer is wrong"
        return web.json_response({"ok": True, "result": result})

    def _read(self, method: str, raw: dict[str, Any], verb: str) -> dict[str, Any]:
        known = spec()["methods"].get(method)
        if known is None:
            self.calls.append(Call(verb, method, raw))
            self.wrong(f"no method {method}")
            raise _Refusal(404, "Not Found")
        types = {field["name"]: field["types"] for field in known.get("fields", [])}
        uploads = {name: value for name, value in raw.items() if isinstance(value, web.FileField)}
        self.uploads += [value.file.read() for value in uploads.values()]
        raw = {**raw, **dict.fromkeys(uploads, "attach://upload")}
        data = {name: _decoded(types.get(name, ["String"]), str(value)) for name, value in raw.items()}
        self.calls.append(Call(verb, method, data))
        wrong = [
            f"{one.json_path}: {one.message[:200]}" for one in _judge("method", method).iter_errors(data)
        ]
        wrong = wrong or _by_hand(method, data)
        if wrong:
            self.wrong(f"{method}: {wrong}")
            raise _Refusal(400, "Bad Request: " + "; ".join(wrong))
        if not hasattr(self, f"_{method}"):
            raise _Refusal(404, "Not Found: the peer does not play this method")
        return data

    async def _getMe(self, _: dict[str, Any]) -> object:  # noqa: N802 - the platform's names
        return BOT

    async def _sendMessage(self, data: dict[str, Any]) -> object:  # noqa: N802
        return self._shown(data, {"text": data["text"]})

    async def _sendVoice(self, data: dict[str, Any]) -> object:  # noqa: N802
        content = self.uploads[-1]
        if not content.startswith(b"OggS"):
            self.wrong("sendVoice: not an OGG")
        named = {"file_id": f"sent{len(self.uploads)}", "file_unique_id": "u", "duration": 1}
        return self._shown(data, {"voice": {**named, "file_size": len(content)}})

    def _shown(self, data: dict[str, Any], what: dict[str, Any]) -> dict[str, Any]:
        chat = int(data["chat_id"])
        self._next += 1
        message = {
            "message_id": self._next,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Test"},
            "from": BOT,
            **what,
        }
        if data.get("protect_content"):
            message["has_protected_content"] = True
        if "reply_markup" in data:
            message["reply_markup"] = data["reply_markup"]
        self.chats.setdefault(chat, []).append(message)
        return message

    async def _getFile(self, data: dict[str, Any]) -> object:  # noqa: N802
        content = self.files.get(data["file_id"])
        if content is None:
            raise _Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > TWENTY_MEGABYTES:
            raise _Refusal(400, "Bad Request: file is too big")
        named = {"file_id": data["file_id"], "file_unique_id": "u"}
        return {**named, "file_size": len(content), "file_path": f"voice/{data['file_id']}"}

    async def _sendChatAction(self, _: dict[str, Any]) -> object:  # noqa: N802
        return True

    async def _answerCallbackQuery(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.answered.append(data["callback_query_id"])
        return True

    async def _editMessageReplyMarkup(self, data: dict[str, Any]) -> object:  # noqa: N802
        message = self._found(data["chat_id"], data["message_id"])
        if message.get("reply_markup") == data.get("reply_markup"):
            raise _Refusal(400, "Bad Request: message is not modified")
        message.pop("reply_markup", None)
        return message

    async def _deleteMessage(self, data: dict[str, Any]) -> object:  # noqa: N802
        message = self._found(data["chat_id"], data["message_id"])
        self._young(message)
        self.chats[int(data["chat_id"])].remove(message)
        return True

    async def _deleteMessages(self, data: dict[str, Any]) -> object:  # noqa: N802
        chat = self.chats.get(int(data["chat_id"]), [])
        named = [message for message in chat if message["message_id"] in data["message_ids"]]
        for message in named:
            self._young(message)
        for message in named:
            chat.remove(message)
        return True

    def _profile(self, field: str, data: dict[str, Any]) -> tuple[str, str]:
        return field, data.get("language_code", "")

    async def _getMyName(self, data: dict[str, Any]) -> object:  # noqa: N802
        return {"name": self.profile.get(self._profile("name", data), "")}

    async def _setMyName(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.profile[self._profile("name", data)] = data["name"]
        return True

    async def _getMyShortDescription(self, data: dict[str, Any]) -> object:  # noqa: N802
        return {"short_description": self.profile.get(self._profile("about", data), "")}

    async def _setMyShortDescription(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.profile[self._profile("about", data)] = data["short_description"]
        return True

    async def _getMyDescription(self, data: dict[str, Any]) -> object:  # noqa: N802
        return {"description": self.profile.get(self._profile("description", data), "")}

    async def _setMyDescription(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.profile[self._profile("description", data)] = data["description"]
        return True

    async def _getMyCommands(self, data: dict[str, Any]) -> object:  # noqa: N802
        return self.profile.get(self._profile("commands", data), [])

    async def _setMyCommands(self, data: dict[str, Any]) -> object:  # noqa: N802
        wrong = [
            one["command"] for one in data["commands"] if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"])
        ]
        if wrong:
            self.wrong(f"setMyCommands: {wrong}")
            raise _Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        self.profile[self._profile("commands", data)] = data["commands"]
        return True

    async def _leaveChat(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.left.append(int(data["chat_id"]))
        return True

    async def _getWebhookInfo(self, _: dict[str, Any]) -> object:  # noqa: N802
        told = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": 0,
        }
        return {**told, "allowed_updates": self.webhook.get("allowed_updates", [])}

    async def _setWebhook(self, data: dict[str, Any]) -> object:  # noqa: N802
        self.webhook = data
        return True

    async def _deleteWebhook(self, _: dict[str, Any]) -> object:  # noqa: N802
        self.webhook = {}
        return True

    async def _getUpdates(self, data: dict[str, Any]) -> object:  # noqa: N802
        if self.webhook:
            raise _Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(data.get("offset", 0))
        self.confirmed = max(self.confirmed, offset)
        self._queue = [one for one in self._queue if one.get("update_id", 0) >= offset]
        if not self._queue:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), float(data.get("timeout", 0)))
            except TimeoutError:
                return []
        return self._queue[:100]

    def _found(self, chat: object, message_id: int) -> dict[str, Any]:
        for message in self.chats.get(int(str(chat)), []):
            if message["message_id"] == message_id:
                return message
        raise _Refusal(400, "Bad Request: message to delete not found")

    def _young(self, message: dict[str, Any]) -> None:
        if time.time() - message["date"] > TWO_DAYS:
            raise _Refusal(400, "Bad Request: message can't be deleted for everyone")
