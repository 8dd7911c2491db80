"""How heavy the held cases are that each person carries, by the weights in ``load.yml``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import cases

FILE = Path(__file__).with_name("load.yml")


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What one person holds."""

    cases: int = 0
    weight: int = 0

    @property
    def much(self) -> bool:
        """True when it is more than one person should carry."""
        return self.weight >= int(weights()["much"])

    def plus(self, urgency: int, *, minor: bool) -> Load:
        """With one case more."""
        points = int(weights()["urgency"][f"U{urgency}"]) + (int(weights()["minor"]) if minor else 0)
        return Load(self.cases + 1, self.weight + points)


async def by_member(conn: AsyncConnection) -> dict[str, Load]:
    """Staff id → load, for whoever holds a case."""
    found: dict[str, Load] = {}
    rows = await conn.execute(
        select(cases.c.claimed_by, cases.c.urgency, cases.c.minor).where(cases.c.state == "claimed")
    )
    for row in rows:
        found[row.claimed_by] = found.get(row.claimed_by, Load()).plus(row.urgency, minor=row.minor)
    return found


@functools.cache
def weights() -> Mapping[str, Any]:
    """``urgency`` → points, ``minor`` and ``much``."""
    loaded: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded
