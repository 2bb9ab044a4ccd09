"""The rows of a file, kept on disk while an import reads them again and again."""

from __future__ import annotations

import pickle
import weakref
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from console.importing.streams import nameless_file

#: A batch has so many rows at the most, and ends earlier where its cells have this many characters.
BATCH_ROWS = 1000
BATCH_CHARACTERS = 1_000_000


class Batch(NamedTuple):
    """Some rows, one after the other."""

    #: Of its first row, counted from 1.
    number: int
    #: For each row, the line of the file on which it begins.
    lines: list[int]
    rows: list[list[str]]


class Spool:
    """Rows in a file without a name, which nobody else can open and which is gone when it is
    closed, or when the process ends.

    Rows are added with ``append``; ``finish`` ends that. Then they can be read as often as needed,
    also by several readers in turns. In memory there is one batch for each of them.
    """

    def __init__(self) -> None:
        self._file = nameless_file()
        self.close = weakref.finalize(self, self._file.close)
        #: By batch: the number of its first row, and where it begins in the file.
        self._numbers: list[int] = []
        self._places: list[int] = []
        self._lines: list[int] = []
        self._rows: list[list[str]] = []
        self._characters = 0
        self._length = 0
        #: The batch whose lines were asked for last.
        self._looked_up: tuple[int, list[int]] = (-1, [])

    def __len__(self) -> int:
        return self._length

    def append(self, line: int, cells: list[str], characters: int) -> None:
        """Add a row with so many characters in its cells."""
        self._lines.append(line)
        self._rows.append(cells)
        self._characters += characters
        if len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS:
            self._write()

    def finish(self) -> None:
        if self._rows:
            self._write()
        self._file.flush()

    def _write(self) -> None:
        self._numbers.append(self._length + 1)
        self._places.append(self._file.tell())
        # Apart, for lines are asked for alone.
        for part in (self._lines, self._rows):
            pickle.dump(part, self._file, pickle.HIGHEST_PROTOCOL)
        self._length += len(self._rows)
        self._lines, self._rows, self._characters = [], [], 0

    def batches(self) -> Iterator[Batch]:
        """All rows. The lists are the caller's own."""
        for number, place in zip(self._numbers, self._places, strict=True):
            self._file.seek(place)
            yield Batch(number, self._read(), self._read())

    def line(self, number: int) -> int:
        """The line of a row, counted from 1; quick for rows that come one after the other."""
        batch = bisect_right(self._numbers, number) - 1
        if self._looked_up[0] != batch:
            self._file.seek(self._places[batch])
            self._looked_up = batch, self._read()
        return self._looked_up[1][number - self._numbers[batch]]

    def _read(self) -> list[Any]:
        # Nobody but this process can have written it.
        part: list[Any] = pickle.load(self._file)  # noqa: S301
        return part
