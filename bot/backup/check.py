"""Is a copy whole, and do the keys at hand open it? Every sealed value is opened, none is kept."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.backup import BackupError, files, postgresql, sqlite
from bot.retention import SEALED
from bot.storage import database
from bot.storage.tables import voice_notes
from bot.storage.voice_notes import KEPT, WAITING
from bot.vault import KeyRing, Vault, VaultError

# What a voice note of that state must hold: its recording, or where to fetch it.
HOLDS = {KEPT: "content_sealed", WAITING: "source_sealed"}


@dataclasses.dataclass(slots=True)
class Report:
    """What a copy is, and what is wrong with it; nothing of what it holds."""

    kind: str
    revision: str = ""
    values: Counter[str] = dataclasses.field(default_factory=Counter)  # sealed values by key id
    missing_keys: set[str] = dataclasses.field(default_factory=set)
    missing_peppers: set[str] = dataclasses.field(default_factory=set)
    unreadable: int = 0
    lost_recordings: set[str] = dataclasses.field(
        default_factory=set
    )  # the rows of voice notes without theirs
    damage: str = ""

    @property
    def trouble(self) -> str:
        """The first thing that is wrong, as a sentence; empty for a good copy."""
        if self.obstacle or not self.lost_recordings:
            return self.obstacle
        return (
            f"Recordings of {len(self.lost_recordings)} voice notes are missing or do not open; "
            "all else is whole. A restore brings it back, and marks those as lost."
        )

    @property
    def obstacle(self) -> str:
        """What keeps the copy from being brought back, as a sentence."""
        if self.damage:
            return f"The copy is damaged ({self.damage}): use another one."
        if not database.knows(self.revision):
            return "The copy was made by another version of Faro: install that version or a newer one."
        if missing := sorted(self.missing_keys | self.missing_peppers):
            return f"The keys file does not hold {', '.join(missing)}: put back the keys file of the copy's time."
        if self.unreadable:
            return f"{self.unreadable} values do not open: they were changed, or the keys are not those."
        return ""

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.trouble,
            "trouble": self.trouble,
            "kind": self.kind,
            "revision": self.revision,
            "values": dict(self.values),
            "missing_keys": sorted(self.missing_keys | self.missing_peppers),
            "unreadable": self.unreadable,
            "lost_recordings": len(self.lost_recordings),
        }


def check(copy: Path, ring: KeyRing) -> Report:
    """Read all of the copy. Raises ``BackupError`` for what is no copy, or cannot be read on this machine."""
    report = Report(files.kind(copy))
    if report.kind == "sqlite":
        report.damage = sqlite.damage(copy)
    else:
        postgresql.client("pg_restore", None)
    if report.damage:
        return report
    vault = Vault(ring)
    try:
        for table, row in _rows(copy, report.kind):
            _look(report, ring, vault, table, row)
    except BackupError as error:
        report.damage = str(error).rstrip(".")
    return report


def _rows(copy: Path, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    wanted = {"addresses": ["pepper_id"], "alembic_version": ["version_num"], "voice_notes": ["state"]}
    for table, column in SEALED:
        columns = wanted.setdefault(table.name, [])
        columns += [name for name in ("id", column) if name not in columns]
    return sqlite.rows(copy, wanted) if kind == "sqlite" else postgresql.rows(copy, wanted)


def _look(report: Report, ring: KeyRing, vault: Vault, table: str, row: Mapping[str, Any]) -> None:
    """Take one row into the report."""
    report.revision = row.get("version_num", report.revision)
    if (pepper := row.get("pepper_id")) is not None and pepper not in ring.peppers:
        report.missing_peppers.add(pepper)
    for column, sealed in row.items():
        if not column.endswith("_sealed") or sealed is None:
            continue
        try:
            key = vault.key_id(sealed)
            report.values[key] += 1
            if key in ring.fields:
                vault.open(table, column, row["id"], sealed)
            else:
                report.missing_keys.add(key)
        except VaultError:
            if table != voice_notes.name:
                report.unreadable += 1
            else:
                report.lost_recordings.add(row["id"])
    if table == voice_notes.name and (held := HOLDS.get(row.get("state", ""))) and row.get(held) is None:
        report.lost_recordings.add(row["id"])
