"""A partner's single sign-on (OpenID Connect, authorization code with PKCE). Knows nothing of the bot.

Promises that an e-mail comes back only from a token that this provider signed, for us, for this very sign-in, and
not longer ago than it says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connectors.base import Attempt, SignInError

SECONDS = 10.0
LEEWAY = 60  # two clocks
ALGORITHMS = ("RS256", "ES256")
WELL_KNOWN = "/.well-known/openid-configuration"


class Oidc:
    """One provider; ``back`` is the address of ours that it sends people back to."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, back: str, clock: Callable[[], float]
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._secret = client_secret
        self._back = back
        self._clock = clock
        self._described: Mapping[str, Any] | None = None

    async def leave(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        described = await self._describe()
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = str(described["authorization_endpoint"])
        return f"{where}{'&' if '?' in where else '?'}{urlencode(query)}"

    async def come_back(self, attempt: Attempt, code: str) -> str:
        """The verified e-mail of whoever signed in, in small letters."""
        described = await self._describe()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": attempt.verifier,
        }
        given = await self._json("POST", str(described["token_endpoint"]), data=form)
        keys = await self._json("GET", str(described["jwks_uri"]))
        claims = self._claims(str(given.get("id_token", "")), keys, attempt.nonce)
        email = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(email, str) or not email:
            raise SignInError("email")
        return email.lower()

    def _claims(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token (OpenID Connect Core 3.1.3.7)."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            registry.validate(found.claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise SignInError("token") from None
        if found.claims.get("azp", self._client_id) != self._client_id:
            raise SignInError("token")
        return found.claims

    async def _describe(self) -> Mapping[str, Any]:
        if self._described is None:
            described = await self._json("GET", self._issuer + WELL_KNOWN)
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if described.get("issuer", "").rstrip("/") != self._issuer or not all(map(described.get, wanted)):
                raise SignInError("provider")
            self._described = described
        return self._described

    async def _json(self, verb: str, url: str, data: Mapping[str, str] | None = None) -> dict[str, Any]:
        auth = httpx.BasicAuth(self._client_id, self._secret) if data is not None else None
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                answer = await client.request(verb, url, data=data, auth=auth)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise SignInError("provider") from None
        if not isinstance(found, dict):
            raise SignInError("provider")
        return found
