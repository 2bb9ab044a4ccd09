"""The first sheet of an Excel workbook as rows, and what is refused before it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from openpyxl.reader.excel import ExcelReader

from console.importing.exceptions import FileError
from console.importing.headings import MAX_COLUMNS, Row
from console.importing.packed import (
    MAX_UNPACKED_BYTES,
    BoundedArchive,
    damaged,
    too_much,
    unpacked_size,
)
from console.importing.table import Limits, Number

#: Excel calculates with so many digits, and shows no more.
_DIGITS = 15


def sheet_rows(file: BinaryIO, limits: Limits) -> Iterator[Row]:
    """The rows of the first sheet, dates and numbers as text. Raises ``FileError``."""
    if unpacked_size(file) > MAX_UNPACKED_BYTES:
        raise too_much()
    # A workbook is a zip of XML of some thirty kinds, and its reader fails on a damaged one
    # with whatever the part that it was in raises. Nothing but reading happens here.
    try:
        sheet = _first_sheet(file, limits)
        left = limits.bytes
        for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            texts = [_cell_text(cell) for cell in cells[: MAX_COLUMNS + 1]]
            # Cells share texts: the same one may be there a million times.
            left -= sum(map(len, texts))
            if left < 0:
                raise too_much()
            yield line, texts
    except FileError:
        raise
    except Exception as exc:
        raise damaged() from exc


class _Reader(ExcelReader):
    """The library's own, which reads no part that has too much in it."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.archive = BoundedArchive(file, limits)

    def read_chartsheet(self, *args: Any) -> None:
        """Has no rows."""


def _first_sheet(file: BinaryIO, limits: Limits) -> Any:
    reader = _Reader(file, limits)
    reader.read()
    sheet = reader.wb.worksheets[0]
    sheet.reset_dimensions()  # What the file says of its own size is often wrong.
    return sheet


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return (value.date() if value.time() == time(0) else value).isoformat()
    if isinstance(value, float):
        value = float(f"{value:.{_DIGITS}g}")
        return Number(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Number(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)
