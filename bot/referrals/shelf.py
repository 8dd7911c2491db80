"""Which lines the bot may offer today, among those that fit a person. Pure but for the clock that it is given.

Promises two options or more wherever the dialogue named two, whatever has been verified: a line that may have
changed is better than nobody to call, and it is said with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.referrals import Line

POLICIES = ("national", "none")
PREFIX = "referral."
NOTE = "lines.note"
LEAST = 2


class Shelf:
    """``policy``: ``national`` lets unverified entries of the whole country out, ``none`` lets none out."""

    def __init__(self, lines: Mapping[str, Line], policy: str, clock: Callable[[], float]) -> None:
        self._lines, self._policy, self._clock = lines, policy, clock

    def shows(self, act: Mapping[str, Any]) -> bool:
        """Whether this act is said: a line when it may be offered, the note when one of them is unverified."""
        key = str(act["say"])
        if key == NOTE:
            today = self._today()
            return any(self._lines[id_].standing(today) != "verified" for id_ in self.offered(act["among"]))
        if not key.startswith(PREFIX):
            return True
        id_ = key.removeprefix(PREFIX)
        return id_ in self.offered(act.get("among", (id_,)))

    def offered(self, among: Sequence[str]) -> list[str]:
        """Those that may be offered, in their order; with fewer than two, national ones with the note as well."""
        today = self._today()
        known = [id_ for id_ in among if id_ in self._lines and self._lines[id_].status != "obsolete"]
        verified = [id_ for id_ in known if self._lines[id_].standing(today) == "verified"]
        national = [id_ for id_ in known if self._lines[id_].scope == "national"]
        chosen = set(verified)
        if self._policy == "national" or len(chosen) < LEAST:
            chosen |= set(national)
        return [id_ for id_ in known if id_ in chosen]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()
