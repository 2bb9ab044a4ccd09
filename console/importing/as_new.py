"""Rows of a file that was exported elsewhere, to be taken as new ones here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.columns import Column
from console.importing.exceptions import CellError
from console.importing.figures import grouped
from console.importing.widgets import SeveralKnown

if TYPE_CHECKING:
    from console.importing.declared import DeclaredResource


class AsNew:
    """A row whose key is taken here is left out: the two have no more in common. Of any other, a
    cell that names what is not here is read as if it were empty, and so is one that is there for
    information."""

    def __init__(self, resource: DeclaredResource) -> None:
        columns = resource.columns
        self._make_new = resource.make_new
        self._infos = [column.column_name for column in columns if column.is_info]
        self._links = [
            column
            for column in columns
            if getattr(column.widget, "names_others", False) and not column.required
        ]
        #: Rows whose key is taken; and by column, cells that are left out, with one of them.
        self._here = 0
        self._left_out: Counter[str] = Counter()
        self._such_as: dict[str, str] = {}

    def stays(self, row: dict[str, str], *, is_here: bool) -> bool:
        """Whether what is here stays as it is; the row of the file is made fit otherwise."""
        for name in self._infos:
            if name in row:
                row[name] = ""
        if is_here:
            self._here += 1
            return True
        self._make_new(row)
        for column in self._links:
            if row.get(column.column_name):
                self._fit(column, row)
        return False

    def _fit(self, column: Column, row: dict[str, str]) -> None:
        name, text = column.column_name, row[column.column_name]
        parts = text.split(",") if isinstance(column.widget, SeveralKnown) else [text]
        kept = [part for part in parts if _is_here(column, row, part)]
        if len(kept) < len(parts):
            row[name] = ",".join(kept)
            self._left_out[name] += 1
            self._such_as.setdefault(name, text)

    def notes(self) -> Iterator[str]:
        """Sentences for the preview."""
        yield _("This file was exported elsewhere: its rows are taken as new ones.")
        if self._here:
            text = ngettext(
                "%(n)s row has a key that is taken here: it is left out.",
                "%(n)s rows have keys that are taken here: they are left out.",
                self._here,
            )
            yield text % {"n": grouped(self._here)}
        for name, n in self._left_out.items():
            text = ngettext(
                "%(n)s cell of “%(name)s” names what is not here and is left out, such as "
                "“%(value)s”.",
                "%(n)s cells of “%(name)s” name what is not here and are left out, such as "
                "“%(value)s”.",
                n,
            )
            yield text % {"n": grouped(n), "name": name, "value": self._such_as[name][:60]}


def _is_here(column: Column, row: dict[str, str], text: str) -> bool:
    try:
        column.clean({**row, column.column_name: text})
    except CellError:
        return False
    return True
