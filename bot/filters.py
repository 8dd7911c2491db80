"""Line filters: one line in, one JSON object per line out, in order, flushed; an error is a line, not a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

Answer = Callable[[str], Mapping[str, Any]]


class LineError(ValueError):
    """The line cannot be answered; the message says why without repeating what stood in it."""


def run(source: BinaryIO, sink: BinaryIO, answer: Answer) -> None:
    """Answer every line of ``source`` (UTF-8, split on line feeds only) on ``sink``."""
    for raw in source:
        sink.write(json.dumps(_answer(raw, answer), ensure_ascii=False).encode() + b"\n")
        sink.flush()


def _answer(raw: bytes, answer: Answer) -> Mapping[str, Any]:
    try:
        line = raw.removesuffix(b"\n").decode("utf-8")
    except UnicodeDecodeError:
        return {"error": "not UTF-8"}
    if not line.strip():
        return {"error": "empty"}
    try:
        return answer(line)
    except LineError as error:
        return {"error": str(error)}


def parse_json(line: str) -> Any:
    """The JSON value of a line; raises ``LineError`` naming the place."""
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise LineError(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise LineError("not JSON: nested too deeply") from None
