"""The two kinds of file: CSV and Excel, read from open files and written to them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import IO, Any, BinaryIO, ClassVar

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats

from console.importing.exceptions import FileError
from console.importing.headings import Wanted
from console.importing.reading import FIND_OUT, Reading
from console.importing.separated import csv_rows, find_delimiter, refuse_other_kinds
from console.importing.sheets import sheet_rows
from console.importing.streams import Listen, Source, as_file, has_in_it, listening, start_of
from console.importing.table import OF_PAGES, Limits, Table, make_table
from console.importing.texts import Text, detect_encoding, not_a_table
from console.importing.writers import Cells, write_csv, write_xlsx

ZIP, OLD_EXCEL, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
#: What a workbook with a password has in it: its name for the part that is locked.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class Written:
    """The half of a kind of file that writes it."""

    #: Writes rows to an open file as they come; returns how many there were.
    write: ClassVar[Callable[[IO[bytes], Iterable[Cells]], int]]
    #: Whether its cells have numbers and dates, and not texts alone.
    has_types: ClassVar[bool]

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        """A small file; ``write`` is for one of any size."""
        content = io.BytesIO()
        type(self).write(content, [dataset.headers, *dataset])
        return content.getvalue()


class CSV(Written, base_formats.CSV):
    """Text with a comma, semicolon, tab or vertical bar between the cells."""

    write = staticmethod(write_csv)
    has_types = False

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
        listen: Listen | None = None,
    ) -> Table:
        """The file's rows. Raises ``FileError``, with what was known of the file until then, and
        what ``listen`` raises."""
        try:
            reading = replace(reading, encoding=reading.encoding or detect_encoding(in_stream))
            text = Text(in_stream, reading.encoding)
            refuse_other_kinds(text.start)
            delimiter = reading.delimiter or find_delimiter(text.start, wanted)
            reading = replace(reading, delimiter=delimiter)
            with text.lines() as lines:
                rows = listening(csv_rows(lines, delimiter), listen)
                table = make_table(rows, reading, wanted, limits=limits)
        except FileError as error:
            # Of what is no table at all, nothing is known that could be chosen otherwise.
            error.reading = reading if reading.delimiter else None
            raise
        table.accented = text.accented
        return table


class XLSX(Written, base_formats.XLSX):
    """The first sheet of an Excel workbook."""

    write = staticmethod(write_xlsx)
    has_types = True

    def get_title(self) -> str:
        return "Excel (.xlsx)"

    def create_dataset(
        self,
        in_stream: BinaryIO,
        reading: Reading = FIND_OUT,
        wanted: Wanted | None = None,
        limits: Limits = OF_PAGES,
        listen: Listen | None = None,
    ) -> Table:
        """The sheet's rows, dates and numbers as text. Raises ``FileError``, and what ``listen``
        raises."""
        reading = replace(reading, encoding="", delimiter="")
        rows = listening(sheet_rows(in_stream, limits), listen)
        return make_table(rows, reading, wanted, limits=limits, is_sheet=True)


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
