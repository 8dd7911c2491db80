"""One way to log: event names and random ids, as JSON lines. No text, name, number or token in any line.

Only keys on the list below leave a log call; libraries that would print an address with a token in it
(httpx, telegram) or a person's words are held at WARNING, also when debugging, and their messages are cut.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What a line may say beside its event name. A new key is added here on purpose, never by accident.
ALLOWED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "reason",
        "kind",
        "channel",
        "locale",
        "status",
        "code",
        "act",
        "worker",
        "conversation",
        "case",
        "count",
        "attempts",
        "seconds",
        "port",
        "host",
        "model",
        "instrument",
        "version",
        "state",
        "phase",
        "route",
        "error",
        "exception",
        "key_id",
        "url",
        "restarts",
        "staff",
        "file",  # of a catalogue
        "line",
        "key",  # of a text
    ]
)
QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "telegram.ext",
    "twilio",
    "twilio.http_client",
    "uvicorn.access",
    "aiosqlite",
    "asyncpg",
    "sqlalchemy.engine",
    "asyncio",
    "urllib3",
    "multipart",
)


def configure(*, debug: bool = False, stream: Any = None) -> None:
    """Set up logging for the whole process; call once, from the composition root or a command."""
    level = logging.DEBUG if debug else logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_exception,
            _only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_NamesOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class _NamesOnly(logging.Formatter):
    """A library's record becomes its logger, level, place and exception type: its words may hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        line = f'{{"event": "library", "level": "{record.levelname.lower()}", "reason": "{record.name}"'
        return line + f', "code": "{record.module}:{record.lineno}", "exception": "{kind}"}}'


def _name_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception is logged by type and place only: its message could hold what a person wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0]:
        trace = info[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
        event["exception"] = f"{info[0].__name__}{place}"
    return event


def _only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    dropped = [key for key in event if key not in ALLOWED]
    for key in dropped:
        del event[key]
    return event
