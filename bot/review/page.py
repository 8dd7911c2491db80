"""One self-contained page for reviewers: the questionnaire, the flow drawn, the rule, every source, every gap.

Everything on it is made from the data files and the catalogues; nothing on it is said twice by hand.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from bot import referrals
from bot.phrasing import read_catalogue
from bot.referrals import Line
from bot.review import examples, picture, unconfirmed
from bot.review.cards import Cards
from bot.review.words import Words
from bot.screening.records import DIMENSIONS, SETS, Instruments
from bot.screening.texts import FALLBACK

HERE = Path(__file__).parent
DOMAINS = ("messages", "console", "review")
ADULT_RESULTS = ("T1", "T2", "T3", "T4", "T5", "T6", "T0-L", "T0")
MINOR_RESULTS = ("MR3", "MR2", "MR1", "MR0")


def catalogue(locales: Path, locale: str) -> dict[str, str]:
    """Every text that the page may show: in Spanish what the language lacks."""
    found: dict[str, str] = {}
    for name in (FALLBACK, locale):
        for path in (locales / name / "LC_MESSAGES" / f"{domain}.po" for domain in DOMAINS):
            found |= _read(path, *_stamp(path)) if path.is_file() else {}
    return found


def _stamp(path: Path) -> tuple[int, int]:
    now = path.stat()
    return now.st_mtime_ns, now.st_size


@functools.lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> Mapping[str, str]:  # noqa: ARG001  both belong to the key
    """A catalogue as it stands, read once: reading takes twenty times as long as drawing the conversation."""
    return read_catalogue(path)


def render(
    folder: Path, found: Instruments, texts: Mapping[str, str], lines: Mapping[str, Line], today: date
) -> str:
    """The page as HTML."""
    words = Words(texts)
    cards = Cards(found, words)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(
        t=words.text,
        style=Markup((HERE / "templates" / "page.css").read_text(encoding="utf-8")),  # noqa: S704  our own file
        asking=Markup(picture.asking(found, words)),  # noqa: S704  made here, every text escaped
        ending=Markup(picture.ending(found, words)),  # noqa: S704  made here, every text escaped
        found=found,
        today=today.isoformat(),
        adult=cards.blocks(),
        minor=cards.minor(),
        gates=cards.outside(),
        dimensions=DIMENSIONS,
        sets=SETS,
        indicators=cards.indicators(),
        results={"adult": ADULT_RESULTS, "minor": MINOR_RESULTS},
        groups=cards.groups(),
        examples=examples.read(folder, found),
        situations=_situations(found, words),
        topics=_topics(found, words),
        standard=cards.standard(),
        lines=_lines(lines, words, today),
        weights=unconfirmed.strengths(found),
        open_questions=list(unconfirmed.questions(found)),
        open_sources=list(unconfirmed.sources(found)),
        unconfirmed=unconfirmed.count(found),
    )


def _situations(found: Instruments, words: Words) -> list[dict[str, Any]]:
    named = [row for step in found.flow["sequence"] for row in step.get("lines", ())]
    rows = []
    for row in found.flow["situations"]:
        name = row["name"]
        fitting = [line["id"] for line in named if _may_fit(line.get("when"), name)]
        rows.append(
            {
                "name": words.text(f"review.fact.situation.{name}"),
                "when": words.condition(row.get("when")),
                "because": row.get("because", ""),
                "text": next(
                    (words.text(k) for k in (f"orient.{name}", f"{name}.advice") if words.has(k)), ""
                ),
                "lines": list(dict.fromkeys(fitting)),
            }
        )
    return rows


def _may_fit(condition: Any, situation: str) -> bool:
    """Whether a line can come up in a situation, whatever was answered and read: what asks only for that decides."""
    if condition is None:
        return True
    if "not" in condition:
        inner = condition["not"]
        return not (inner.get("every") == ["situation"] and situation in inner["are"])
    if "any" in condition:
        return any(_may_fit(part, situation) for part in condition["any"])
    if "all" in condition:
        return all(_may_fit(part, situation) for part in condition["all"])
    codes, values = condition.get("every") or condition.get("some"), condition.get("are", ())
    if codes == ["situation"]:
        return situation in values
    if codes == ["instrument"]:
        return (situation == "minor") == ("minor" in values)
    return situation != "minor"


def _topics(found: Instruments, words: Words) -> list[dict[str, str]]:
    row = found.flow["questions"]["W1o"]
    return [
        {
            "name": words.text(f"choice.W1o.{topic}"),
            "when": words.condition(row.get("only", {}).get(topic)),
            "text": words.text(f"options.{topic}"),
        }
        for topic in row["choices"]
        if topic != "done"
    ]


def _lines(
    lines: Mapping[str, Line], words: Words, today: date
) -> Sequence[tuple[Line, str, Mapping[str, str]]]:
    """Each line with its standing and what the team reads of it."""
    return [(line, line.standing(today), referrals.about(line.id, words.maybe)) for line in lines.values()]
