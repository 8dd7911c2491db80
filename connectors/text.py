"""Text from outside, made storable. Promises: the result encodes as UTF-8 and holds no NUL."""

from __future__ import annotations


def storable(text: str) -> str:
    """``text`` without NUL, lone halves of surrogate pairs replaced (JSON may smuggle them in)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
