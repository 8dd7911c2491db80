"""No word of a person in any log line, also with ``--debug``.

Stage: switched on when the turn channel opens, before the first request can come. Promise: from then on every
record of every library, Rasa's included, is cut down to its logger, place and exception type; Faro's own records
hold event names only. Must not: be switched off again.
"""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType
from typing import Any

OWN = "faro"  # our own loggers, whose lines are events and random ids


def names_only() -> None:
    """Cut every later log record down to names."""
    make = logging.LogRecord

    def factory(
        name: str, level: int, path: str, line: int, message: Any, *rest: Any, **_: Any
    ) -> logging.LogRecord:
        """The logging module's own signature: ``rest`` is args, exception, function, stack."""
        _args, exc_info = (*rest, None, None)[:2]
        record = make(name, level, path, line, message, (), None)
        if name.partition(".")[0] != OWN:
            record.msg = as_event(
                "library", reason=name, code=f"{record.module}:{line}", exception=kind(exc_info)
            )
        return record

    logging.setLogRecordFactory(factory)
    sys.excepthook = _uncaught


def as_event(event: str, **names: str) -> str:
    """One log line: an event and names that say nothing about a person."""
    return json.dumps({"event": event, **{key: value for key, value in names.items() if value}})


def kind(exc_info: Any) -> str:
    """The type of an exception as the logging module passes it; empty when there is none."""
    return exc_info[0].__name__ if isinstance(exc_info, tuple) and exc_info[0] else ""


def place(error: BaseException) -> str:
    """Type and innermost place of an exception and of what caused it; never its message."""
    found: list[str] = []
    while error and len(found) < 3:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
        found.append(type(error).__name__ + where)
        error = error.__cause__ or error.__context__
    return " from ".join(found)


def _uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    sys.stderr.write(as_event("crashed", exception=place(error)) + "\n")
