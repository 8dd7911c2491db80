"""Texts out and in: the way there and back changes nothing, one change is one change, and no file does harm."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot import workbook, worksheets
from bot.texts import exchange, files, po
from bot.texts.exchange import Change, Fault, Incoming
from bot.worksheets import UnreadableSheetError
from tests.conftest import ROOT

LOCALES = ROOT / "locales"
LANGUAGES = files.locales(LOCALES, "messages")
ENTRIES = {locale: files.entries(files.catalogue(LOCALES, locale)) for locale in LANGUAGES}
TEXTS = {locale: {e.key: e.text for e in entries} for locale, entries in ENTRIES.items()}
SOURCE = files.catalogue(LOCALES, "es").read_text(encoding="utf-8")
BOOK = exchange.as_xlsx(ENTRIES)
SHEETS = worksheets.read(BOOK)
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc"), include_characters="\n", exclude_characters="\ufffe\uffff"
)
TEXT = st.text(LETTERS, min_size=1, max_size=80).map(str.strip).filter(bool)
FORMULAS = st.sampled_from(["=1+1", "'=1", "+51 999", "-2", "@SUM(A1)", "'", "_x000D_", "a&b<c>\"d'"])


def brought(sheets: Mapping[str, Sequence[Sequence[str]]]) -> tuple[list[Change], list[Fault]]:
    """What a workbook would change, and what of it cannot be taken."""
    incoming, faults = exchange.from_sheets(sheets, LANGUAGES)
    changes, more = exchange.compare(incoming, TEXTS)
    return changes, [*faults, *more]


def with_cell(key: str, column: str, value: str, locale: str = "es") -> dict[str, list[list[str]]]:
    """The sheets with one cell changed."""
    at = exchange.COLUMNS.index(column)
    rows = [[*row[:at], value, *row[at + 1 :]] if row[0] == key else row for row in SHEETS[locale]]
    return {**SHEETS, locale: rows}


def test_what_left_comes_back_as_it_was() -> None:
    """Every text of every language, both ways: no change and nothing that could not be taken."""
    assert brought(SHEETS) == ([], [])
    for locale in LANGUAGES:
        source = exchange.as_po(files.catalogue(LOCALES, locale).read_text(encoding="utf-8"), locale)
        incoming, faults = exchange.from_po(source, locale)
        assert faults == []
        assert {one.key: one.text for one in incoming} == TEXTS[locale]
        assert all(one.version for one in incoming)
        assert exchange.compare(incoming, TEXTS) == ([], [])


def test_the_workbook_tells_what_a_translator_must_know() -> None:
    """Context, the Spanish beside each text, limits, sensitivity; a sheet named for each language."""
    assert list(SHEETS) == LANGUAGES
    rows = {row[0]: dict(zip(exchange.COLUMNS, row, strict=False)) for row in SHEETS["pt"]}
    assert rows["emergency.danger"]["note"] == "safety, not reviewed"
    assert rows["choice.P0.yes"]["limits"] == "largo: hasta 20 caracteres"
    assert rows["choice.P0.yes"]["spanish"] == TEXTS["es"]["choice.P0.yes"]
    assert rows["start.hello"]["context"]


@settings(max_examples=25, deadline=None)
@given(key=st.sampled_from(sorted(TEXTS["es"])), text=TEXT | FORMULAS)
def test_one_change_is_one_change(key: str, text: str) -> None:
    """Whatever was typed arrives as it is, in a workbook that another program saved too, and in a PO file."""
    wanted = [] if text == TEXTS["es"][key].strip() else [(key, text)]
    book = Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("es")
    for row in [exchange.COLUMNS, *[row for row in SHEETS["es"][1:] if row[0] == key]]:
        sheet.append([*row[:3], row[3] if row[0] == "key" else workbook.cell(text), *row[4:]])
    saved = io.BytesIO()
    book.save(saved)
    changes, faults = brought(worksheets.read(saved.getvalue()))
    assert [(c.incoming.key, c.incoming.text) for c in changes] == wanted
    assert faults == []
    rows = [row for row in with_cell(key, "text", text)["es"] if row[0] in ("key", key)]
    ours = workbook.write_sheets({"es": rows})
    assert [(c.incoming.key, c.incoming.text) for c in brought(worksheets.read(ours))[0]] == wanted
    incoming, _ = exchange.from_po(po.replaced(exchange.as_po(SOURCE, "es"), key, text), "es")
    found, _ = exchange.compare(incoming, TEXTS)
    assert [(c.incoming.key, c.incoming.text, c.state) for c in found] == [(*one, "ready") for one in wanted]


def test_a_text_changed_here_meanwhile_is_seen_and_what_was_only_carried_along_is_no_change() -> None:
    """Both changed it: told, not taken. Only we did: the file says nothing about it."""
    here = {**TEXTS, "es": {**TEXTS["es"], "say.bye": "Chao, dicho aquí."}}
    both, _ = exchange.from_sheets(with_cell("say.bye", "text", "Chao, dicho allá."), LANGUAGES)
    (change,) = exchange.compare(both, here)[0]
    assert (change.incoming.key, change.state, change.now) == ("say.bye", "moved", "Chao, dicho aquí.")
    carried, _ = exchange.from_sheets(SHEETS, LANGUAGES)
    assert exchange.compare(carried, here) == ([], [])
    assert exchange.compare([Incoming("es", "say.bye", "", "", 2)], here) == ([], [])


def test_a_file_that_does_not_say_what_it_was_made_from_is_told_so() -> None:
    """The catalogue as it lies in the folder, changed by another program."""
    incoming, _ = exchange.from_po(po.replaced(SOURCE, "say.bye", "Chao."), "es")
    (change,) = exchange.compare(incoming, TEXTS)[0]
    assert (change.incoming.key, change.state) == ("say.bye", "unknown")


def test_what_cannot_be_taken_is_named_by_sheet_and_row() -> None:
    """Keys that nobody says, keys twice, a text without a key, a changed version, a column or language not there."""
    row = next(n for n, row in enumerate(SHEETS["es"], 1) if row[0] == "say.bye")
    for sheets, code, params in [
        (with_cell("say.bye", "key", "say.adios"), "key", {"sheet": "es", "n": row, "where": "say.adios"}),
        (with_cell("say.bye", "key", ""), "no_key", {"sheet": "es", "n": row}),
        (with_cell("say.bye", "key", "ask.Q07"), "twice", {"sheet": "es", "where": "ask.Q07"}),
        (with_cell("say.bye", "version", "x"), "version", {"sheet": "es", "n": row, "where": "say.bye"}),
        ({"es": [row[:3] for row in SHEETS["es"]]}, "column", {"sheet": "es", "columns": "text"}),
        ({"Hoja 1": SHEETS["es"]}, "sheet", {"sheet": "Hoja 1"}),
    ]:
        changes, faults = brought(sheets)
        (fault,) = faults
        assert (changes, fault.code) == ([], code)
        assert params.items() <= dict(fault.params).items()
    assert exchange.from_po('msgid "a"\nmsgstr "b\n', "es") == ([], [Fault("line", {"n": 2})])


# ── Files that mean harm ────────────────────────────────────────────────────────────────────────────────────


def repacked(**parts: bytes) -> bytes:
    """Our workbook with some parts put in or in the place of others."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in old.namelist():
            made.writestr(name, parts.pop(name, old.read(name)))
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
FAR = f'<worksheet xmlns="{workbook.MAIN}"><sheetData><row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row></sheetData></worksheet>'
LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    f'<worksheet xmlns="{workbook.MAIN}"><sheetData><row><c t="str"><v>&c;</v></c></row></sheetData></worksheet>'
)


