"""What a preview shows and says, gathered row by row. Nothing here grows with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.columns import Column, Info
from console.importing.exceptions import shorten
from console.importing.figures import grouped
from console.importing.measures import InWays
from console.importing.origin import Origin
from console.importing.results import CELL_SHOWN, SAMPLES, ImportedRow, ImportResult
from console.importing.widgets import OneOf

#: Rows with more cells than this are shown as lists: a table of them would not fit a screen.
MAX_TABLE_COLUMNS = 8
#: A column that a row changes, with its old and its new value.
Change = tuple[Column, Any, Any]


class Preview:
    """The first rows of each sort, and what people would not expect of the columns."""

    def __init__(
        self,
        columns: list[Column],
        key_column: str,
        called: Callable[[str], str] = lambda name: name,
    ) -> None:
        """``columns`` are those of the file, and ``called`` says how it calls them."""
        self._called = called
        self._names = [column.column_name for column in columns if not isinstance(column, Origin)]
        self._key_column = key_column
        if key_column not in self._names:
            self._names.insert(0, key_column)
        #: What may be written in several ways is shown as it was read.
        self._measured = {c.column_name: c for c in columns if isinstance(c.widget, InWays | OneOf)}
        self._told = [column for column in columns if isinstance(column, Info) and column.tells]
        self._shown: Counter[str] = Counter()
        #: By column: how many cells empty what is there, and how many rows have another value in
        #: a column that is not read.
        self._emptied: Counter[str] = Counter()
        self._differing: Counter[str] = Counter()

    def count(
        self,
        outcome: ImportedRow,
        key: Hashable,
        row: dict[str, str],
        instance: Any,
        changed: list[Change],
    ) -> None:
        """Count what a row of the file does beside what it says, and note what it is here."""
        outcome.here = (key, *((c.column_name, _plain(c.comparable(old))) for c, old, _ in changed))
        for column, _old, _new in changed:
            self._emptied[column.column_name] += not row[column.column_name]
        for column in self._told:
            text = row[column.column_name]
            here = column.widget.render(getattr(instance, column.attribute))
            self._differing[column.column_name] += bool(text) and text != here

    def wants(self, sort: str) -> bool:
        """Whether a row of this sort is among the first."""
        return self._shown[sort] < SAMPLES

    def show(
        self,
        outcome: ImportedRow,
        row: dict[str, str],
        instance: Any,
        key: str,
        line: int,
        changed: list[tuple[Column, Any]],
    ) -> None:
        """Put into the outcome what the page shows of the row; ``changed`` has the old values."""
        self._shown[outcome.import_type] += 1
        outcome.line, outcome.key = line, key
        olds = {column.column_name: (column, old) for column, old in changed}
        for name in self._names:
            # The key may have been made from another column.
            text = key if name == self._key_column else row[name]
            if text and (measured := self._measured.get(name)):
                text = _spoken(measured, getattr(instance, measured.attribute))
            column, old = olds.get(name, (None, ""))
            old_text = shorten(_spoken(column, old), CELL_SHOWN) if column else None
            outcome.cells.append((self._called(name), old_text, shorten(text, CELL_SHOWN)))

    def notes(self) -> Iterator[str]:
        """Sentences about the columns, for the head of the page."""
        counts = ((self._called(name), n) for name, n in self._emptied.items() if n)
        if emptied := [f"{name} ({grouped(n)})" for name, n in counts]:
            text = _("Empty cells empty what is there: %(columns)s.")
            yield text % {"columns": ", ".join(emptied)}
        for name, n in self._differing.items():
            if n:
                text = ngettext(
                    "The column “%(name)s” is for information and is not read: %(n)s row has "
                    "another value there, which changes nothing.",
                    "The column “%(name)s” is for information and is not read: %(n)s rows have "
                    "another value there, which changes nothing.",
                    n,
                )
                yield text % {"name": self._called(name), "n": grouped(n)}


def _spoken(column: Column, value: Any) -> str:
    """The value as a file may have it; one of the model's choices by its label."""
    widget = column.widget
    return widget.label(value) if isinstance(widget, OneOf) else widget.render(value)


def _plain(value: Any) -> Any:
    """The value, always written in the same way."""
    return sorted(value) if isinstance(value, frozenset) else value


def sections(result: ImportResult) -> list[dict[str, Any]]:
    """The first rows of each sort, in the order in which somebody wants to see them."""
    sorts = (
        ("update", _("Changed"), result.changed),
        ("new", _("New"), result.new),
        ("skip", _("Unchanged"), result.unchanged),
    )
    return [
        {
            "title": title,
            "total": total,
            "rows": rows,
            "sort": sort,
            "is_wide": sort == "update" or len(rows[0].cells) > MAX_TABLE_COLUMNS,
        }
        for sort, title, total in sorts
        if (rows := result.samples.get(sort))
    ]
