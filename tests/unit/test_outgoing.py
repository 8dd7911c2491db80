"""What a responder is asked to look at once more, and what is left alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.outgoing import KINDS, check
from bot.outgoing.check import Finding, rules
from tests.conftest import ROOT

ROWS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/unit/data/outgoing.yml").read_text())


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:40] for row in ROWS])
def test_each_reply_is_judged_as_the_team_would(row: dict[str, Any]) -> None:
    """Kinds in the order in which they are told."""
    assert list(dict.fromkeys(one.kind for one in check(row["text"]))) == row["kinds"]


def test_a_finding_shows_the_words_as_they_were_written() -> None:
    """With their capitals and accents, so that the eye finds them."""
    (found,) = check("hola, escápate YA")
    assert found == Finding("danger", "escápate YA")


def test_what_is_known_may_be_said() -> None:
    """A line's number and page, one's own alias; anybody else's stays a finding."""
    text = "Soy María Fernanda. Llama al 01 4250000 o al 987 654 321."
    assert {one.kind for one in check(text)} == {"name", "number"}
    known = ["(01) 425-0000", "María Fernanda"]
    assert check(text, known) == [Finding("number", "987 654 321")]


@pytest.mark.parametrize("words", ["Hola, soy {}. Sigo aquí.", "Te escribe {}, del equipo.", "Me llamo {}"])
def test_every_alias_may_be_said(words: str) -> None:
    """None of them reads like an address or anything else to look at: which one somebody gets is chance."""
    aliases: list[str] = yaml.safe_load((ROOT / "bot/console/aliases.yml").read_text())
    assert len(aliases) >= 40
    assert [one for one in aliases if check(words.format(one), (one,))] == []


def test_a_line_that_nobody_rang_is_told() -> None:
    """By its number, where the text gives it as one."""
    lines = {"100": re.compile(r"\bal 100\b"), "1818": re.compile(r"\b1818\b")}
    found = check("Llama al 1818 o al 100.", (), lines)
    assert found == [Finding("unverified", "100"), Finding("unverified", "1818")]
    assert check("Me debe 100 soles.", (), lines) == []


def test_every_rule_can_be_found_by_something() -> None:
    """Each kind that has rules is shown by a row, and each language file is read."""
    assert {rule.kind for rule in rules()} <= {kind for row in ROWS for kind in row["kinds"]}
    assert len(rules()) > 40


@given(st.text(max_size=300))
def test_any_text_is_judged_and_never_changed(text: str) -> None:
    """No text makes it fail; what it shows stands in the text."""
    for one in check(text):
        assert one.kind in KINDS
        assert one.words in text
