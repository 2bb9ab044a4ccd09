"""The rows of a file as text, each with its line number. Nothing here knows a model."""

from __future__ import annotations

import copy
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from types import TracebackType

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import FileError, shorten
from console.importing.figures import grouped
from console.importing.headings import HEADER_WITHIN, Headings, Row, Wanted, find_header
from console.importing.reading import FIND_OUT, Reading
from console.importing.spool import Batch, Spool
from console.names import composed

#: What is taken from a page.
MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 100_000
MAX_CELL_CHARACTERS = 100_000
#: So many uneven rows are named.
_UNEVEN_NAMED = 11

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class Limits:
    """How large a file may be; larger ones are refused."""

    rows: int = MAX_ROWS
    bytes: int = MAX_BYTES

    @property
    def lines(self) -> int:
        """Blank lines are skipped, but each takes its time."""
        return 4 * self.rows


OF_PAGES = Limits()
#: In a terminal somebody waits as long as it takes.
OF_TERMINALS = Limits(rows=1_000_000, bytes=1024 * 1024 * 1024)


def escape_formula(text: str) -> str:
    """The text with an apostrophe before it, if a spreadsheet would run it as a formula.

    Blanks before that go: a reader takes them off, and would find no apostrophe behind them.
    """
    if _FORMULA.match(text):
        return f"'{text}"
    bare = text.lstrip()
    return f"'{bare}" if _FORMULA.match(bare) else text


def unescape_formula(text: str) -> str:
    """Undo ``escape_formula``, so that an export can be imported again unchanged."""
    return text[1:] if _ESCAPED_FORMULA.match(text) else text


class Number(str):
    """What a spreadsheet has as a number, as text: its decimal sign is a point, whatever is usual
    where the sheet comes from."""

    __slots__ = ()

    def __new__(cls, value: object) -> Number:
        return super().__new__(cls, str(value))

    def strip(self, *args: str | None) -> Number:  # type: ignore[override]
        return self


class Table:
    """The rows of a file: ``headers``, and as many cells in each row.

    It can be gone through as often as needed, from its start each time; the rows are on disk until
    it is closed. Rows are counted from 1, as the library counts them.
    """

    #: A word with accented letters, by which a reader sees whether the encoding is right.
    accented: str = ""

    def __init__(self, headers: list[str], reading: Reading, *, left_out: int = 0) -> None:
        """``reading`` is how the file was read; ``left_out`` rows are above its header."""
        self.headers = headers
        self.reading = reading
        self.left_out = left_out
        #: See ``Headings``.
        self.repeated: dict[str, int] = {}
        self.written: dict[str, str] = {}
        #: By kind of column, how dates and numbers are likely to be written, and how they are.
        self.likely: dict[str, str] = {}
        self.ways: dict[str, str] = {}
        self._spool = Spool()
        #: Rows of the spool that are not in this table, sorted; and of each, how many rows of the
        #: table are before it.
        self._missing: list[int] = []
        self._before: list[int] = []

    def __len__(self) -> int:
        return len(self._spool) - len(self._missing)

    def __iter__(self) -> Iterator[list[str]]:
        for batch in self.batches():
            yield from batch.rows

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the rows, of tables ``without`` some of them as well."""
        self._spool.close()

    def batches(self) -> Iterator[Batch]:
        """The rows, about a thousand at a time; the lists are the caller's own."""
        number = 1
        for first, lines, rows in self._spool.batches():
            begin = bisect_left(self._missing, first)
            end = bisect_left(self._missing, first + len(rows), begin)
            for missing in reversed(self._missing[begin:end]):
                del lines[missing - first], rows[missing - first]
            if rows:
                yield Batch(number, lines, rows)
            number += len(rows)

    def numbered(self) -> Iterator[tuple[int, int, list[str]]]:
        """Each row with its number and its line of the file."""
        for number, lines, rows in self.batches():
            yield from zip(range(number, number + len(rows)), lines, rows, strict=True)

    def called(self, name: str) -> str:
        """How the file calls one of the columns, for people; another name as it is."""
        return self.written.get(name, name)

    def column(self, name: str) -> Iterator[str]:
        """The cells of a column. Raises ``ValueError`` where the file has none of this name."""
        place = self.headers.index(name)
        return (cells[place] for cells in self)

    def columns(self, *names: str) -> Iterator[tuple[str, ...]]:
        """The cells of several columns, row by row; empty ones of one that is not there."""
        places = [self.headers.index(name) if name in self.headers else -1 for name in names]
        for cells in self:
            yield tuple(cells[place] if place >= 0 else "" for place in places)

    def line(self, row_number: int) -> int:
        """The line of the file on which a row begins."""
        return self._spool.line(self._number_in_spool(row_number))

    def without(self, row_numbers: Iterable[int]) -> Table:
        """The table without these rows, closed together with this one.

        Those that stay are counted anew, without a gap; their lines are those of the file.
        """
        numbers = {self._number_in_spool(number) for number in row_numbers}
        table = copy.copy(self)
        table._missing = sorted(numbers.union(self._missing))
        table._before = [number - place for place, number in enumerate(table._missing, 1)]
        return table

    def _number_in_spool(self, row_number: int) -> int:
        return row_number + bisect_left(self._before, row_number)


