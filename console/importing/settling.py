"""How the columns of a file are written, settled before the first row is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext as _

from console.days import is_day_first
from console.importing.columns import Column
from console.importing.exceptions import UnclearError, shorten
from console.importing.measures import InWays
from console.importing.reading import (
    COMMA,
    DATE_ORDERS,
    DAY_FIRST,
    DECIMALS,
    MONTH_FIRST,
    POINT,
    Question,
    Reading,
)
from console.importing.table import Table
from console.importing.ways import Evidence

Found = list[tuple[Column, Evidence]]


def settle_columns(table: Table, columns: Iterable[Column]) -> list[str]:
    """Settle in which way each column of dates or numbers is written, and note it in the table;
    returns sentences about it.

    Raises ``UnclearError`` where a column does not tell and nobody chose.
    """
    by_kind: dict[str, Found] = {}
    for column in columns:
        if isinstance(column.widget, InWays):
            kind, cells = column.widget.kind, table.column(column.column_name)
            evidence = column.widget.settle(cells, table.reading.choice(kind))
            by_kind.setdefault(kind, []).append((column, evidence))
    questions = [
        _question(kind, unclear, found, table)
        for kind, found in by_kind.items()
        if not table.reading.choice(kind)
        and (unclear := [pair for pair in found if pair[1].is_open])
    ]
    if questions:
        raise UnclearError(questions)
    table.ways = {
        kind: ways.pop()
        for kind, found in by_kind.items()
        if len(ways := {one.settled(table.reading.choice(kind)) for _c, one in found} - {""}) == 1
    }
    return [
        sentence
        for kind, found in by_kind.items()
        for column, evidence in found
        if (sentence := _sentence(kind, table.called(column.column_name), evidence, table.reading))
    ]


def _question(kind: str, unclear: Found, found: Found, table: Table) -> Question:
    column, evidence = unclear[0]
    cells = enumerate(table.column(column.column_name), 1)
    # The other columns of the file come from the same program.
    told = {other.told for _column, other in found} - {""}
    return Question(
        kind=kind,
        columns=tuple(table.called(column.column_name) for column, _evidence in unclear),
        value=shorten(evidence.unclear),
        line=next(table.line(number) for number, cell in cells if cell == evidence.unclear),
        meanings={way: _spelled(meant) for way, meant in evidence.meanings.items()},
        likely=told.pop()
        if len(told) == 1
        else table.likely.get(kind) or _usual(kind, table.reading),
    )


def _spelled(meant: Any) -> str:
    """A date with its month as a word, a number as the reader's language writes it."""
    return date_format(meant, "j F Y") if isinstance(meant, date) else number_format(meant)


def _usual(kind: str, reading: Reading) -> str:
    """What the language usually writes; who has semicolons between cells needs commas in them."""
    if kind == "date_order":
        return DAY_FIRST if is_day_first() else MONTH_FIRST
    return COMMA if reading.delimiter == ";" or get_format("DECIMAL_SEPARATOR") == "," else POINT


def _sentence(kind: str, name: str, evidence: Evidence, reading: Reading) -> str:
    """What is worth saying of how the column of this name is read."""
    told = evidence.told
    way = told or evidence.settled(reading.choice(kind))
    if not way or (told == POINT and kind == "decimal"):
        return ""
    if told:
        text = _("“%(name)s” is read with %(way)s, as “%(value)s” shows.")
    else:
        text = _("“%(name)s” is read with %(way)s, as was chosen.")
    words = (DATE_ORDERS if kind == "date_order" else DECIMALS)[way]
    return text % {"name": name, "way": words, "value": shorten(evidence.shown_by.get(way, ""))}
