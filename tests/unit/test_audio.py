"""What kind of recording some bytes are; a header of the sender's is not asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.audio import media_type
from tests.peers.opus import silence

KINDS = [
    (silence(0.1), "audio/ogg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb\x90\x64", "audio/mpeg"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
    (b"#!AMR\n", "audio/amr"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
    (b"", ""),
    (b"\xff", ""),
    (b"\xff\xd8\xff\xe0", ""),
    (b"<html><script>", ""),
    (b"\x89PNG\r\n", ""),
    (b"Ogg", ""),
]


@pytest.mark.parametrize(("content", "kind"), KINDS)
def test_first_bytes(content: bytes, kind: str) -> None:
    """A picture, a page or nothing is no recording."""
    assert media_type(content) == kind


@given(st.binary(max_size=64))
def test_any_bytes(content: bytes) -> None:
    """Always an audio type or nothing: it becomes the content type of an answer of ours."""
    assert media_type(content) == "" or media_type(content).startswith("audio/")
