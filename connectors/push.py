"""Web Push (RFC 8030): one encrypted line to one browser. Knows nothing of the bot.

The push service learns that something came, from whom and how urgent, and never what (RFC 8291); it takes it only
with our signature (RFC 8292). Whoever subscribes names the address, so it may only be one of the open internet: the
name is looked up once, and what was found and judged is what is called.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.base import Subscription, SubscriptionError

SECONDS = 10.0
LONGEST = 1000  # of an endpoint; the services' own have about 200
SIGNED_FOR = 12 * 3600  # a day is the most that services accept
PADDED = 512  # every message has the same size
RECORD = 4096
POINT, SECRET, SALT = 65, 16, 16
CURVE = ec.SECP256R1()
HTTPS = 443
EMBEDDED = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address behind a translator

Fate = Literal["taken", "gone", "failed"]
Urgency = Literal["normal", "high"]
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def subscription(endpoint: str, p256dh: str, auth: str, *, near: bool = False) -> Subscription:
    """As a browser gives it, checked. ``near``: it may be on this machine, for tests and development."""
    try:
        url = urlsplit(endpoint)
        port = url.port or HTTPS
    except ValueError:
        raise SubscriptionError("endpoint") from None
    plain = endpoint.isascii() and endpoint.isprintable() and len(endpoint) <= LONGEST and " " not in endpoint
    open_ = url.scheme == "https" and port == HTTPS
    if not plain or not url.hostname or url.username is not None or not (open_ or near):
        raise SubscriptionError("endpoint")
    found = Subscription(endpoint, _bytes(p256dh), _bytes(auth))
    if len(found.auth) != SECRET or len(found.p256dh) != POINT:
        raise SubscriptionError("keys")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, found.p256dh)
    except ValueError:
        raise SubscriptionError("keys") from None
    return found


def encrypt(
    plain: bytes, to: Subscription, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b""
) -> bytes:
    """``plain`` as one record that only this browser opens. ``ours`` and ``salt`` are drawn anew unless given."""
    ours, salt = ours or ec.generate_private_key(CURVE), salt or secrets.token_bytes(SALT)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.p256dh)
    point = public_bytes(ours)
    shared = ours.exchange(ec.ECDH(), theirs)
    key = _derive(to.auth, b"WebPush: info\0" + to.p256dh + point, shared, 32)
    content = AESGCM(_derive(salt, b"Content-Encoding: aes128gcm\0", key, 16))
    nonce = _derive(salt, b"Content-Encoding: nonce\0", key, 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([POINT]) + point
    return head + content.encrypt(nonce, plain, None)


def padded(plain: bytes) -> bytes:
    """The last record of a message: what it says, its end, and nothing up to the common size."""
    return plain + b"\2" + bytes(max(0, PADDED - len(plain)))


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, as a point that is not compressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Push:
    """Sends in the name of one key. ``contact`` is where a push service finds whoever runs this."""

    def __init__(
        self, secret: bytes, contact: str, clock: Callable[[], float], *, near: bool = False
    ) -> None:
        self._private = ec.derive_private_key(int.from_bytes(secret, "big"), CURVE)
        self._key = ECKey.import_key(self._jwk(secret))
        self._contact = contact
        self._clock = clock
        self._near = near

    @property
    def public(self) -> str:
        """What a browser must be told before it subscribes."""
        return _text(public_bytes(self._private))

    def subscription(self, endpoint: str, p256dh: str, auth: str) -> Subscription:
        """What a browser gave, checked."""
        return subscription(endpoint, p256dh, auth, near=self._near)

    async def send(
        self, to: Subscription, words: Mapping[str, str], topic: str, urgency: Urgency, ttl: int
    ) -> Fate:
        """``gone``: the browser does not want it any more. ``topic`` (32 letters): a repeated message replaces."""
        url = urlsplit(to.endpoint)
        body = encrypt(padded(json.dumps(words, ensure_ascii=False).encode()), to)
        headers = {
            "Host": url.netloc,
            "Authorization": f"vapid t={self._token(f'{url.scheme}://{url.netloc}')}, k={self.public}",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl),
            "Urgency": urgency,
            "Topic": topic,
        }
        try:
            async with asyncio.timeout(SECONDS):
                where = await self._place(url.hostname or "", url.port or HTTPS)
                address = httpx.URL(to.endpoint).copy_with(host=where)
                async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
                    answer = await client.post(
                        address, content=body, headers=headers, extensions={"sni_hostname": url.hostname}
                    )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError):
            return "failed"
        if answer.status_code in (404, 410):
            return "gone"
        return "taken" if answer.is_success else "failed"

    async def _place(self, host: str, port: int) -> str:
        """The address to call; ``OSError`` when there is none that may be."""
        for row in await asyncio.get_running_loop().getaddrinfo(host, port, proto=6):
            address = str(row[4][0])
            if self._near or is_open(ipaddress.ip_address(address)):
                return address
        raise OSError("not on the open internet")

    def _token(self, audience: str) -> str:
        claims = {"aud": audience, "exp": int(self._clock()) + SIGNED_FOR, "sub": self._contact}
        return jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key, algorithms=["ES256"])

    def _jwk(self, secret: bytes) -> dict[str, str | list[str]]:
        point = public_bytes(self._private)
        x, y = _text(point[1:33]), _text(point[33:])
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "d": _text(secret)}


def contact_of(public_url: str) -> str:
    """Where a push service finds whoever runs this: an address that it takes, whatever Faro's own is."""
    return public_url if public_url.startswith("https://") else "https://localhost"


def is_open(address: Ip) -> bool:
    """An address of the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in EMBEDDED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_open(inner)
    return address.is_global and not address.is_multicast


def _derive(salt: bytes, info: bytes, key: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SubscriptionError("keys") from None
