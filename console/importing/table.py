"""The rows of a file as text, each with its line number. Nothing here knows a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

import tablib
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import FileError, shorten
from console.importing.headings import HEADER_WITHIN, Headings, Row, Wanted, find_header
from console.importing.reading import FIND_OUT, Reading

#: Files above these are refused; a request has to end before the web server gives up on it.
MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
#: Blank lines are skipped, but each takes its time.
MAX_LINES = 4 * MAX_ROWS
MAX_CELL_CHARACTERS = 100_000

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


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


class Table(tablib.Dataset):
    """A dataset that knows the line of the file on which each of its rows begins."""

    lines: list[int]
    #: How it was read; the rows above the header; a word with accented letters, to judge by.
    reading: Reading = FIND_OUT
    left_out: int = 0
    accented: str = ""

    def line(self, row_number: int) -> int:
        """The line of a row, where ``row_number`` counts from 1 as in the library."""
        return self.lines[row_number - 1]


def make_table(
    rows: Iterable[Row],
    reading: Reading = FIND_OUT,
    wanted: Wanted | None = None,
    *,
    is_sheet: bool = False,
) -> Table:
    """A table from numbered rows of text.

    The header is on the line that ``reading`` says, or found by what is ``wanted``; what is above
    it and blank rows are left out. A row of a sheet ends with its last filled cell, and may be
    narrower than the header. Raises ``FileError`` for a file without header or rows, with
    headings that are missing or double, with rows wider or narrower than the header, and for one
    above the limits.
    """
    numbered = _filled(rows)
    first = list(islice(numbered, HEADER_WITHIN))
    if not first:
        raise FileError(_("The file is empty."))
    place = find_header(first, wanted, reading.header_line)
    line, header = first[place]
    headings = Headings(header, line, wanted)
    table = Table(headers=headings.names)
    table.lines = []
    table.reading, table.left_out = replace(reading, header_line=line), place
    uneven: list[tuple[int, int]] = []
    for line, cells in chain(first[place + 1 :], numbered):
        if len(table.lines) >= MAX_ROWS:
            raise FileError(
                _("The file has more than %(n)d rows. Split it into several."), n=MAX_ROWS
            )
        while len(cells) > headings.width and not cells[-1].strip():
            cells.pop()
        if is_sheet:
            cells.extend([""] * (headings.width - len(cells)))
        if len(cells) != headings.width:
            uneven.append((line, len(cells)))
            continue
        if max(map(len, cells)) > MAX_CELL_CHARACTERS:
            raise too_long(line)
        table.append([unescape_formula(cell.strip()) for cell in headings.arrange(cells)])
        table.lines.append(line)
    if uneven:
        _refuse_uneven(uneven, headings.width)
    if not table.lines:
        raise FileError(_("The file has a header and no rows below it."))
    return table


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for place, (line, cells) in enumerate(rows):
        if place >= MAX_LINES:
            raise too_many_lines()
        if any(cell.strip() for cell in cells):
            yield line, cells


def too_many_lines() -> FileError:
    return FileError(_("The file has more than %(n)d lines. Remove empty ones."), n=MAX_LINES)


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
    others = ", ".join(str(line) for line, _width in uneven[1:11])
    if len(uneven) > 11:
        others += ", …"
    raise FileError(message, line=line, width=width, wanted=wanted, more=shorten(others, 120))
