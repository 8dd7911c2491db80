"""Calling Twilio: the HTTP client, and what each refusal means.

Stage: the way out of WhatsApp. Promises: a call ends within its time limit, goes to Twilio's hosts or
to the one configured address and nowhere else, and every failure becomes a ``SendError`` that carries
a code and nothing of the message. Must not: repeat a call (a repeated POST is a second message on
the person's phone; the outbox decides), or keep or log what was sent.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import yaml
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

from connectors.base import SendError

HOSTS = frozenset({"api.twilio.com", "content.twilio.com", "messaging.twilio.com"})
ERRORS: dict[int, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("twilio_errors.yml").read_text("utf-8")
)
# Whatever a call can end with; the library lets network trouble through as it came.
FAULTS = (TwilioException, aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, KeyError)

_silent = logging.getLogger("connectors.twilio_api.http")
_silent.setLevel(logging.CRITICAL)  # the library logs addresses of list calls at INFO


class Http(AsyncTwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Twilio's own client with a time limit that holds and, when ``api_url`` is given, another address."""

    def __init__(self, api_url: str | None, seconds: float) -> None:
        super().__init__(logger=_silent)
        self._api_url = (api_url or "").rstrip("/")
        self._seconds = seconds

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature; it ignores its own
        allow_redirects: bool = False,
    ) -> Response:
        """One call. Raises ``ValueError`` for a host that is not Twilio's, ``TimeoutError`` in time."""
        headers = dict(headers or {})
        if auth is not None:  # the library's own way is deprecated in aiohttp
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if headers.get("Content-Type") == "application/json":
            data = json.dumps(data).encode()  # the library would send a form here
        try:
            async with asyncio.timeout(timeout or self._seconds):
                return await super().request(
                    method, self._address(url), params, data, headers, None, None, allow_redirects
                )
        finally:
            # The library keeps the last request and answer "for tests": somebody's words and number.
            self._test_only_last_request = self._test_only_last_response = None

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname not in HOSTS:
            raise ValueError("not_a_twilio_host")
        if not self._api_url:
            return url
        return self._api_url + parts.path + (f"?{parts.query}" if parts.query else "")


def failure(code: str, status: int = 400) -> SendError:
    """What a code of Twilio (or, without a row for it, an HTTP status) means for the message."""
    row = ERRORS.get(int(code)) if code.isascii() and code.isdigit() else None
    if row is None:
        then = "retry" if status == 429 or status >= 500 else "never"
        return SendError(code or str(status), retryable=then == "retry")
    return SendError(
        code,
        retryable=row["then"] in {"retry", "alarm"},
        retry_after=row.get("wait_s"),
        blocked=row["then"] == "blocked",
        window=row["then"] == "window",
        alarm=row["then"] == "alarm",
        plain=row["then"] == "content",
    )


def fault(error: Exception) -> SendError:
    """The ``SendError`` for anything in ``FAULTS``; an answer nobody can read is worth another try."""
    status = getattr(error, "status", None)
    if isinstance(error, TwilioException) and isinstance(status, int):
        return failure(str(getattr(error, "code", None) or ""), status)
    if isinstance(error, TimeoutError):
        return SendError("timeout", retryable=True)
    if isinstance(error, aiohttp.ClientError | OSError):
        return SendError("network", retryable=True)
    return SendError("answer", retryable=True)
