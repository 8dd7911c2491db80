"""Recordings: fetched within limits, and known by their first bytes, whatever a header calls them.

Promises: never more than the limit is held, no host is called that the caller did not allow, and an error carries a
code and neither the address (which may hold a token) nor anything of the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import httpx

from connectors.base import SendError

HOPS = 3
GONE = frozenset({404, 410})
# First bytes, where they stand, what they are. Opus comes in Ogg from both platforms' own recorders.
SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "audio/mp4"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
    (8, b"WAVE", "audio/wav"),
)
MPEG, ADTS = 0xE0, 0xF6  # an MPEG frame begins with eleven ones; in AAC (ADTS) the layer bits are zero


def media_type(content: bytes) -> str:
    """What kind of recording this is; empty for what is none."""
    for at, sign, name in SIGNS:
        if content[at : at + len(sign)] == sign:
            return name
    if len(content) > 1 and content[0] == 0xFF and content[1] & MPEG == MPEG:
        return "audio/aac" if content[1] & ADTS == 0xF0 else "audio/mpeg"
    return ""


async def download(
    url: str,
    limit: int,
    seconds: float,
    *,
    headers: Mapping[str, str] | None = None,
    follow: Callable[[httpx.URL], bool] = lambda _: False,
) -> bytes:
    """What lies at ``url``. ``headers`` go to that host alone, not to where it sends us (``follow`` says may we)."""
    try:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
            here, given = httpx.URL(url), dict(headers or {})
            for _ in range(HOPS):
                async with client.stream("GET", here, headers=given) as answer:
                    if not answer.is_redirect:
                        return await _read(answer, limit)
                    here, given = here.join(answer.headers["location"]), {}
                if not follow(here):
                    break
    except TimeoutError:
        raise SendError("timeout", retryable=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
        raise SendError("network", retryable=True) from None
    raise SendError("redirect", retryable=False)


async def _read(answer: httpx.Response, limit: int) -> bytes:
    if answer.status_code in GONE:
        # A recording may be named before it can be fetched; when it stays away, the tries run out.
        raise SendError("no_such_media", retryable=True)
    if not answer.is_success:
        raise SendError(str(answer.status_code), retryable=True)
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > limit:
            raise SendError("too_large", retryable=False)
    return bytes(content)
