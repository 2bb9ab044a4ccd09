"""The two kinds of file: CSV and Excel, read from bytes and written as bytes."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from console.importing.exceptions import FileError
from console.importing.table import (
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_LINES,
    Table,
    escape_formula,
    make_table,
    too_long,
    too_many_lines,
)

DELIMITERS = (",", ";", "\t")
ZIP, OLD_EXCEL, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
#: An Excel file is a zip; what it unpacks to is bounded, and so is what there is to read of it: a
#: few kilobytes can hold millions of empty rows, each of which costs as much as a filled one.
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_CELLS = 3_000_000
_ROW_OR_CELL = re.compile(rb"<(?:[\w.-]+:)?(row|c|si)[\s/>]")
_PIECE, _TAG_START = 1 << 20, 256


class CSV(base_formats.CSV):
    """Text with a comma, semicolon or tab between the cells."""

    def is_binary(self) -> bool:
        """Read and written as bytes: how they are decoded is decided here."""
        return True

    def get_title(self) -> str:
        return "CSV"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Table:
        """The file's rows. Raises ``FileError``."""
        return make_table(_csv_rows(_decode(in_stream)))

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        """UTF-8 with a mark at its start: without it Excel takes the text for an older coding."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(dataset.headers)
        writer.writerows([escape_formula(str(cell)) for cell in row] for row in dataset)
        return text.getvalue().encode("utf-8-sig")


class XLSX(base_formats.XLSX):
    """The first sheet of an Excel workbook."""

    def get_title(self) -> str:
        return "Excel (.xlsx)"

    def create_dataset(self, in_stream: bytes) -> Table:
        """The sheet's rows, dates and numbers as text. Raises ``FileError``."""
        _check_unpacked_size(in_stream)
        _check_rows_and_cells(in_stream)
        # A workbook is a zip of XML of some thirty kinds, and its reader fails on a damaged one
        # with whatever the part that it was in raises. Nothing but reading happens here.
        try:
            book = load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
            return make_table(_sheet_rows(book.worksheets[0]))
        except FileError:
            raise
        except Exception as exc:
            raise _damaged() from exc

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        book = Workbook(write_only=True)
        sheet = book.create_sheet("export")
        sheet.append(list(dataset.headers))
        for row in dataset:
            sheet.append([_sheet_cell(cell) for cell in row])
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()


#: In the order in which a form offers them.
FORMATS = (CSV, XLSX)


def detect_format(content: bytes) -> type[CSV] | type[XLSX]:
    """The kind of file, by its content: names lie. Raises ``FileError`` for any other kind."""
    if content.startswith(ZIP):
        return XLSX
    if content.startswith(OLD_EXCEL):
        raise FileError(
            _("This is an old Excel file (.xls). Save it as .xlsx or as CSV and try again.")
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError(_not_utf8())
    if b"\x00" in content or content.startswith(PDF):
        raise FileError(_("This is neither a CSV nor an Excel file (.xlsx)."))
    return CSV


def _not_utf8() -> str:
    return _(
        "The file is not in UTF-8, so its accented letters cannot be read. In Excel choose "
        "“CSV UTF-8 (comma delimited)” when you save it."
    )


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise FileError(_not_utf8()) from exc


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins; a quoted cell may go over several lines."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    # Without `newline=""` the line ends inside quoted cells would be changed.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            if "field limit" in str(exc):
                raise too_long(line) from exc
            raise FileError(
                _(
                    'Line %(line)s cannot be read as CSV: a quotation mark (") is missing or '
                    "is not doubled inside a cell."
                ),
                line=line,
            ) from exc
        yield line, cells


def _delimiter(text: str) -> str:
    """The delimiter that cuts the header into the most cells; the comma if none does."""
    widths = {}
    for delimiter in DELIMITERS:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            widths[delimiter] = len(next((row for row in islice(reader, 20) if row), []))
        except csv.Error:
            widths[delimiter] = 0
    return max(DELIMITERS, key=lambda delimiter: widths[delimiter])


def _damaged() -> FileError:
    return FileError(_("The Excel file is damaged. Open it, save it again and try once more."))


def _check_unpacked_size(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as exc:
        raise _damaged() from exc
    if "xl/workbook.xml" not in names:
        raise FileError(_("This is neither a CSV nor an Excel file (.xlsx)."))
    if size > MAX_UNPACKED_BYTES:
        raise FileError(_("The Excel file unpacks to far too much. Save the sheet as CSV."))


def _check_rows_and_cells(content: bytes) -> None:
    """Count them in each part, whatever its name: the file itself says which part is a sheet, and
    which has the texts that cells share."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
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
                        if rows > MAX_LINES:
                            raise too_many_lines()
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


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # What the file says of its own size is often wrong.
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        values = [_cell_text(cell) for cell in cells[: MAX_COLUMNS + 1]]
        # Unlike a line of CSV, a row of a sheet ends with its last filled cell.
        yield line, values if line == 1 else values + [""] * (MAX_COLUMNS - len(values))


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.date() if value.time() == time(0) else value).isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _sheet_cell(value: Any) -> Any:
    if isinstance(value, Decimal | date | int | float):
        return value
    return escape_formula(ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value)))
