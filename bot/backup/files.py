"""The file of a copy: whole or not there, its owner's only, never in the place of another."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.backup import BackupError

STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"faro-(\d{8}T\d{6}Z)\.backup")
MAGIC = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}
BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a database


@contextlib.contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A place to write to, that becomes ``target`` at the end; after an exception nothing is left."""
    refuse_existing(target)
    try:
        descriptor, name = tempfile.mkstemp(prefix=".faro-", suffix=".part", dir=target.parent)  # owner-only
    except OSError:
        raise BackupError(
            f"{target.parent} cannot be written to: make the folder, or choose another."
        ) from None
    os.close(descriptor)
    place = Path(name)
    try:
        yield place
        with place.open("rb") as written:
            os.fsync(written.fileno())
        refuse_existing(target)
        place.rename(target)
        _sync_folder(target.parent)
    finally:
        for ending in BESIDE:
            Path(name + ending).unlink(missing_ok=True)


def refuse_existing(target: Path) -> None:
    """Nothing is ever replaced."""
    if target.exists() or target.is_symlink():
        raise BackupError(f"{target} exists and is not replaced: move it away, or choose another name.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kind(copy: Path) -> str:
    """Which database a copy is of."""
    try:
        with copy.open("rb") as file:
            head = file.read(16)
    except OSError:
        raise BackupError(f"{copy} cannot be read: check its name and who owns it.") from None
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    raise BackupError(f"{copy} is not a copy that faro backup made.")


def dated(folder: Path, now: float) -> Path:
    """The name of a new copy in a folder of copies."""
    return folder / f"faro-{datetime.fromtimestamp(now, UTC).strftime(STAMP)}.backup"


def prune(folder: Path, days: int, now: float) -> list[str]:
    """Delete the copies of this folder that are older, by the time in their names; which went."""
    gone = []
    for path in sorted(folder.iterdir()):
        named = NAME.fullmatch(path.name)
        if named is None:
            continue
        made = datetime.strptime(named[1], STAMP).replace(tzinfo=UTC).timestamp()
        if made < now - days * 24 * 3600:
            path.unlink()
            gone.append(path.name)
    return gone
