"""A push service on this machine, and the browsers behind it: they alone can read what comes.

It judges as the real ones do (RFC 8030, 8291, 8292), by code of its own: the signature over the raw token, the key
agreement and the derivation written out step by step.
"""

from __future__ import annotations

import base64
import dataclasses
import hmac
import json
import re
import secrets
from typing import Any, Self

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DAY = 24 * 3600


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(data: str) -> bytes:
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


@dataclasses.dataclass
class Browser:
    """One that subscribed; ``got`` is what it could read."""

    key: ec.EllipticCurvePrivateKey = dataclasses.field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = dataclasses.field(default_factory=lambda: secrets.token_bytes(16))
    got: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def read(self, body: bytes) -> bytes:
        """One record of aes128gcm, opened with the browser's own key."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        point, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        extracted = _mac(self.auth, self.key.exchange(ec.ECDH(), sender))
        secret = _mac(extracted, b"WebPush: info\x00" + self.point + point + b"\x01")
        extracted = _mac(salt, secret)
        key = _mac(extracted, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _mac(extracted, b"Content-Encoding: nonce\x00\x01")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "not the last record"
        return plain[:-1]


@dataclasses.dataclass
class PushService:
    """On a free port; ``answers`` says with which status a path is refused."""

    public: str  # the key that the browsers were told
    now: float
    port: int = 0
    browsers: dict[str, Browser] = dataclasses.field(default_factory=dict)
    answers: dict[str, int] = dataclasses.field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], int]] = dataclasses.field(default_factory=list)
    wrong: list[str] = dataclasses.field(default_factory=list)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/wpush/{name}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def subscribe(self, name: str) -> dict[str, str]:
        """A new browser, as it tells a page about itself."""
        made = self.browsers[name] = Browser()
        return {
            "endpoint": f"{self.origin}/wpush/{name}",
            "p256dh": text(made.point),
            "auth": text(made.auth),
        }

    async def _take(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.read()
        self.requests.append((name, dict(request.headers), len(body)))
        if name in self.answers:
            return web.Response(status=self.answers[name])
        if problem := self._judge(request):
            self.wrong.append(problem)
            return web.Response(status=403)
        self.browsers[name].got.append(json.loads(self.browsers[name].read(body)))
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/{secrets.token_hex(4)}"})

    def _judge(self, request: web.Request) -> str:
        """What is wrong with a request; empty when nothing is."""
        headers = request.headers
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)", headers["Authorization"])
        if found is None:
            return "no signature"
        head, claims, signature, key = found.groups()
        if key != self.public:
            return "another key than the browser was told"
        r, s = (int.from_bytes(part, "big") for part in (raw(signature)[:32], raw(signature)[32:]))
        signer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(key))
        try:
            signer.verify(
                utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
            )
        except InvalidSignature:
            return "a wrong signature"
        if json.loads(raw(head)) != {"typ": "JWT", "alg": "ES256"}:
            return "another kind of token"
        said = json.loads(raw(claims))
        if said["aud"] != self.origin or not self.now < said["exp"] <= self.now + DAY:
            return "not for us, or not for now"
        if not re.match(r"mailto:|https://", said["sub"]):
            return "nobody to ask"
        if headers["Content-Encoding"] != "aes128gcm" or not headers["TTL"].isdigit():
            return "headers"
        return "" if re.fullmatch(r"[\w-]{1,32}", headers["Topic"]) else "topic"


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
