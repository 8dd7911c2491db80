"""How fast one person, and all together, may be written to: buckets as wide as the channel allows bursts."""

from __future__ import annotations

import dataclasses

from connectors.base import Channel

FORGET_AT = 10_000  # buckets kept before the full ones are dropped


@dataclasses.dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Rate:
    """So many at once, and one more after so many seconds."""

    burst: float
    seconds: float


class Pace:
    """Buckets in memory: after a restart everybody has a full one, which the channels allow."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, person: str, channel: Channel, now: float) -> float:
        """Seconds until this person may get another message; 0 for now."""
        own = self._missing(person, _of_person(channel), now)
        return max(own, self._missing(channel.name, _of_all(channel), now))

    def spend(self, person: str, channel: Channel, now: float) -> None:
        """One message goes out."""
        self._take(person, _of_person(channel), now)
        if everybody := _of_all(channel):
            self._take(channel.name, everybody, now)
        if len(self._buckets) > FORGET_AT:
            self._buckets = {name: bucket for name, bucket in self._buckets.items() if now - bucket.at < 60}

    def _missing(self, name: str, rate: _Rate | None, now: float) -> float:
        if rate is None:
            return 0.0
        tokens = self._tokens(name, rate, now)
        return 0.0 if tokens >= 1 else (1 - tokens) * rate.seconds

    def _take(self, name: str, rate: _Rate, now: float) -> None:
        self._buckets[name] = _Bucket(self._tokens(name, rate, now) - 1, now)

    def _tokens(self, name: str, rate: _Rate, now: float) -> float:
        bucket = self._buckets.get(name)
        return (
            rate.burst
            if bucket is None
            else min(rate.burst, bucket.tokens + (now - bucket.at) / rate.seconds)
        )


def _of_person(channel: Channel) -> _Rate:
    return _Rate(float(channel.limits.per_person_burst), channel.limits.per_person_seconds)


def _of_all(channel: Channel) -> _Rate | None:
    """A sixth of a second's messages at once, and the rest spread over it: no second holds more than the limit."""
    limit = channel.limits.per_second
    return _Rate(limit / 6, 6 / (5 * limit)) if limit else None
