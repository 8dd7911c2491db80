"""A stand-in for Twilio that judges every call by Twilio's own OpenAPI files.

The files say nothing of lengths, counts or unknown fields; ``specs/limits.json`` and a few rules by
hand are laid over them in memory. What passes is answered with Twilio's own examples.
"""

from __future__ import annotations

import base64
import copy
import dataclasses
import functools
import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.peers.loopback import Call, Peer
from tests.peers.sign import ACCOUNT

SPECS = Path(__file__).with_name("specs")
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
FORM = "application/x-www-form-urlencoded"
FILES = {
    "/2010-04-01/": ("https://api.twilio.com", "twilio_api_v2010.messages.subset.json"),
    "/v2/Indicators/": ("https://messaging.twilio.com", "twilio_messaging_v2.typing.subset.json"),
    "/v1/Content": ("https://content.twilio.com", "twilio_content_v1.json"),
}


def limit(what: str) -> int:
    """The figure that ``limits.json`` gives for the WhatsApp rule starting with ``what``."""
    rules = json.loads((SPECS / "limits.json").read_text("utf-8"))["twilio_whatsapp"]
    (found,) = [rule["max"] for rule in rules if rule["what"].startswith(what)]
    return int(found)


def _overlay_messages(spec: dict[str, Any]) -> None:
    content = spec["paths"][MESSAGES]["post"]["requestBody"]["content"][FORM]
    content["encoding"] = {
        name: {"style": "form", "explode": True} for name in ("MediaUrl", "PersistentAction")
    }
    schema = content["schema"]
    schema["additionalProperties"] = False
    schema["required"] = ["To", "From"]
    schema["anyOf"] = [{"required": [one]} for one in ("Body", "ContentSid", "MediaUrl")]
    fields = schema["properties"]
    fields["Body"].update(minLength=1, maxLength=limit("Body of a free text"))
    fields["To"]["pattern"] = fields["From"]["pattern"] = r"^(whatsapp:[!-~]+|\+?[0-9]{3,15})$"


def _overlay_content(spec: dict[str, Any]) -> None:
    schemas = spec["components"]["schemas"]
    schemas["ContentCreateRequest"]["additionalProperties"] = False
    schemas["types"].update(additionalProperties=False, minProperties=1)
    body = {"type": "string", "minLength": 1, "maxLength": limit("quick-reply / list-picker body")}
    schemas["twilioQuickReply"]["properties"]["body"] = body
    schemas["twilioListPicker"]["properties"]["body"] = body
    schemas["quickReplyActions"].update(minItems=1, maxItems=limit("quick-reply buttons in session"))
    schemas["quickReplyAction"]["properties"]["title"].update(
        minLength=1, maxLength=limit("reply button title")
    )
    schemas["quickReplyAction"]["properties"]["id"].update(maxLength=limit("reply button id"))
    schemas["listItems"].update(minItems=1, maxItems=limit("list-picker items"))
    item = schemas["listItem"]["properties"]
    item["item"].update(minLength=1, maxLength=limit("list item title"))
    item["id"].update(minLength=1, maxLength=limit("list item id"))
    item["description"]["maxLength"] = limit("list item description")
    schemas["twilioListPicker"]["properties"]["button"].update(
        minLength=1, maxLength=limit("list button label")
    )


@functools.cache
def spec(file: str) -> tuple[dict[str, Any], OpenAPI]:
    """The description with our limits laid over it, and the judge made from it."""
    read = json.loads((SPECS / "twilio" / file).read_text("utf-8"))
    if "messages" in file:
        _overlay_messages(read)
    if "content" in file:
        _overlay_content(read)
    return read, OpenAPI.from_dict(copy.deepcopy(read))


@dataclasses.dataclass
class _Judged:
    """A request in the shape that openapi-core reads."""

    host_url: str
    path: str
    method: str
    content_type: str
    body: bytes
    parameters: RequestParameters


