"""Rows written as a file, CSV or Excel, as they come: none of them is kept."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook

from console.importing.exceptions import SheetError
from console.importing.table import escape_formula

#: A row of cells: texts, or what a sheet has as numbers and dates.
Cells = Iterable[Any]

#: What Excel has room for.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
#: Excel counts days from here, one of them too many until March.
_FIRST_DAY = date(1900, 3, 1)
#: What XML has no place for; a sheet is XML.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_csv(file: IO[bytes], rows: Iterable[Cells]) -> int:
    """Write the rows to a file that is open; how many there were.

    UTF-8 with a mark at its start: without it Excel takes the text for an older coding.
    """
    count = 0
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        for cells in rows:
            writer.writerow([escape_formula(str(cell)) for cell in cells])
            count += 1
    finally:
        text.detach()  # Which writes what is left; closing the file is for whoever opened it.
    return count


def write_xlsx(file: IO[bytes], rows: Iterable[Cells]) -> int:
    """Write the rows to the one sheet of a workbook; how many there were.

    Numbers and dates stay what they are. Raises ``SheetError`` for what Excel has no room for.
    """
    count = 0
    book = Workbook(write_only=True)
    sheet = book.create_sheet("export")
    try:
        for count, cells in enumerate(rows, 1):
            if count > SHEET_ROWS:
                message = _("An Excel file has room for %(n)d rows. Export a CSV file, or fewer.")
                raise SheetError(message, n=SHEET_ROWS)
            sheet.append([_sheet_cell(cell) for cell in cells])
    except BaseException:
        # The library keeps the rows in a file of its own until the book is saved.
        with suppress(Exception), tempfile.TemporaryFile() as nowhere:
            book.save(nowhere)
        raise
    book.save(file)
    return count


def sheet_text(text: str) -> str:
    """The text as a sheet keeps it."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _sheet_cell(value: Any) -> Any:
    if isinstance(value, date):
        return value if value >= _FIRST_DAY else value.isoformat()
    if isinstance(value, Decimal | int | float):
        return value
    text = escape_formula(sheet_text(str(value)))
    if len(text) > CELL_CHARACTERS:
        message = _(
            "A cell of an Excel file has room for %(n)d characters, and “%(text)s” has more. "
            "Export a CSV file."
        )
        raise SheetError(message, n=CELL_CHARACTERS, text=text[:60])
    return text
