"""CSV that no spreadsheet takes for a formula, and that is read back exactly."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import spreadsheet

SIGNS = "=+-@\t\r\0＝＋－＠﹢﹣﹦﹫|%"
TEXTS = st.one_of(
    st.text(max_size=12),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", " ", "\u00a0", "'", "\n"]),
        st.sampled_from(SIGNS),
        st.text(max_size=8),
    ),
).filter(lambda text: not any(0xD800 <= ord(char) <= 0xDFFF for char in text))


def _judge(rows: list[list[str]]) -> None:
    text = spreadsheet.write(rows)
    assert spreadsheet.read(text) == rows
    for row in csv.reader(io.StringIO(text, newline="")):
        for value in row:
            assert not value.lstrip().startswith(tuple(SIGNS))
            assert not value.startswith(tuple(SIGNS))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4))
@example([["=1+1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "＝1", "'=1", "  -2"]])
def test_no_cell_begins_like_a_formula_and_all_comes_back(rows: list[list[str]]) -> None:
    """Whatever the text: a calculation would run on the machine of whoever opens the file."""
    _judge(rows)


@pytest.mark.nightly
@settings(max_examples=10_000, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4))
def test_ten_thousand_texts(rows: list[list[str]]) -> None:
    """The same, as often as the security rules ask."""
    _judge(rows)


def test_plain_values_are_left_as_they_are() -> None:
    """Numbers and codes stay usable."""
    assert spreadsheet.write([["2026-05", "la_libertad", 20]]) == '"2026-05","la_libertad","20"\r\n'
