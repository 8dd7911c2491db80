"""How fast one person may be written to: a bucket per conversation, as wide as the channel allows bursts."""

from __future__ import annotations

import dataclasses

from connectors.base import Channel

FORGET_AT = 10_000  # buckets kept before the full ones are dropped


@dataclasses.dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Pace:
    """Buckets in memory: after a restart everybody has a full one, which the channels allow."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, person: str, channel: Channel, now: float) -> float:
        """Seconds until this person may get another message; 0 for now."""
        tokens = self._tokens(person, channel, now)
        return 0.0 if tokens >= 1 else (1 - tokens) * channel.limits.per_person_seconds

    def spend(self, person: str, channel: Channel, now: float) -> None:
        """One message goes out."""
        self._buckets[person] = _Bucket(self._tokens(person, channel, now) - 1, now)
        if len(self._buckets) > FORGET_AT:
            self._buckets = {name: bucket for name, bucket in self._buckets.items() if now - bucket.at < 60}

    def _tokens(self, person: str, channel: Channel, now: float) -> float:
        limits = channel.limits
        bucket = self._buckets.get(person)
        if bucket is None:
            return float(limits.per_person_burst)
        gained = (now - bucket.at) / limits.per_person_seconds
        return min(float(limits.per_person_burst), bucket.tokens + gained)
