"""The instruments as data: the YAML files of a folder read into frozen records.

Promises that whatever loads is whole, and that whatever does not says everything that is wrong with it at once.
Must not weigh an answer, choose a question or hold a word that a person reads.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

from bot.screening import flowcheck, library, questions
from bot.screening.records import Instruments
from bot.screening.rows import InstrumentError, Lines, Problems, parse

__all__ = ["FILES", "FOLDER", "InstrumentError", "Instruments", "load", "read", "renew"]

FOLDER = Path(__file__).parent / "instrument"
FILES = ("adult.yml", "minor.yml", "flow.yml", "indicators.yml", "sources.yml", "htcds.yml")


@functools.lru_cache(maxsize=4)
def load(folder: Path = FOLDER) -> Instruments:
    """Read a folder of instruments, once per process and folder; ``InstrumentError`` holds every problem of it."""
    found, problems = read(folder)
    problems.done()
    return found


_strangers: set[str] = set()  # hashes of other files than those of the folder


def renew(digest: str, folder: Path = FOLDER) -> None:
    """Another process works with the files of this hash: read the folder again when ours are others.

    Files that are wrong leave those before them in force, there as here.
    """
    if digest == load(folder).hash or digest in _strangers:
        return
    found, problems = read(folder)
    if found.hash == digest and not problems:
        load.cache_clear()
    else:
        _strangers.add(digest)


def read(folder: Path) -> tuple[Instruments, Problems]:
    """What can be read of a folder, and everything that is wrong with it: for whoever goes on checking.

    A file that cannot be read at all leaves out only the checks that need it.
    """
    problems = Problems()
    contents = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yml"))}
    for name in FILES:
        if name not in contents:
            problems.note(name, 0, "", "there is no such file")
    files = {name: parse(name, contents[name], problems) for name in FILES if name in contents}
    return _read(files, _hash(contents), problems), problems


def _hash(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read(files: Mapping[str, Lines | None], digest: str, problems: Problems) -> Instruments:
    adult_rows, minor_rows, flow = (files.get(name) for name in ("adult.yml", "minor.yml", "flow.yml"))
    indicators = library.indicators(files.get("indicators.yml"), problems)
    sources = library.sources(files.get("sources.yml"), problems)
    known = questions.Known(indicators or None, sources or None)
    adult = questions.read("adult", adult_rows, known, problems)
    minor = questions.read("minor", minor_rows, known, problems)
    both = (adult, minor) if adult_rows is not None and minor_rows is not None else None
    if both:
        questions.check_carried(adult, minor, minor_rows, problems)
    standard = library.standard(files.get("htcds.yml"), both, problems)
    found = Instruments(adult, minor, digest, flow or Lines(), indicators, sources, standard)
    if both and flow is not None:
        flowcheck.check(found, flow, problems)
    return found
