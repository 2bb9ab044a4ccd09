"""How a file was read, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.exceptions import shorten
from console.importing.reading import DELIMITERS, ENCODINGS, Reading
from console.importing.table import Table


def words_of_reading(reading: Reading, table: Table | None) -> Iterator[str]:
    """Which encoding and delimiter, and where the header is if it is not at the top."""
    if reading.encoding and reading.delimiter:
        words = {
            "encoding": ENCODINGS[reading.encoding],
            "delimiter": DELIMITERS[reading.delimiter],
        }
        if table is not None and table.accented:
            text = _(
                "Read as %(encoding)s, with %(delimiter)s between the cells. Letters with accents "
                "look like this: “%(word)s”."
            )
            yield text % {**words, "word": shorten(table.accented)}
        else:
            yield _("Read as %(encoding)s, with %(delimiter)s between the cells.") % words
    if table is not None and table.left_out:
        text = ngettext(
            "The header is on line %(line)d; the line above it was left out.",
            "The header is on line %(line)d; the lines above it were left out.",
            table.left_out,
        )
        yield text % {"line": reading.header_line}
