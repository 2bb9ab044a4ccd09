"""What every resource writes: its rows, as they are read, each with whose it is."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import IO, Any

from django.db.models import QuerySet
from import_export import resources

from console.importing.formats import Written
from console.importing.loader import BATCH
from console.importing.origin import EXPORTED_FROM, Origin


class ExportedResource(resources.ModelResource):
    """Exports one model. The last column says whose the rows are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields[EXPORTED_FROM] = Origin()

    def write_to(
        self, file: IO[bytes], kind: type[Written], queryset: QuerySet[Any] | None = None
    ) -> int:
        """Write the records, or those of the queryset, to an open file; how many there were.

        A batch is read after the other: ``one_moment`` around it has each of them as it was at the
        start. Raises ``SheetError``.
        """
        # Closed also where writing fails: rows that are not read to their end have a cursor open.
        with closing(self.rows(queryset, has_types=kind.has_types)) as rows:
            return kind.write(file, rows) - 1  # The header is no record.

    def rows(
        self, queryset: QuerySet[Any] | None = None, *, has_types: bool = False
    ) -> Generator[list[Any]]:
        """The header, and then a row for each record, of which a batch is in memory at a time.

        The cells are texts, or with ``has_types`` also numbers and dates.
        """
        fields = self.get_export_fields()
        yield [field.column_name for field in fields]
        records = self.filter_export(self.get_queryset() if queryset is None else queryset)
        for record in self.iter_queryset(records):
            yield [
                self.export_field(field, record, force_native_type=has_types) for field in fields
            ]

    def iter_queryset(self, queryset: Any) -> Iterator[Any]:
        """The library would page through what is prefetched, counting again for every page."""
        return queryset.iterator(chunk_size=BATCH) if hasattr(queryset, "iterator") else queryset
