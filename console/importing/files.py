"""From the bytes of a file to a result: the one way in for pages, commands and the demo."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.formats import detect_format
from console.importing.headings import Wanted
from console.importing.reading import FIND_OUT, Reading
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.table import MAX_BYTES, Table


def read_table(content: bytes, reading: Reading = FIND_OUT, wanted: Wanted | None = None) -> Table:
    """The rows of a CSV or Excel file. Raises ``FileError`` for anything else.

    What ``reading`` leaves open is found out, with the help of what is ``wanted``.
    """
    if len(content) > MAX_BYTES:
        raise FileError(_("The file is larger than %(n)s MB. Split it."), n=MAX_BYTES >> 20)
    return detect_format(content)().create_dataset(content, reading, wanted)


def import_file(
    resource: type[KeyedResource],
    content: bytes,
    *,
    reading: Reading = FIND_OUT,
    dry_run: bool = False,
    user: Any = None,
) -> ImportResult:
    """Import a file into the schema of the connection; all of it or, with any error, nothing.

    ``user`` is who imports, ``None`` for an operator. Raises ``FileError`` where the file as a
    whole cannot be used and ``ConflictError``; errors of rows are in the result.
    """
    importing = resource()
    table = read_table(content, reading, importing.wanted())
    return importing.import_data(table, dry_run=dry_run, user=user)