def make_table(
    rows: Iterable[Row],
    reading: Reading = FIND_OUT,
    wanted: Wanted | None = None,
    *,
    limits: Limits = OF_PAGES,
    is_sheet: bool = False,
) -> Table:
    """A table from numbered rows of text.

    The header is on the line that ``reading`` says, or found by what is ``wanted``; what is above
    it and blank rows are left out. A row of a sheet ends with its last filled cell, and may be
    narrower than the header. Raises ``FileError`` for a file without header or rows, with
    headings that are missing or double, with rows wider or narrower than the header, and for one
    above the limits.
    """
    numbered = _filled(rows, limits)
    first = list(islice(numbered, HEADER_WITHIN))
    if not first:
        raise FileError(_("The file is empty."))
    place = find_header(first, wanted, reading.header_line)
    line, header = first[place]
    headings = Headings(header, line, wanted)
    table = Table(headings.names, replace(reading, header_line=line), left_out=place)
    table.repeated, table.written = headings.repeated, headings.written
    try:
        _fill(table, chain(first[place + 1 :], numbered), headings, limits, is_sheet=is_sheet)
    except BaseException:
        table.close()
        raise
    return table


def _fill(
    table: Table, rows: Iterable[Row], headings: Headings, limits: Limits, *, is_sheet: bool
) -> None:
    width, count = headings.width, 0
    append, arrange = table._spool.append, headings.arrange
    uneven: list[tuple[int, int]] = []
    for line, cells in rows:
        if count >= limits.rows:
            raise FileError(
                _("The file has more than %(n)s rows. Split it into several."),
                n=grouped(limits.rows),
            )
        if len(cells) != width:
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if is_sheet:
                cells.extend([""] * (width - len(cells)))
            if len(cells) != width:
                if len(uneven) <= _UNEVEN_NAMED:
                    uneven.append((line, len(cells)))
                continue
        # Of a hundred rows, most need none of what follows: one look at all their cells tells.
        text = "".join(cells)
        if len(text) > MAX_CELL_CHARACTERS and max(map(len, cells)) > MAX_CELL_CHARACTERS:
            raise too_long(line)
        cells = [cell.strip() for cell in cells]
        if not text.isascii():
            cells = [composed(cell) for cell in cells]
        if "'" in text:
            cells = [unescape_formula(cell) for cell in cells]
        append(line, arrange(cells), len(text))
        count += 1
    if uneven:
        _refuse_uneven(uneven, width)
    if not count:
        raise FileError(_("The file has a header and no rows below it."))
    table._spool.finish()


def _filled(rows: Iterable[Row], limits: Limits) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if place >= limits.lines:
            raise too_many_lines(limits)
        if any(map(str.strip, row[1])):
            yield row


def too_many_lines(limits: Limits) -> FileError:
    message = _("The file has more than %(n)s lines. Remove empty ones.")
    return FileError(message, n=grouped(limits.lines))


def too_long(line: int) -> FileError:
    message = _(
        'Line %(line)s has a cell that is far too long. Often a quotation mark (") is missing '
        "on that line or before it."
    )
    return FileError(message, line=line)


def _refuse_uneven(uneven: list[tuple[int, int]], wanted: int) -> None:
    line, width = uneven[0]
    message = ngettext(
        "Line %(line)s has %(width)s cell where the header has %(wanted)s.",
        "Line %(line)s has %(width)s cells where the header has %(wanted)s.",
        width,
    )
    if len(uneven) > 1:
        message += " " + _("The same is wrong on: %(more)s.")
    others = ", ".join(str(line) for line, _width in uneven[1:_UNEVEN_NAMED])
    if len(uneven) > _UNEVEN_NAMED:
        others += ", …"
    raise FileError(message, line=line, width=width, wanted=wanted, more=shorten(others, 120))
