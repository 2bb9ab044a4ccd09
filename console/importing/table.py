"""The rows of a file as text, each with its line number. Nothing here knows a model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import tablib
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import FileError, shorten

#: Files above these are refused; a request has to end before the web server gives up on it.
MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 100
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


class Table(tablib.Dataset):
    """A dataset that knows the line of the file on which each of its rows begins."""

    lines: list[int]

    def line(self, row_number: int) -> int:
        """The line of a row, where ``row_number`` counts from 1 as in the library."""
        return self.lines[row_number - 1]


def heading(cell: str) -> str:
    """A column's name as files may write it, in the one spelling that is compared."""
    return re.sub(r"[\s_-]+", "_", cell.strip().lower())


def make_table(rows: Iterable[tuple[int, list[str]]]) -> Table:
    """A table from numbered rows of text, the first of which is the header.

    Blank rows are left out. Raises ``FileError`` for a file without header or rows, with
    headings that are missing or double, with rows wider or narrower than the header, and for
    one above the limits.
    """
    numbered = _filled(rows)
    _line, header = next(numbered, (0, []))
    if not header:
        raise FileError(_("The file is empty."))
    headers = _headings(header)
    table = Table(headers=headers)
    table.lines = []
    uneven: list[tuple[int, int]] = []
    for line, cells in numbered:
        if len(table.lines) >= MAX_ROWS:
            raise FileError(
                _("The file has more than %(n)d rows. Split it into several."), n=MAX_ROWS
            )
        while len(cells) > len(headers) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(headers):
            uneven.append((line, len(cells)))
            continue
        if max(map(len, cells)) > MAX_CELL_CHARACTERS:
            raise too_long(line)
        table.append([unescape_formula(cell.strip()) for cell in cells])
        table.lines.append(line)
    if uneven:
        _refuse_uneven(uneven, len(headers))
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


def _headings(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise FileError(_("The file has more than %(n)d columns."), n=MAX_COLUMNS)
    headers = [heading(cell) for cell in cells]
    for position, name in enumerate(headers, 1):
        if not name:
            raise FileError(_("Column %(n)d has no heading in line 1."), n=position)
    twice = [name for name, count in Counter(headers).items() if count > 1]
    if twice:
        raise FileError(
            _("There is more than one column “%(name)s”. Keep one of them."), name=twice[0]
        )
    return headers


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
