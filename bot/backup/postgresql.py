"""PostgreSQL: copies by the server's own client, which is never told a password on its command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from bot.backup import BackupError
from bot.storage.database import Database

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")  # where Debian and Red Hat keep them, by version
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
COPY = re.compile(rb'COPY [^ ]*?"?(\w+)"? \((.*)\) FROM stdin;\n')
ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def dump(url: str, major: int, place: Path) -> None:
    """Copy into ``place``; a consistent view, while Faro serves."""
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--file={place}"]
    _run([client("pg_dump", major), *words, _dbname(url)], _environment(url))


def load(url: str, major: int, copy: Path) -> None:
    """Bring a copy into an empty database: all of it or nothing."""
    words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run([client("pg_restore", major), *words, f"--dbname={_dbname(url)}", str(copy)], _environment(url))


async def server_version(db: Database) -> int:
    """The major version of the server."""
    async with db.read() as conn:
        return int((await conn.execute(text("SHOW server_version_num"))).scalar_one()) // 10000


def client(name: str, major: int | None) -> str:
    """The client of this version, or of the newest there is; raises ``BackupError``."""
    found = _clients(name)
    if major is None and found:
        return found[max(found)]
    if major not in found:
        wanted = f"PostgreSQL {major} needs its own {name}" if major else f"This copy needs {name}"
        raise BackupError(f"{wanted}: install the server's client package, or put it into PATH.")
    return found[major]


def _clients(name: str) -> dict[int, str]:
    """Where ``name`` is found, by major version; what is in PATH goes first."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for pattern in PLACES:
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    found: dict[int, str] = {}
    for folder in folders:
        path = shutil.which(name, path=str(folder))
        if path is None:
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        if version := VERSION.search(said.stdout):
            found.setdefault(int(version[1]), path)
    return found


def _dbname(url: str) -> str:
    """The database alone, in the words of the client library: the rest is in the environment."""
    name = make_url(url).database or ""
    return "dbname='" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _environment(url: str) -> dict[str, str]:
    """How the client finds the server: not on its command line, which every user of the machine can read."""
    parsed = make_url(url)
    given = {
        "PGHOST": parsed.host or _of(parsed, "host"),
        "PGPORT": str(parsed.port or _of(parsed, "port")),
        "PGUSER": parsed.username or _of(parsed, "user"),
        "PGPASSWORD": parsed.password or _of(parsed, "password"),
        "PGSSLMODE": _of(parsed, "ssl"),
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FARO_")}
    return ours | {name: value for name, value in given.items() if value}


def _of(parsed: URL, name: str) -> str:
    value = parsed.query.get(name, "")
    return value if isinstance(value, str) else ",".join(value)


def _run(words: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - a client that was looked up, and our own words
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{Path(words[0]).name} failed: {_first_line(done.stderr)}.")


def _first_line(said: str) -> str:
    """The first line names the fault; those after it may quote rows."""
    lines = said.strip().splitlines()
    return lines[0].rstrip(".") if lines else "it did not say why"


# ── reading a copy without a server ─────────────────────────────────────────────────────────────────────────


def rows(copy: Path, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The wanted columns of the wanted tables. All of the copy is read; raises ``BackupError`` where it breaks."""
    words = [client("pg_restore", None), "--data-only", "--file=-", str(copy)]
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints) as reading:  # noqa: S603
            assert reading.stdout is not None  # noqa: S101 - asked for in the line above
            yield from _tables(reading.stdout, wanted)
        if reading.returncode:
            complaints.seek(0)
            raise BackupError(
                f"The copy breaks off: {_first_line(complaints.read().decode(errors='replace'))}."
            )


def _tables(lines: IO[bytes], wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    name, columns = "", [""]
    for line in lines:
        if not name:
            if header := COPY.fullmatch(line):
                name = header[1].decode()
                columns = [word.strip().strip('"') for word in header[2].decode().split(",")]
        elif line == b"\\.\n":
            name = ""
        elif name in wanted:
            fields = dict(zip(columns, line.rstrip(b"\n").split(b"\t"), strict=True))
            yield name, {one: _value(fields[one]) for one in wanted[name] if one in fields}


def _value(field: bytes) -> str | bytes | None:
    """One field of COPY's text format: bytes where it holds bytes, text otherwise."""
    if field == b"\\N":
        return None
    if field.startswith(b"\\\\x"):
        return bytes.fromhex(field[3:].decode())
    plain = re.sub(rb"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), field)
    return plain.decode()
