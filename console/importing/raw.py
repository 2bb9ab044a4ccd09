"""The rows of a file as they stand in it, its titles, blank lines and all columns among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from console.importing.formats import CSV, detect_format
from console.importing.headings import Row
from console.importing.reading import Reading
from console.importing.separated import csv_rows
from console.importing.sheets import sheet_rows
from console.importing.texts import decode


def raw_rows(file: BinaryIO, reading: Reading) -> Iterator[Row]:
    """Each row with its line, of a file that was read so before."""
    file.seek(0)
    content = file.read()
    if issubclass(detect_format(content), CSV):
        return csv_rows(decode(content, reading.encoding), reading.delimiter)
    return sheet_rows(content)
