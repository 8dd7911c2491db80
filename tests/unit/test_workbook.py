"""The workbook: whole, the same every time, and nothing in it calculates."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bot import workbook
from bot.spreadsheet import is_trigger, plain

MAIN = f"{{{workbook.MAIN}}}"
CELLS = st.one_of(
    st.integers(0, 10**9),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.sampled_from(["=1+1", "+51", "-2", "@SUM(A1)", "\t=1", "＝1", "|calc", "%0", "'=1", "a&b<c>\"d'"]),
)


def read(book: bytes) -> list[list[str | int]]:
    """The cells of the only sheet; fails on anything that could calculate."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            ET.fromstring(parts.read(name))
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{MAIN}f"))
    return [
        [
            cell.findtext(f"{MAIN}is/{MAIN}t") or ""
            if cell.get("t") == "inlineStr"
            else int(cell.findtext(f"{MAIN}v") or "")
            for cell in row
        ]
        for row in sheet.iter(f"{MAIN}row")
    ]


@given(st.lists(st.lists(CELLS, max_size=4), max_size=4))
def test_texts_stay_texts_and_numbers_numbers(rows: list[list[str | int]]) -> None:
    """What was written is read back, no text begins like a formula, and the bytes do not change."""
    book = workbook.write(rows, "cases: [all]/2026")
    assert book == workbook.write(rows, "cases: [all]/2026")
    found = read(book)
    assert [len(row) for row in found] == [len(row) for row in rows]
    for was, now in zip((c for row in rows for c in row), (c for row in found for c in row), strict=True):
        if isinstance(was, int):
            assert now == was
        else:
            assert isinstance(now, str)
            assert not is_trigger(now) or now.startswith("'")
            kept = workbook.ILLEGAL.sub("\ufffd", was).replace("\r\n", "\n").replace("\r", "\n")
            assert plain(now) == kept or is_trigger(was)


def test_the_sheet_has_a_name_that_spreadsheets_take() -> None:
    """At most 31 letters, none of those that are forbidden."""
    with zipfile.ZipFile(io.BytesIO(workbook.write([["a"]], "x" * 40 + "[]:/"))) as parts:
        book = ET.fromstring(parts.read("xl/workbook.xml"))
    assert [sheet.get("name") for sheet in book.iter(f"{MAIN}sheet")] == ["x" * 31]
