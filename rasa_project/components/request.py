"""The shape of a turn's request, checked; what does not fit is refused by naming the field, never its content."""

from __future__ import annotations

import dataclasses
from typing import Any

LONGEST_TEXT = 16_384  # characters; several queued messages may be joined into one turn
LONGEST_ID = 128
MOST_IDS = 200
KINDS = ("text", "choice", "event")


class BadRequestError(ValueError):
    """``where`` names the field; ``status`` is the answer's code."""

    def __init__(self, where: str, status: int = 400) -> None:
        super().__init__(where)
        self.where, self.status = where, status


@dataclasses.dataclass(frozen=True, slots=True)
class TurnRequest:
    """One turn as it was asked for. ``text`` is None for a tap or an event."""

    conversation: str
    message_id: str
    state: dict[str, Any] | None
    text: str | None
    metadata: dict[str, Any]

    @classmethod
    def read(cls, data: Any) -> TurnRequest:
        """Raises ``BadRequestError``."""
        if not isinstance(data, dict):
            raise BadRequestError("body")
        ids = _typed(data, "message_ids", list)
        if len(ids) > MOST_IDS or not all(isinstance(i, str) and len(i) <= LONGEST_ID for i in ids):
            raise BadRequestError("message_ids")
        _name(data, "locale")
        given = _typed(data, "input", dict)
        kind = given.get("kind")
        if kind not in KINDS:
            raise BadRequestError("input.kind")
        message_id = ids[-1] if ids else ""
        metadata = {"context": _typed(data, "context", dict), "message_id": message_id}
        if kind == "choice":
            metadata["choice"] = _typed(given, "choice", dict)
        elif kind == "event":
            metadata["event"] = _name(given, "event")
        state = data.get("state")
        if state is not None and not isinstance(state, dict):
            raise BadRequestError("state")
        text = read_text(given) if kind == "text" else None
        return cls(_name(data, "conversation"), message_id, state, text, metadata)


def read_text(data: Any) -> str:
    """The text to classify; raises ``BadRequestError``."""
    text = _typed(data, "text", str) if isinstance(data, dict) else None
    if text is None:
        raise BadRequestError("body")
    if len(text) > LONGEST_TEXT:
        raise BadRequestError("text", 413)
    return str(text)


def _typed(data: dict[str, Any], field: str, wanted: type) -> Any:
    value = data.get(field)
    if not isinstance(value, wanted):
        raise BadRequestError(field)
    return value


def _name(data: dict[str, Any], field: str) -> str:
    value = _typed(data, field, str)
    if not 0 < len(value) <= LONGEST_ID:
        raise BadRequestError(field)
    return str(value)
