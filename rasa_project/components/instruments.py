"""The instruments as the policy uses them: read again when their files change, without training or restart."""

from __future__ import annotations

import logging

from bot.screening import model
from bot.screening.model import Instruments
from bot.screening.rows import InstrumentError
from components.silence import as_event

log = logging.getLogger("faro.instruments")
_seen: dict[str, tuple[tuple[str, int, int], ...]] = {}
_held: dict[str, Instruments] = {}


def current() -> Instruments:
    """The instruments of the moment; a file that cannot be read leaves those before it in force."""
    stamp = _stamp()
    if _seen.get("stamp") != stamp:
        _seen["stamp"] = stamp
        model.load.cache_clear()
        try:
            _held["instruments"] = model.load()
        except (InstrumentError, OSError):
            if "instruments" not in _held:
                _seen.clear()
                raise
            log.error(as_event("instrument_unreadable"))  # noqa: TRY400  # the place is the file, not the code
        else:
            log.info(as_event("instrument_loaded", instrument=_held["instruments"].hash))
    return _held["instruments"]


def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Cheap enough for every turn: names, sizes and times of the files."""
    found = ((path.name, path.stat()) for path in sorted(model.FOLDER.glob("*.yml")))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
