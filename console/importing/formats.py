"""The two kinds of file: CSV and Excel, read from open files and written as bytes."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from console.importing.exceptions import FileError
from console.importing.headings import Wanted
from console.importing.reading import FIND_OUT, Reading
from console.importing.separated import csv_rows, find_delimiter, refuse_other_kinds
from console.importing.sheets import sheet_rows
from console.importing.streams import Source, as_file, has_in_it, start_of
from console.importing.table import OF_PAGES, Limits, Table, escape_formula, make_table
from console.importing.texts import Text, detect_encoding, not_a_table

ZIP, OLD_EXCEL, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
#: What a workbook with a password has in it: its name for the part that is locked.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class CSV(base_formats.CSV):
    """Text with a comma, semicolon, tab or vertical bar between the cells."""

    def is_binary(self) -> bool:
        """Read and written as bytes: how they are decoded is decided here."""
        return True

    def get_title(self) -> str:
        return "CSV"

    def create_dataset(
        self,
        in_stream: BinaryIO,
        reading: Reading = FIND_OUT,
        wanted: Wanted | None = None,
        limits: Limits = OF_PAGES,
    ) -> Table:
        """The file's rows. Raises ``FileError``, with what was known of the file until then."""
        try:
            reading = replace(reading, encoding=reading.encoding or detect_encoding(in_stream))
            text = Text(in_stream, reading.encoding)
            refuse_other_kinds(text.start)
            delimiter = reading.delimiter or find_delimiter(text.start, wanted)
            reading = replace(reading, delimiter=delimiter)
            with text.lines() as lines:
                table = make_table(csv_rows(lines, delimiter), reading, wanted, limits=limits)
        except FileError as error:
            # Of what is no table at all, nothing is known that could be chosen otherwise.
            error.reading = reading if reading.delimiter else None
            raise
        table.accented = text.accented
        return table

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

    def create_dataset(
        self,
        in_stream: BinaryIO,
        reading: Reading = FIND_OUT,
        wanted: Wanted | None = None,
        limits: Limits = OF_PAGES,
    ) -> Table:
        """The sheet's rows, dates and numbers as text. Raises ``FileError``."""
        reading = replace(reading, encoding="", delimiter="")
        rows = sheet_rows(in_stream, limits)
        return make_table(rows, reading, wanted, limits=limits, is_sheet=True)

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


def detect_format(source: Source) -> type[CSV] | type[XLSX]:
    """The kind of file, by its content: names lie. Raises ``FileError`` for any other kind."""
    file = as_file(source)
    start = start_of(file, 8)
    if start.startswith(ZIP):
        return XLSX
    if start.startswith(OLD_EXCEL) and has_in_it(file, _LOCKED):
        raise FileError(_("This Excel file has a password. Save it without one and try again."))
    if start.startswith(OLD_EXCEL):
        raise FileError(
            _("This is an old Excel file (.xls). Save it as .xlsx or as CSV and try again.")
        )
    if start.startswith(PDF) or start.startswith(_UTF32):
        raise not_a_table()
    return CSV


def _sheet_cell(value: Any) -> Any:
    if isinstance(value, Decimal | date | int | float):
        return value
    return escape_formula(ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value)))
