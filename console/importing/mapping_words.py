"""How the columns of a file were read, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.mapped import MappedTable
from console.importing.results import ImportResult
from console.importing.suggesting import (
    ALIAS,
    CHOSEN,
    CONTENT,
    HELPS,
    LEFT,
    PRESET,
    SECOND,
    UNKNOWN,
    FileColumn,
)

#: A value that is to be another one is offered up to this length.
LONGEST = 200


def tell(table: MappedTable, result: ImportResult) -> None:
    """Say in the result what was done with the columns and their values: each column that is not
    imported is named."""
    result.ways = [*_ways(table), *result.ways]
    result.notes += table.notes()
    columns = table.columns_of_file
    helps = {c.heading: c.other for c in columns if c.why == HELPS and c.other in table.headers}
    strange = [c.heading for c in columns if c.why in (UNKNOWN, HELPS) and c.heading not in helps]
    if strange:
        result.warn_of_columns([table.written[name] for name in strange])
    result.notes += _helping(table, helps)
    for column in columns:
        if column.why == SECOND:
            result.warnings.append(_second(table, column))
    if left := [table.written[column.heading] for column in columns if column.why == LEFT]:
        text = ngettext(
            "The column “%(names)s” is not imported, as chosen.",
            "The columns “%(names)s” are not imported, as chosen.",
            len(left),
        )
        result.warnings.append(text % {"names": "”, “".join(left)})


def _helping(table: MappedTable, fields: dict[str, str]) -> Iterator[str]:
    """What columns are there for that are no field; ``fields`` has the one that each helps."""
    for field in dict.fromkeys(fields.values()):
        names = [table.written[heading] for heading, helped in fields.items() if helped == field]
        text = ngettext(
            "The column “%(names)s” is looked at too: it helps to tell “%(field)s”.",
            "The columns “%(names)s” are looked at too: they help to tell “%(field)s”.",
            len(names),
        )
        yield text % {"names": "”, “".join(names), "field": field}


def _second(table: MappedTable, column: FileColumn) -> str:
    text = _("The column “%(name)s” is not imported: “%(other)s” is read instead.")
    return text % {"name": table.written[column.heading], "other": table.written[column.other]}


def _ways(table: MappedTable) -> Iterator[str]:
    if table.is_remembered:
        yield _("The columns are read as in the last file that had the same ones.")
    if table.program:
        yield _("The file is an export of %(program)s.") % {"program": table.program}
    named = [one for one in table.columns_of_file if one.why in (ALIAS, PRESET, CHOSEN)]
    if named := [column for column in named if column.heading != column.field]:
        pairs = ", ".join(f"{table.written[column.heading]} → {column.field}" for column in named)
        yield _("Columns are read under other names: %(pairs)s.") % {"pairs": pairs}
    for column in table.columns_of_file:
        if column.why == CONTENT:
            text = _(
                "The column “%(name)s” is read as “%(field)s”: no other column has what belongs "
                "there."
            )
            yield text % {"name": table.written[column.heading], "field": column.field}


def shown_mapping(table: MappedTable, *, with_unknown: bool) -> dict[str, Any]:
    """What the page of an import shows of the columns, for somebody to change: bounded, fit for
    JSON. With all values that are not known, it goes through the file."""
    return {
        "program": table.program,
        "columns": [
            {
                **asdict(column),
                "written": table.written[column.heading],
                "other": table.written.get(column.other, column.other),
            }
            for column in table.columns_of_file
        ],
        "unknown": [
            {
                "field": one.field,
                # One that is longer can be settled with all others alone.
                "values": [value for value in one.values if len(value[0]) <= LONGEST],
                "count": one.count,
            }
            for one in table.unknown(of_all=with_unknown)
        ],
    }