def _unlisted(form: dict[str, str]) -> list[str]:
    """What openapi-core overlooks in a message form: unknown fields and addresses that are none."""
    fields = spec(FILES["/2010-04-01/"][1])[0]["paths"][MESSAGES]["post"]["requestBody"]["content"][FORM]
    wrong = [f"unknown field {name}" for name in form if name not in fields["schema"]["properties"]]
    if form["To"].startswith("whatsapp:") != form["From"].startswith("whatsapp:"):
        wrong.append("To and From are of different channels")
    callback = urlsplit(form.get("StatusCallback", "https://-"))
    if callback.scheme not in {"http", "https"} or not callback.netloc:
        wrong.append("StatusCallback is not a URL")
    return wrong


def _unique(content: dict[str, Any]) -> list[str]:
    actions = content.get("types", {}).get("twilio/quick-reply", {}).get("actions", [])
    titles = [action.get("title") for action in actions]
    return ["button titles are not unique"] if len(set(titles)) != len(titles) else []


class TwilioPeer(Peer):
    """``messages`` holds what would have reached phones, ``contents`` the Content resources by sid.

    ``inbox`` is Twilio's own list of messages (for the sweep), ``unfinished`` the sids that cannot be
    deleted yet, ``deleted`` those that were. People in ``closed`` have not written for 24 hours: only the sids in
    ``approved`` (text by sid) reach them. ``typing`` holds the messages that were marked read. ``media`` are the
    recordings by path: whoever shows the account's credentials is sent on to another host, which must not see them.
    """

    def __init__(self, account: str = ACCOUNT, token: str = "12345", *, strict: bool = True) -> None:
        super().__init__(strict=strict)
        for (
            _,
            file,
        ) in FILES.values():  # the judges are made before the first call, which may have a short time limit
            spec(file)
        self._basic = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()
        self.messages: list[dict[str, Any]] = []
        self.contents: dict[str, dict[str, Any]] = {}
        self.inbox: list[dict[str, Any]] = []
        self.unfinished: set[str] = set()
        self.deleted: list[str] = []
        self.closed: set[str] = set()
        self.approved: dict[str, str] = {}
        self.typing: list[str] = []
        self.media: dict[str, bytes] = {}

    def record(self, message: str, content: bytes) -> str:
        """Keep a recording of a message; the address that the webhook's form gives for it."""
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message}/Media/ME{secrets.token_hex(16)}"
        self.media[path] = content
        return f"https://api.twilio.com{path}"

    def _recording(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a recording, as the host behind Twilio's serves them."""
        self.calls.append(Call(request.method, "/kept", {}))
        if "Authorization" in request.headers:
            self.wrong("the account's credentials were shown to another host")
        content = self.media.get(request.path.removeprefix("/kept"))
        return _refusal(404, 20404) if content is None else web.Response(body=content)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/kept/"):
            return self._recording(request)
        body = await request.read()
        if request.content_type == "application/json":
            data = json.loads(body)
        else:
            data = dict(parse_qsl(body.decode(), keep_blank_values=True)) or dict(request.query)
        self.calls.append(Call(request.method, request.path, data))
        if request.headers.get("Authorization") != self._basic:
            return _refusal(401, 20003)
        if request.path in self.media:
            return web.Response(status=307, headers={"Location": f"/kept{request.path}"})
        wrong = self._judge(request, body, data)
        if wrong:
            self.wrong(f"{request.method} {request.path}: {wrong}")
            return _refusal(400, 20001)
        return self._done(request, data)

    def _judge(self, request: web.Request, body: bytes, data: dict[str, Any]) -> list[str]:
        host, file = next((FILES[one] for one in FILES if request.path.startswith(one)), ("", ""))
        if not file:
            return ["no such address"]
        judged = _Judged(
            host_url=host,
            path=request.path,
            method=request.method.lower(),
            content_type=request.content_type,
            body=body,
            parameters=RequestParameters(
                query=ImmutableMultiDict(list(request.query.items())),
                header=Headers(list(request.headers.items())),
                cookie=ImmutableMultiDict(),
            ),
        )
        try:
            spec(file)[1].validate_request(judged)
        except OpenAPIError as error:
            cause = error.__cause__
            return [str(one) for one in getattr(cause, "schema_errors", [])] or [f"{error!r} {cause!r}"]
        if request.method == "POST" and request.path.endswith("/Messages.json"):
            return _unlisted(data)
        return _unique(data) if request.path == "/v1/Content" else []

    def _done(self, request: web.Request, data: dict[str, Any]) -> web.StreamResponse:
        if request.path == "/v1/Content":
            return self._content(data)
        if request.path == "/v2/Indicators/Typing.json":
            self.typing.append(data["messageId"])
            return web.json_response({"success": True})
        if request.path.endswith("/Messages.json"):
            return self._listed() if request.method == "GET" else self._message(data)
        if request.path.endswith("/Media.json"):
            return self._media_of(request.path.split("/")[-2])
        sid = request.path.rsplit("/", 1)[1].removesuffix(".json")
        if request.method == "DELETE":
            return self._delete(sid)
        return _refusal(404, 20404)

    def _message(self, form: dict[str, str]) -> web.StreamResponse:
        content = self.contents.get(form.get("ContentSid", ""))
        if form.get("ContentSid") in self.approved:
            content = {"types": {"twilio/text": {"body": self.approved[form["ContentSid"]]}}}
        elif form["To"] in self.closed:
            return _refusal(400, 63016)
        if "ContentSid" in form and content is None:
            return _refusal(400, 21655)
        sid = ("MM" if content else "SM") + secrets.token_hex(16)
        shown = _shown(content["types"]) if content else {"text": form.get("Body", ""), "choices": []}
        if "MediaUrl" in form:
            shown["media"] = form["MediaUrl"]
        self.messages.append({"sid": sid, "to": form["To"], "from": form["From"], **shown})
        example = _example(FILES["/2010-04-01/"][1], MESSAGES, "createWoService")
        said = {"sid": sid, "to": form["To"], "from": form["From"], "status": "queued", "body": shown["text"]}
        return web.json_response({**example, **said}, status=201)

    def _content(self, data: dict[str, Any]) -> web.StreamResponse:
        sid = "HX" + secrets.token_hex(16)
        self.contents[sid] = data
        example = _example(FILES["/v1/Content"][1], "/v1/Content", "create")
        return web.json_response({**example, "sid": sid, "types": data["types"]}, status=201)

    def _listed(self) -> web.StreamResponse:
        example = _example(FILES["/2010-04-01/"][1], MESSAGES, "createWoService")
        return web.json_response({"messages": [{**example, **one} for one in self.inbox], "page_size": 1000})

    def _media_of(self, message: str) -> web.StreamResponse:
        listed = [
            {"content_type": "audio/ogg", "parent_sid": message, "uri": f"{path}.json"}
            for path in self.media
            if f"/{message}/" in path
        ]
        return web.json_response({"media_list": listed, "page_size": 50, "next_page_uri": None})

    def _delete(self, sid: str) -> web.StreamResponse:
        if sid in self.unfinished:
            return _refusal(400, 20009)
        if sid in self.deleted:
            return _refusal(404, 20404)
        self.deleted.append(sid)
        for path in [path for path in self.media if f"/{sid}/" in path]:
            del self.media[path]
        return web.Response(status=204)


def _shown(types: dict[str, Any]) -> dict[str, Any]:
    """Words and choices of a Content resource, as the phone shows them."""
    if words := types.get("twilio/text"):
        return {"text": words["body"], "choices": []}
    if quick := types.get("twilio/quick-reply"):
        choices = [{"id": one["id"], "title": one["title"]} for one in quick["actions"]]
        return {"text": quick["body"], "choices": choices}
    picker = types["twilio/list-picker"]
    choices = [{"id": one["id"], "title": one["item"]} for one in picker["items"]]
    return {"text": picker["body"], "choices": choices}


@functools.cache
def _example(file: str, path: str, name: str) -> dict[str, Any]:
    answer = spec(file)[0]["paths"][path]["post"]["responses"]["201"]["content"]["application/json"]
    return dict(answer["examples"][name]["value"])


def _refusal(status: int, code: int) -> web.StreamResponse:
    said = {"code": code, "message": "refused", "more_info": "", "status": status}
    return web.json_response(said, status=status)
