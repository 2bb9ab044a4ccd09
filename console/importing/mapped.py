"""A file's table as a resource wants it: its columns under their names here, its values known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.figures import grouped
from console.importing.mapping import CREATE, REFUSE, SUGGEST, Mapping, digest_of_headings
from console.importing.spool import Batch
from console.importing.suggesting import (
    ROWS,
    FileColumn,
    chosen,
    suggest,
)
from console.importing.table import Table
from console.importing.unknown import Replacing, Unknown, find_unknown

if TYPE_CHECKING:
    from console.importing.declared import DeclaredResource


def map_table(table: Table, resource: DeclaredResource, mapping: Mapping = SUGGEST) -> MappedTable:
    """The table by a mapping. One is suggested where that leaves the columns open, or is about
    others, as of a file that was read with another delimiter.

    Raises ``FileError`` where a column has too many values that are not known.
    """
    first = list(islice(iter(table), ROWS))
    if mapping.columns and mapping.columns.keys() <= set(table.headers):
        mapping, columns = chosen(mapping.within(resource), table.headers, first, resource)
    else:
        mapping, columns = suggest(table.headers, first, resource)
    return MappedTable(table, resource, mapping, columns)


def _cells_at(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the cells at these places out of a row."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[place] for place in places)


def _replace(row: list[str], replacing: list[tuple[int, Replacing]]) -> None:
    for place, new in replacing:
        if row[place]:
            row[place] = new(row[place])


def _one_of_several(heading: str, lost: int) -> str:
    """What becomes of columns with the same heading; ``lost`` rows have several values there."""
    words = {"name": heading, "n": grouped(lost)}
    text = _(
        "There is more than one column “%(name)s”: of each row, the first one with something in it "
        "is read."
    )
    if lost:
        more = ngettext(
            "In %(n)s row, another one has something else, which is left out.",
            "In %(n)s rows, another one has something else, which is left out.",
            lost,
        )
        text = f"{text} {more}"
    return text % words


class MappedTable(Table):
    """A table with the same rows, and other columns and cells.

    Where the cells differ they are copied to the disk once, for a resource goes through them many
    times. It is good until the table that it was made from is closed, and has to be closed itself.
    """

    def __init__(
        self,
        table: Table,
        resource: DeclaredResource,
        mapping: Mapping,
        columns: list[FileColumn],
    ) -> None:
        self._resource = resource
        #: What it was read by: to be kept, and to be confirmed.
        self.mapping = mapping
        #: All the columns of the file.
        self.columns_of_file = columns
        self.file_headers = table.headers
        self._heading_of = {column.field: column.heading for column in columns if column.field}
        #: Whether the mapping is that of an earlier file.
        self.is_remembered = False
        #: What is put in the place of values that are not known; by the place of the column.
        self._replacing: list[tuple[int, Replacing]] = []
        self._settled: list[Unknown] = []
        #: Columns whose unknown values are to be made with the file.
        self.creates = frozenset(n for n, what in mapping.unknown.items() if what == CREATE)
        headers = [column.field for column in columns if column.field]
        preset = resource.preset(mapping.preset)
        self._preset = preset() if preset and preset.fits(table.headers) else None
        if self._preset or mapping.values or headers != table.headers:
            super().__init__(headers, table.reading, left_out=table.left_out)
            self.accented = table.accented
            self.repeated, self.written = table.repeated, table.written
            self._copy(table)
        else:
            self.__dict__.update(table.__dict__)
        self._settle_unknown()

    def _copy(self, table: Table) -> None:
        """The rows by field, as the program that wrote the file means them."""
        preset, append = self._preset, self._spool.append
        place_of = {name: place for place, name in enumerate(table.headers)}
        source = self._heading_of
        of_fields = _cells_at([place_of[source[field]] for field in self.headers])
        replacing = self._translations()
        if preset:
            seen = sorted(preset.looks_at() & place_of.keys())
            of_preset = _cells_at([place_of[name] for name in seen])
            preset.begin(source, (dict(zip(seen, of_preset(row), strict=True)) for row in table))
        for _number, line, cells in table.numbered():
            row = list(of_fields(cells))
            if preset:
                meant = dict(zip(self.headers, row, strict=True))
                preset.row(dict(zip(seen, of_preset(cells), strict=True)), meant)
                row = list(meant.values())
            _replace(row, replacing)
            append(line, row, sum(map(len, row)))
        self._spool.finish()

    def _translations(self) -> list[tuple[int, Replacing]]:
        fields = {column.column_name: column for column in self._resource.columns}
        return [
            (place, Replacing(fields[name], values))
            for place, name in enumerate(self.headers)
            if (values := self.mapping.values.get(name))
        ]

    def _settle_unknown(self) -> None:
        open_ones = {n: w for n, w in self.mapping.unknown.items() if w not in (REFUSE, CREATE)}
        fields = {column.column_name: column for column in self._resource.columns}
        self._settled = find_unknown(self, self._resource, open_ones)
        for unknown in self._settled:
            replacing = Replacing(fields[unknown.field], unknown.replaced(open_ones[unknown.field]))
            self._replacing.append((self.headers.index(unknown.field), replacing))

    def batches(self) -> Iterator[Batch]:
        for batch in super().batches():
            if self._replacing:
                for row in batch.rows:
                    _replace(row, self._replacing)
            yield batch

    # --- what is said of it --------------------------------------------------------------------

    def called(self, name: str) -> str:
        """How the file calls the column that is this field, for people."""
        return self.written.get(self._heading_of.get(name, ""), name)

    @property
    def headings_digest(self) -> str:
        """What a mapping is remembered by."""
        return digest_of_headings(self.file_headers)

    @property
    def program(self) -> str:
        """What people call the program that wrote the file; empty for any other."""
        return self._preset.title if self._preset else ""

    def unknown(self, *, of_all: bool = True) -> list[Unknown]:
        """The values that nobody knows here, whatever becomes of them. Goes through the file,
        unless only those are asked for that are read as others."""
        if not of_all:
            return self._settled
        settled = {unknown.field for unknown in self._settled}
        others = find_unknown(self, self._resource, set(self.headers) - settled)
        return [*self._settled, *others]

    def notes(self) -> Iterator[str]:
        """What was done with values that nobody would expect, in sentences."""
        for column in self.columns_of_file:
            if column.field and column.heading in self.repeated:
                yield _one_of_several(self.called(column.field), self.repeated[column.heading])
        for unknown in self._settled:
            name = self.called(unknown.field)
            yield unknown.sentence(name, self.mapping.unknown[unknown.field])
        if self._preset:
            yield from self._preset.notes()
