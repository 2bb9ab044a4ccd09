"""The first sheet of an Excel workbook as rows, and what is refused before it is opened."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.headings import MAX_COLUMNS, Row
from console.importing.table import Limits, Number, too_many_lines
from console.importing.texts import not_a_table

#: An Excel file is a zip; what it unpacks to is bounded, and so is what there is to read of it: a
#: few kilobytes can hold millions of empty rows, each of which costs as much as a filled one.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_CELLS = 3_000_000
_ROW_OR_CELL = re.compile(rb"<(?:[\w.-]+:)?(row|c|si)[\s/>]")
_PIECE, _TAG_START = 1 << 20, 256


def sheet_rows(file: BinaryIO, limits: Limits) -> Iterator[Row]:
    """The rows of the first sheet, dates and numbers as text. Raises ``FileError``."""
    _check_unpacked_size(file)
    _check_rows_and_cells(file, limits)
    # A workbook is a zip of XML of some thirty kinds, and its reader fails on a damaged one
    # with whatever the part that it was in raises. Nothing but reading happens here.
    try:
        # Not at the top: every process of the console would read all of it when it starts.
        from openpyxl import load_workbook

        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # What the file says of its own size is often wrong.
        for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            yield line, [_cell_text(cell) for cell in cells[: MAX_COLUMNS + 1]]
    except FileError:
        raise
    except Exception as exc:
        raise _damaged() from exc


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return (value.date() if value.time() == time(0) else value).isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return Number(int(value))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Number(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _damaged() -> FileError:
    return FileError(_("The Excel file is damaged. Open it, save it again and try once more."))


def _check_unpacked_size(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            size = sum(entry.file_size for entry in archive.infolist())
            is_open_document = "mimetype" in names and "content.xml" in names
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as exc:
        raise _damaged() from exc
    if is_open_document:
        raise FileError(
            _("This is an OpenDocument file (.ods). Save it as .xlsx or as CSV and try again.")
        )
    if "xl/workbook.xml" not in names:
        raise not_a_table()
    if size > MAX_UNPACKED_BYTES:
        raise FileError(_("The Excel file unpacks to far too much. Save the sheet as CSV."))


def _check_rows_and_cells(file: BinaryIO, limits: Limits) -> None:
    """Count them in each part, whatever its name: the file itself says which part is a sheet, and
    which has the texts that cells share."""
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as part:
                    rest, rows, cells = b"", 0, 0
                    while piece := part.read(_PIECE):
                        text = rest + piece
                        # The start of a tag that is cut in two is read with the next piece.
                        end = text.rfind(b"<", -_TAG_START)
                        text, rest = (text, b"") if end < 0 else (text[:end], text[end:])
                        found = Counter(_ROW_OR_CELL.findall(text))
                        rows, cells = rows + found[b"row"], cells + found[b"c"] + found[b"si"]
                        if rows > limits.lines:
                            raise too_many_lines(limits)
                        if cells > MAX_CELLS:
                            raise FileError(
                                _("The sheet has more than %(n)d cells. Save it as CSV."),
                                n=MAX_CELLS,
                            )
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
        zlib.error,
    ) as exc:
        raise _damaged() from exc
