"""An OpenID Connect provider on loopback: signs in whoever it is told, checks what the client owes it, can cheat."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Self

from aiohttp import BasicAuth, web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey


@dataclasses.dataclass
class Provider:
    """``email`` is who signs in; ``change`` turns the claims into others; ``key`` signs, ``shown`` is published."""

    clock: Callable[[], float]
    host: str = "127.0.0.1"
    email: str = "ana@socio.test"
    verified: bool = True
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    client: tuple[str, str] = ("faro", "a-secret-of-the-client")
    refused: list[str] = dataclasses.field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, auto_kid=True)
        self.shown: RSAKey | ECKey = self.key
        self._asked: dict[str, dict[str, str]] = {}
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._described)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://{self.host}:{self._runner.addresses[0][1]}"
        self.issuer = self.url
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _described(self, _: web.Request) -> web.Response:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return web.json_response(
            {"issuer": self.issuer, **{name: f"{self.url}/{path}" for name, path in ends.items()}}
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        good = query.get("response_type") == "code" and query.get("client_id") == self.client[0]
        if not good or query.get("code_challenge_method") != "S256" or "openid" not in query["scope"].split():
            self.refused.append("authorize")
            return web.Response(status=400)
        code = secrets.token_urlsafe(16)
        self._asked[code] = query
        raise web.HTTPFound(f"{query['redirect_uri']}?code={code}&state={query['state']}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self._asked.pop(str(form.get("code", "")), None)  # a code serves once
        auth = BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or (auth.login, auth.password) != self.client
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            self.refused.append("token")
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "aud": self.client[0],
            "sub": "17",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": self.verified,
        }
        alg = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        token = jwt.encode({"alg": alg, "kid": self.shown.kid}, self.change(claims), self.key)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.shown.as_dict(private=False)]})
