"""The rows of a file as they stand in it, its titles, blank lines and all columns among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from console.importing.formats import CSV, detect_format
from console.importing.headings import Row
from console.importing.reading import Reading
from console.importing.separated import csv_rows
from console.importing.sheets import sheet_rows
from console.importing.streams import Listen, listening
from console.importing.table import Limits
from console.importing.texts import Text


def raw_rows(
    file: BinaryIO, reading: Reading, limits: Limits, listen: Listen | None = None
) -> Iterator[Row]:
    """Each row with its line, of a file that was read so, within these limits, before."""
    if not issubclass(detect_format(file), CSV):
        yield from listening(sheet_rows(file, limits), listen)
        return
    with Text(file, reading.encoding).lines() as lines:
        yield from listening(csv_rows(lines, reading.delimiter), listen)
