"""From a file to a result: the one way in for pages, commands and the demo."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.formats import detect_format
from console.importing.headings import Wanted
from console.importing.mapped import map_table
from console.importing.mapping import SUGGEST, Mapping
from console.importing.reading import FIND_OUT, Reading
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.streams import Listen, Source, as_file, size_of
from console.importing.table import OF_PAGES, Limits, Table


def read_table(
    source: Source,
    reading: Reading = FIND_OUT,
    wanted: Wanted | None = None,
    *,
    limits: Limits = OF_PAGES,
    listen: Listen | None = None,
) -> Table:
    """The rows of a CSV or Excel file, which is open and seekable, and not needed after that.

    What ``reading`` leaves open is found out, with the help of what is ``wanted``. The rows are on
    disk until the table is closed. Raises ``FileError`` for any other file, and for one above the
    limits, and what ``listen`` raises.
    """
    file = as_file(source)
    if size_of(file) > limits.bytes:
        raise FileError(_("The file is larger than %(n)s MB. Split it."), n=limits.bytes >> 20)
    return detect_format(file)().create_dataset(file, reading, wanted, limits, listen)


def import_file(
    resource: type[KeyedResource],
    source: Source,
    *,
    reading: Reading = FIND_OUT,
    limits: Limits = OF_PAGES,
    mapping: Mapping = SUGGEST,
    dry_run: bool = False,
    user: Any = None,
) -> ImportResult:
    """Import a file into the schema of the connection; all of it or, with any error, nothing.

    ``user`` is who imports, ``None`` for an operator. Raises ``FileError`` where the file as a
    whole cannot be used and ``ConflictError``; errors of rows are in the result.
    """
    importing = resource()
    with (
        read_table(source, reading, importing.wanted(), limits=limits) as table,
        map_table(table, importing, mapping) as mapped,
    ):
        return importing.import_data(mapped, dry_run=dry_run, user=user)
