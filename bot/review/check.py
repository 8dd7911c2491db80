"""Everything that is wrong with an instrument, its texts and its lines, at once: ``faro instrument check``.

The loader's own checks, the JSON Schemas (which live in the command line only), the texts of every language, the
lines that the flow names, and the phrases that Faro never says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from bot import referrals
from bot.phrasing import CatalogueError, read_catalogue
from bot.review import examples
from bot.screening import model, texts
from bot.screening.records import Instruments
from bot.screening.rows import Lines, Problems, parse
from bot.texts import rules, variants

SCHEMAS = model.FOLDER / "schemas"
SCHEMA_OF = {
    "adult.yml": "questions",
    "minor.yml": "questions",
    "flow.yml": "flow",
    "indicators.yml": "indicators",
    "sources.yml": "sources",
    "htcds.yml": "htcds",
}
PLACE = re.compile(r"^(\S+?\.yml):(\d+):")


def check(folder: Path, locales: Path, lines: Path = referrals.FILE) -> tuple[Instruments, list[str]]:
    """What could be read of an instrument, and every problem in the order of files and lines."""
    found, problems = model.read(folder)
    said = list(problems)
    places = {match.group(1, 2) for text in said if (match := PLACE.match(text))}
    for file, line, what in _by_schema(folder):
        if (file, str(line)) not in places:  # what the loader says of that line says it better
            said.append(f"{file}:{line}: {what}")
    said += _lines(found, lines)
    catalogues, unread = _catalogues(locales)
    said += [*unread, *texts.missing(found, _whole(catalogues)), *_banned(catalogues)]
    if not said:
        said += examples.wrong(folder, found)
    return found, said


def _by_schema(folder: Path) -> Iterator[tuple[str, int, str]]:
    for name, schema in SCHEMA_OF.items():
        path = folder / name
        data = parse(name, path.read_bytes(), Problems()) if path.is_file() else None
        if data is not None:
            yield from ((name, line, what) for line, what in against(data, SCHEMAS / f"{schema}.json"))


def against(data: Any, schema: Path) -> Iterator[tuple[int, str]]:
    """Line and problem for everything in which data differ from a JSON Schema."""
    validator = Draft202012Validator(
        json.loads(schema.read_text(encoding="utf-8")), format_checker=FormatChecker()
    )
    for error in sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.absolute_path))):
        line, where = _place(data, list(error.absolute_path))
        yield line, f"{where}: {error.message:.160}" if where else f"{error.message:.160}"


def _place(data: Any, path: list[Any]) -> tuple[int, str]:
    """The nearest line above a place, and the place in words."""
    line = data.line if isinstance(data, Lines) else 1
    for step in path:
        if isinstance(data, Lines):
            line = data.at.get(step, line)
        data = data[step]
        if isinstance(data, Lines):
            line = data.line
    return line, "/".join(str(step) for step in path)


def _lines(found: Instruments, file: Path) -> list[str]:
    """Lines that the flow names and chatters cannot be told, and what is wrong with the table itself."""
    try:
        known = referrals.load(file)
    except referrals.ReferralError as error:
        return [str(error)]
    tellable = {id_ for id_, line in known.items() if line.key and line.status != "obsolete"}
    return [
        f"flow.yml: lines: {id_} is no line of {file.name} that may be named"
        for id_ in named_lines(found.flow)
        if id_ not in tellable
    ]


def named_lines(flow: Mapping[str, Any]) -> list[str]:
    """Every line that the dialogue can name, once."""
    anytime = flow.get("lines")
    found = [str(id_) for ids in (anytime.values() if isinstance(anytime, dict) else ()) for id_ in ids or ()]
    for step in flow.get("sequence") or ():
        rows = step.get("lines") if isinstance(step, dict) else None
        found += [str(row.get("id")) for row in rows or () if isinstance(row, dict)]
    return list(dict.fromkeys(found))


def lines_by_schema(file: Path) -> list[str]:
    """What is wrong with the shape of ``lines.yml``."""
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        return [f"{file.name}: {error}"]
    for row in data.get("lines", ()):
        if isinstance(row.get("verified_on"), date):
            row["verified_on"] = row["verified_on"].isoformat()
    return [f"{file.name}: {what}" for _, what in against(data, referrals.FILE.parent / "schema.json")]


def _catalogues(locales: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    found, problems = {}, []
    for path in sorted(locales.glob("*/LC_MESSAGES/messages.po")):
        try:
            found[path.parts[-3]] = read_catalogue(path)
        except CatalogueError as error:
            problems.append(str(error))
    return found, problems


def _whole(catalogues: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The languages, without the variants: what these lack is said in Spanish."""
    return {name: words for name, words in catalogues.items() if not variants.is_variant(name)}


def _banned(catalogues: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [
        f"locales/{language}: {key}: {phrase!r} is never said: {why}"
        for language, words in sorted(catalogues.items())
        for key, phrase, why in never_said(language, words)
    ]


def never_said(
    language: str, words: Mapping[str, str], *, team: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Key, phrase and reason for everything in these texts that Faro never says (``bot/texts/words``)."""
    for banned in rules.words(language).banned:
        if banned.level == "error" and (banned.team or not team):
            hits = ((key, banned.found(key, text)) for key, text in words.items())
            yield from ((key, phrase, banned.why) for key, phrase in hits if phrase)
