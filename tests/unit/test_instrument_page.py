"""The reviewers' page: everything of the data stands on it, and it needs nothing from outside."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot import referrals
from bot.review import page, picture, unconfirmed
from bot.review.words import Words
from bot.screening import model
from bot.screening.conditions import names
from bot.screening.model import FOLDER
from tests.conftest import ROOT

FOUND = model.load()
TEXTS = page.catalogue(ROOT / "locales", "es")
WORDS = Words(TEXTS)
HTML = page.render(FOLDER, FOUND, TEXTS, referrals.load(), date(2026, 11, 26))
PLAIN = re.sub(r"\s+", " ", unescape(HTML))

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Tags(HTMLParser):
    """What the page loads, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loads += [tag] if tag in ("script", "link", "img", "iframe", "object") else []
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def test_it_is_one_sound_file_that_loads_nothing() -> None:
    """No script, no picture, no style from elsewhere; what is opened is closed."""
    tags = Tags()
    tags.feed(HTML)
    assert (tags.open, tags.loads) == ([], [])
    assert "url(" not in HTML.replace("url(#tip)", "")
    assert "@import" not in HTML


@pytest.mark.parametrize("name", ["adult", "minor"])
def test_every_question_stands_there_in_every_wording(name: str) -> None:
    """Text, variants, items, follow-up, list, mark, source and reason of each question."""
    for question in unconfirmed.every(FOUND.of(name)):
        for code in question.codes:
            keys = [key for key in TEXTS if key == f"ask.{code}" or key.startswith(f"ask.{code}.")]
            for key in keys:
                assert re.sub(r"\s+", " ", TEXTS[key]) in PLAIN, key
        assert TEXTS[f"why.{question.code}"] in PLAIN
        for mark in question.marks:
            assert f"<b>{mark.indicator}</b> {FOUND.indicators[mark.indicator].label}" in unescape(HTML)
        for source in question.sources:
            assert f">{source.replace('/', ' ')}</span>" in HTML
        for item in question.list.items if question.list else ():
            assert f"«{TEXTS[f'choice.{question.list.code}.{item.item}']}»" in PLAIN  # type: ignore[union-attr]


def test_every_source_and_every_gap_stands_there() -> None:
    """All sources with what is open about them, all open notes, all strengths that are assumed."""
    for source in FOUND.sources.values():
        assert f'id="source-{source.id}"' in HTML
        assert source.title in PLAIN
        assert source.open in PLAIN
    for _, what in unconfirmed.questions(FOUND):
        assert PLAIN.count(what) == 2, "beside the question, and in the list of all that is open"
    assert HTML.count("dot S q") + HTML.count("dot M q") + HTML.count("dot W q") > 2 * 68
    assert f"<dd>{unconfirmed.count(FOUND)}</dd>" in HTML


def test_every_line_shows_what_is_known_of_it() -> None:
    """Unverified lines are marked as such; nothing passes for checked."""
    lines = referrals.load().values()
    assert all(line.name in PLAIN and line.source in PLAIN for line in lines)
    for line in lines:
        about = referrals.about(line.id, lambda key: TEXTS.get(key, ""))
        assert all(words in PLAIN for words in about.values()), line.id
    assert HTML.count(">sin verificar<") == sum(line.status == "unverified" for line in lines)


def test_the_picture_is_made_from_the_flow() -> None:
    """Every block, every step of the conversation, every offer and every rule of the data is drawn."""
    svg = picture.asking(FOUND, WORDS) + picture.ending(FOUND, WORDS)
    drawn = set(re.findall(r"\b(?:[QM]\d\d?[a-z]?|P\d[f]?|W\w+|B4)\b", svg))
    asked = {step["ask"] for step in FOUND.flow["sequence"] if "ask" in step}
    codes = {q.code for q in (*FOUND.adult.questions, *FOUND.minor.questions)}
    assert asked | codes <= drawn
    offers = sum("offer" in step for name in ("sequence", "at_once") for step in FOUND.flow[name])
    assert svg.count(TEXTS["review.picture.offer"]) == offers
    shorter = {**FOUND.flow, "sequence": [s for s in FOUND.flow["sequence"] if s.get("offer") != "strong"]}
    other = model.Instruments(
        FOUND.adult, FOUND.minor, FOUND.hash, shorter, FOUND.indicators, FOUND.sources, FOUND.standard
    )
    assert picture.asking(other, WORDS).count(TEXTS["review.picture.offer"]) == offers - 1


def test_text_in_the_picture_is_escaped() -> None:
    """A catalogue may hold anything; the page stays a page."""
    nasty = Words({**TEXTS, "review.block.1": "<script>alert(1)</script>"})
    assert "<script" not in picture.asking(FOUND, nasty)


def test_nothing_is_left_without_words() -> None:
    """No key stands on the page where words should: every label that the data need is written."""
    assert re.findall(r"\b(?:review|console|ask|why|choice|outcome|orient|options)\.[\w.-]+", HTML) == []


def test_conditions_are_said_with_brackets_where_and_and_or_meet() -> None:
    """Whoever reads a condition must not have to guess what belongs together."""
    yes = {code: {"every": [code], "are": ["yes"]} for code in ("Q01", "Q02", "Q03")}
    assert WORDS.condition({"any": [{"all": [yes["Q01"], yes["Q02"]]}, yes["Q03"]]}) == (
        "(Q01 es «sí» y Q02 es «sí») o Q03 es «sí»"
    )
    assert WORDS.condition({"all": [yes["Q01"], {"any": [yes["Q02"], yes["Q03"]]}]}) == (
        "Q01 es «sí» y (Q02 es «sí» o Q03 es «sí»)"
    )
    assert WORDS.condition({"every": ["Q01", "Q02", "Q03", "Q05"], "are": ["no", "na"]}) == (
        "todas son «no» o «no corresponde»: Q01–Q03, Q05"
    )
    assert WORDS.condition({"not": {"some": ["W1"], "are": ["nothing"]}}) == "no (W1 es «Nada por ahora»)"
    for step in FOUND.flow["sequence"]:
        for code in names(step.get("when")):
            assert WORDS.condition(step["when"]) or code == "instrument"


def test_the_stand_in_is_said_first() -> None:
    """Nobody takes this for the annex of the procedures."""
    assert PLAIN.index(TEXTS["review.standin"]) < PLAIN.index(TEXTS["review.contents"])


def test_the_folder_can_be_another(tmp_path: Path) -> None:
    """Without worked examples the page stands all the same."""
    for path in FOLDER.glob("*.yml"):
        if path.name != "examples.yml":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    html = page.render(tmp_path, model.load(tmp_path), TEXTS, {}, date(2026, 11, 26))
    assert "Cuidadora interna" in HTML
    assert "Cuidadora interna" not in html


def test_a_catalogue_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    """What is cached are words of a file as it stood; a save shows at once, and nobody changes another's words."""
    file = tmp_path / "es/LC_MESSAGES/messages.po"
    file.parent.mkdir(parents=True)
    for words in ("Hola", "Buenas"):
        file.write_text(f'msgid "a.b"\nmsgstr "{words}"\n', encoding="utf-8")
        first = page.catalogue(tmp_path, "es")
        assert first == {"a.b": words}
        first["a.b"] = "changed by a reader"
        assert page.catalogue(tmp_path, "es") == {"a.b": words}