def test_a_zip_bomb_is_given_up_before_it_is_unpacked() -> None:
    """A little that unpacks to a lot; a header that says it is small; more parts than a workbook has."""
    with pytest.raises(UnreadableSheetError, match="too_big"):
        worksheets.read(repacked(**{SHEET: b"<a>" + b" " * (12 * 1024 * 1024)}))
    with pytest.raises(UnreadableSheetError, match="too_big"):
        worksheets.read(repacked(**{f"x{n}.xml": b"" for n in range(300)}))
    small = repacked(**{SHEET: b"<a>" + b" " * (9 * 1024 * 1024)}).replace(
        (9 * 1024 * 1024 + 3).to_bytes(4, "little"), (9).to_bytes(4, "little")
    )
    with pytest.raises(UnreadableSheetError):
        worksheets.read(small)


def test_entities_and_cells_at_the_end_of_the_world_are_refused() -> None:
    """Nothing is resolved, and no row is made that does not stand there."""
    with pytest.raises(UnreadableSheetError):
        worksheets.read(repacked(**{SHEET: LAUGHS.encode()}))
    assert worksheets.read(repacked(**{SHEET: FAR.encode()}))["es"] == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(0, 3000))
def test_a_broken_file_is_unreadable_and_nothing_else(seed: int, cut: int) -> None:
    """Bytes changed or cut off anywhere: either rows, or the one error."""
    chance, broken = random.Random(seed), bytearray(workbook.write_sheets({"es": SHEETS["es"][:20]}))
    for _ in range(5):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    try:
        found = worksheets.read(bytes(broken[: max(1, len(broken) - cut)]))
    except UnreadableSheetError:
        return
    assert all(isinstance(cell, str) for rows in found.values() for row in rows for cell in row)


def test_numbers_and_sheets_of_other_programs_are_read_as_text() -> None:
    """What a spreadsheet makes of «113»; the first row of a column found by its name wherever it stands."""
    book = Workbook()
    book.active.title = "es"
    for row in (["Text", "note", "KEY"], [113, None, "say.bye"]):
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    (change,), faults = brought(worksheets.read(saved.getvalue()))
    assert (change.incoming.text, change.incoming.key, faults) == ("113", "say.bye", [])
    assert load_workbook(io.BytesIO(BOOK)).sheetnames == LANGUAGES
