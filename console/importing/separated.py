"""Text as rows: which delimiter is between its cells, and what they are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain, islice

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.headings import HEADER_WITHIN, Row, Wanted, find_header
from console.importing.reading import DELIMITERS
from console.importing.table import MAX_CELL_CHARACTERS, too_long
from console.importing.texts import MAX_ROW_CHARACTERS

#: The delimiter is found out from so many rows.
_SAMPLE_ROWS = 100
#: What Excel writes and reads as the first line of a file, for other programs to know.
_SEP_LINE = re.compile(r'"?sep=([,;\t|])"?[,;\t|]*(\r\n|\r|\n)', re.IGNORECASE)
#: Begins what is no table, whatever its name says.
_WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml|!--)", re.IGNORECASE)
_JSON = re.compile(r"""\s*(\{\s*["}]|\[\s*[\[{"\]])""")
_RTF = re.compile(r"\{\\rtf")


def refuse_other_kinds(start: str) -> None:
    """Raise ``FileError`` for a text that begins like no table."""
    if _WEB_PAGE.match(start):
        raise FileError(
            _("This is a web page or an XML file. Open it in Excel and save it as .xlsx or CSV.")
        )
    if _JSON.match(start) or _RTF.match(start):
        raise FileError(_("This is neither a CSV nor an Excel file (.xlsx)."))


def csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Each row with the line on which it begins; a quoted cell may go over several lines."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    first = next(lines, "")
    skipped = 1 if _SEP_LINE.match(first) else 0
    line, characters = 1 + skipped, 0

    def counted() -> Iterator[str]:
        """The lines, as long as those of one row are not too many."""
        nonlocal characters
        for text in lines if skipped else chain((first,), lines):
            characters += len(text)
            if characters > MAX_ROW_CHARACTERS:
                raise too_long(line)
            yield text

    reader = csv.reader(counted(), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line, characters = reader.line_num + 1 + skipped, 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            if "field limit" in str(exc):
                raise too_long(line) from exc
            raise FileError(
                _(
                    'Line %(line)s cannot be read as CSV: a quotation mark (") is missing or '
                    "is not doubled inside a cell."
                ),
                line=line,
            ) from exc
        yield line, cells


def find_delimiter(start: str, wanted: Wanted | None) -> str:
    """The delimiter that the text itself names, or that makes the best table of its first rows:
    one with a header that is known, then with the most rows as wide as their header.
    The text may be cut anywhere."""
    if said := _SEP_LINE.match(start):
        return said[1]
    return max(DELIMITERS, key=lambda delimiter: _fitness(start, delimiter, wanted))


def _fitness(start: str, delimiter: str, wanted: Wanted | None) -> tuple[float, ...]:
    rows: list[Row] = []
    try:
        numbered = csv_rows(io.StringIO(start, newline=""), delimiter)
        filled = (row for row in numbered if any(map(str.strip, row[1])))
        rows.extend(islice(filled, _SAMPLE_ROWS))
    except FileError:
        pass  # The rows above it count, and where the sample was cut nothing is wrong.
    if not rows:
        return (0, 0, 0, 0, 0)
    place = find_header(rows[:HEADER_WITHIN], wanted)
    header = rows[place][1]
    has_all, known = wanted.score(header) if wanted else (False, 0)
    below = rows[place + 1 :]
    as_wide = sum(len(cells) == len(header) for _line, cells in below)
    share = as_wide / len(below) if below else 0
    return (has_all, known, len(header) > 1, share, len(header))
