"""The one reader of XLSX: what a spreadsheet program saved → rows of text, sheet by sheet.

Promises that a file takes no more memory than ``MOST_BYTES`` unpacked, whatever it says of its own size, that no
entity in it is resolved, and that anything but a readable workbook raises ``UnreadableSheetError``.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from bot.spreadsheet import plain

MOST_BYTES = 8 * 1024 * 1024
MOST_PARTS = 200
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 20, 5000, 40
PIECE = 64 * 1024
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PARTS = (".xml", ".rels")  # no pictures, no macros, no embedded files


class UnreadableSheetError(ValueError):
    """Not a workbook, a broken one, or (``code`` is ``too_big``) one larger than anything we wrote."""

    def __init__(self, code: str = "unreadable") -> None:
        super().__init__(code)
        self.code = code


def read(content: bytes) -> dict[str, list[list[str]]]:
    """Name of a sheet → its rows; numbers and dates as text, an empty cell as an empty one."""
    unpacked = _unpacked(content)
    from openpyxl import load_workbook  # noqa: PLC0415 - 13 MB, and only who brings a sheet needs it

    try:
        book = load_workbook(unpacked, read_only=True, data_only=True, keep_links=False)
        if len(book.worksheets) > MOST_SHEETS:
            raise UnreadableSheetError("too_big")
        return {sheet.title: _rows(sheet) for sheet in book.worksheets}
    except UnreadableSheetError:
        raise
    except Exception as error:  # what a broken part makes of the reader is anything
        raise UnreadableSheetError from error


def _rows(sheet: object) -> list[list[str]]:
    found = []
    bound = {"max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS, "values_only": True}
    for number, row in enumerate(sheet.iter_rows(**bound)):  # type: ignore[attr-defined]
        cells = [_text(value) for value in row]
        if number >= MOST_ROWS and any(cells):
            raise UnreadableSheetError("too_big")
        found.append(cells)
    while found and not any(found[-1]):
        found.pop()
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    return plain(value.replace("\r\n", "\n")) if isinstance(value, str) else str(value)


def _unpacked(content: bytes) -> io.BytesIO:
    """The same archive with nothing packed any more: what it holds was counted while it was unpacked."""
    out, left = io.BytesIO(), MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w") as made:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS:
                raise UnreadableSheetError("too_big")
            for part in parts:
                if part.filename.endswith(PARTS):
                    whole = b"".join(_pieces(packed, part, left))
                    left -= len(whole)
                    made.writestr(part.filename, whole)
    except UnreadableSheetError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise UnreadableSheetError from error
    out.seek(0)
    return out


def _pieces(packed: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    """What one part holds, as long as no more than ``left`` comes out of it."""
    if part.compress_type not in PACKED:
        raise UnreadableSheetError
    with packed.open(part) as file:
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise UnreadableSheetError("too_big")
            yield piece
