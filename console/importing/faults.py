"""The rows of a file that are in error, and a file of just these, to be mended."""

from __future__ import annotations

import csv
import io
import pickle
from array import array
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import BinaryIO

from console.importing import storage
from console.importing.exceptions import shorten
from console.importing.headings import heading
from console.importing.raw import raw_rows
from console.importing.reading import Reading
from console.importing.results import REASON
from console.importing.streams import Listen, nameless_file
from console.importing.table import Limits, Table, escape_formula, unescape_formula

#: What is said of one row, at the most.
REASON_SHOWN = 1_000


class Faults:
    """What is wrong with each row, in a file without a name: two numbers a row stay in memory."""

    def __init__(self) -> None:
        self._file = nameless_file()
        #: By the line on which a row begins: where in the file the reason is.
        self._lines, self._places = array("Q"), array("Q")
        #: Rows whose line is not known yet.
        self._numbers = array("Q")

    def __enter__(self) -> Faults:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, number: int, errors: list[tuple[str, str]]) -> None:
        """Note what is wrong with the row of that number, and in which column; called once for a
        row."""
        reasons = [f"{column}: {text}" if column else text for column, text in errors]
        self._numbers.append(number)
        self._places.append(self._file.seek(0, io.SEEK_END))
        pickle.dump(shorten("; ".join(reasons), REASON_SHOWN), self._file)

    def locate(self, table: Table) -> list[int]:
        """Find the lines of those that were noted since this was called last; returns their
        numbers, which are the table's: its rows are counted anew once some are left out."""
        numbers = list(self._numbers)
        self._lines.extend(map(table.line, numbers))
        del self._numbers[:]
        return numbers

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Line and reason of each row, in the order of the file."""
        for line, place in sorted(zip(self._lines, self._places, strict=True)):
            self._file.seek(place)
            yield line, pickle.load(self._file)  # noqa: S301 - written above, seen by nobody


def write_faulty(
    file: BinaryIO, reading: Reading, faults: Faults, limits: Limits, listen: Listen | None = None
) -> str:
    """Keep a file with the header and the faulty rows of ``file``, cells and all, and with the
    reasons; returns its name in the storage, or nothing where no row is in error."""
    if not len(faults):
        return ""
    with storage.write() as (name, target):
        _write(target, raw_rows(file, reading, limits, listen), reading, iter(faults))
    return name


def _write(
    target: BinaryIO,
    rows: Iterator[tuple[int, list[str]]],
    reading: Reading,
    faults: Iterator[tuple[int, str]],
) -> None:
    # With a mark at its start, as an export.
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=reading.delimiter or ",")
    header = next(cells for line, cells in rows if line == reading.header_line)
    while header and not header[-1].strip():
        header.pop()
    # Of a file that was mended and is still not right, the old reasons go.
    keeps = [place for place, cell in enumerate(header) if heading(cell) != REASON]
    writer.writerow([*_picked(header, keeps), REASON])
    wanted, reason = next(faults)
    for line, cells in rows:
        if line != wanted:
            continue
        writer.writerow([*_picked(cells, keeps), escape_formula(reason)])
        try:
            wanted, reason = next(faults)
        except StopIteration:
            break
    text.detach()


def _picked(cells: list[str], places: Iterable[int]) -> list[str]:
    """These cells, as a spreadsheet shows them and an import reads them: none is a formula."""
    width = len(cells)
    return [
        escape_formula(unescape_formula(cells[place])) if place < width else "" for place in places
    ]
