"""A short recording made by hand: silence in Opus, in Ogg, as the telephones record voice notes."""

from __future__ import annotations

import struct

RATE = 48_000
FRAME = b"\xf8\xff\xfe"  # twenty milliseconds of silence
FRAME_SAMPLES = 960
SERIAL = 0x6661726F
FIRST, LAST = 2, 4


def _checksum(page: bytes) -> int:
    """CRC-32 as Ogg wants it: no reflection, starting at nothing."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def _page(number: int, kind: int, position: int, packets: list[bytes]) -> bytes:
    lengths = b"".join(bytes([255] * (len(one) // 255) + [len(one) % 255]) for one in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, position, SERIAL, number, 0, len(lengths))
    page = head + lengths + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def silence(seconds: float = 1.0, comment: str = "") -> bytes:
    """A whole file. ``comment`` stands in its tags, so that two recordings can be told apart."""
    frames = max(1, round(seconds * RATE / FRAME_SAMPLES))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, RATE, 0, 0)
    words = f"DESCRIPTION={comment}".encode()
    tags = b"OpusTags" + struct.pack("<I", 4) + b"faro" + struct.pack("<II", 1, len(words)) + words
    pages = [_page(0, FIRST, 0, [head]), _page(1, 0, 0, [tags])]
    for start in range(0, frames, 50):
        count = min(50, frames - start)
        done = start + count
        kind = LAST if done == frames else 0
        pages.append(_page(len(pages), kind, done * FRAME_SAMPLES, [FRAME] * count))
    return b"".join(pages)
