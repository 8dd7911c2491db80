"""Text from outside made storable (it encodes as UTF-8 and holds no NUL), and choices written out as lines."""

from __future__ import annotations

from connectors.base import Outbound


def storable(text: str) -> str:
    """``text`` without NUL, lone halves of surrogate pairs replaced (JSON may smuggle them in)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def numbered(message: Outbound) -> str:
    """The text with its choices as numbered lines, which the gateway understands as answers too."""
    if message.numbered:
        return message.numbered
    lines = (f"{number}. {choice.title}" for number, choice in enumerate(message.choices, 1))
    return message.text + "\n\n" + "\n".join(lines)
