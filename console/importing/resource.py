"""The base of every resource: rows are found by natural key, loaded and written in bulk."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from import_export import resources

from console.importing.columns import Column, Many
from console.importing.declared import DeclaredResource
from console.importing.exceptions import CellError
from console.importing.loader import (
    BATCH,
    KeyedInstanceLoader,
    good_batches,
    in_batches,
    read_keys,
)
from console.importing.preview import Change, Preview
from console.importing.results import ImportedRow, ImportResult
from console.importing.rules import check_headers, check_limits, model_errors
from console.importing.settling import settle_columns
from console.importing.table import Table
from console.importing.widgets import Known
from console.importing.writing import (
    conflicts_in_words,
    record_added,
    record_changed,
    write_links,
)


class KeyedResource(DeclaredResource, resources.ModelResource):
    """Imports and exports one model by natural key, never by id.

    A subclass lists its columns as ``Column`` fields, names them in ``Meta.fields``, its key
    column in ``Meta.import_id_fields``, and says what ``DeclaredResource`` asks for. An import is
    all or nothing; a dry run writes nothing at all.
    """

    class Meta:
        instance_loader_class = KeyedInstanceLoader
        use_transactions = True
        use_bulk = True
        batch_size = BATCH
        # The library's own comparison copies each row and compares its texts letter by letter.
        skip_diff = True
        skip_html_diff = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.dry_run = True
        #: Who imports; ``None`` is an operator in a terminal, who needs no leave.
        self.user: Any = None
        #: The rows that the file speaks of and the database has, by key.
        self.existing: dict[Hashable, Any] = {}
        #: The row that is being read, its key, and its line of the file.
        self.current_row: dict[str, str] = {}
        self.current_key: Hashable = None
        self.current_line = 0
        #: Sentences for the preview about what else would happen.
        self.notes: list[str] = []
        self._keys: list[Hashable | CellError] = []
        self._table: Table
        #: The columns of the file that are written to rows, and their values before that.
        self._written: list[Column] = []
        self._before: list[Any] = []
        #: What the row that is being read changes, and the values that changed rows had.
        self._changed: list[Change] = []
        self._values_before: dict[int, dict[str, Any]] = {}
        self._instance: Any = None
        self._new = False
        self._others_made = False
        self._preview = Preview([], self.key_column)
        #: Sentences about how its dates and numbers are read.
        self._ways: list[str] = []
        self._column_of = {c.attribute: c.column_name for c in self.columns}

    # --- the library's hooks, in the order in which it calls them ------------------------------

    @classmethod
    def get_result_class(cls) -> type[ImportResult]:
        return ImportResult

    @classmethod
    def get_row_result_class(cls) -> type[ImportedRow]:
        return ImportedRow

    def import_data(
        self, dataset: Table, dry_run: bool = False, raise_errors: bool = False, **kwargs: Any
    ) -> ImportResult:
        """Import the table, or with ``dry_run`` find out what would come of it.

        Raises ``FileError`` for columns that are missing, and ``ConflictError`` where somebody
        wrote the same keys meanwhile. Errors of rows are in the result; then nothing is written.
        A resource is good for one call.
        """
        self.dry_run = dry_run
        self.user = kwargs.get("user")
        check_headers(dataset, self.needed(dataset.headers))
        kwargs.update(use_transactions=True, rollback_on_validation_errors=True)
        with conflicts_in_words():
            return super().import_data(
                dataset, dry_run=dry_run, raise_errors=raise_errors, **kwargs
            )

    def before_import(self, dataset: Table, **kwargs: Any) -> None:
        """Read all keys, then load what they and the other columns name, in batches."""
        present = [column for column in self.columns if column.column_name in dataset.headers]
        self._written = [column for column in present if not (column.key or column.is_info)]
        self._preview = Preview(present, self.key_column)
        self._table = dataset
        self._ways = settle_columns(dataset, self._written)
        self.prepare(dataset)
        self._keys = read_keys(dataset, self.read_key)
        for column in present:
            if isinstance(column.widget, Known):
                column.widget.preload(dataset.column(column.column_name))
        for batch in good_batches(self._keys):
            self.existing.update(self.find(batch, lock=not self.dry_run))
        self.relate(dataset)
        check_limits(self.new_rows())

    def _check_import_id_fields(self, headers: list[str]) -> None:
        """Done already, in plain words."""

    def before_import_row(self, row: dict[str, str], **kwargs: Any) -> None:
        self.current_row = row
        self.current_line = self._table.line(kwargs["row_number"])
        key = self._keys[kwargs["row_number"] - 1]
        if isinstance(key, CellError):
            raise ValidationError({key.column or self.key_column: [key.as_validation_error()]})
        self.current_key = key

    def get_instance(self, instance_loader: KeyedInstanceLoader, row: dict[str, str]) -> Any:
        return instance_loader.get_instance(row)

    def init_instance(self, row: dict[str, str] | None = None) -> Any:
        return self.start(self.current_key, row or {})

    def after_init_instance(
        self, instance: Any, new: bool, row: dict[str, str], **kwargs: Any
    ) -> None:
        self._instance, self._new = instance, new
        self._before = [] if new else [getattr(instance, c.attribute) for c in self._written]
        if new:
            for column in self.columns:
                if isinstance(column, Many):
                    setattr(instance, column.attribute, [])

    def import_instance(self, instance: Any, row: dict[str, str], **kwargs: Any) -> None:
        errors = {}
        for column in self._written:
            if column.required and not row[column.column_name] and self._has_none(column):
                continue
            try:
                column.save(instance, row)
            except CellError as error:
                errors[column.column_name] = [error.as_validation_error()]
        if errors:
            raise ValidationError(errors)

    def _has_none(self, column: Column) -> bool:
        """Whether the row had nothing there: its export has to come back unchanged."""
        return not self._new and self.before(column.column_name) in (None, "")

    @property
    def _many(self) -> list[Many]:
        return [column for column in self._written if isinstance(column, Many)]

    def before(self, name: str) -> Any:
        """What the row had in a column of the file; not for a new row."""
        return next(
            old
            for column, old in zip(self._written, self._before, strict=True)
            if column.column_name == name
        )

    def skip_row(
        self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        self._changed = [] if self._new else list(self._changes())
        self._preview.count(row, instance, self._changed)
        return not (self._new or import_validation_errors or self._changed)

    def _changes(self) -> Iterator[tuple[Column, Any, Any]]:
        """The columns that differ now from what the row had, with old and new value."""
        for column, old in zip(self._written, self._before, strict=True):
            new = getattr(self._instance, column.attribute)
            if old != new and column.comparable(old) != column.comparable(new):
                yield column, old, new

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The model's rules without those that ask the database: keys were compared already.

        Raises ``ValidationError`` with one entry for each column.
        """
        errors: dict[str, list[Any]] = dict(import_validation_errors or {})
        skip = {a for a, name in self._column_of.items() if name in errors}
        for field, found in model_errors(instance, skip | self.checked_elsewhere):
            errors.setdefault(self._column_of.get(field, self.key_column), []).extend(found)
        for name, error in self.rules(instance, new=self._new):
            errors.setdefault(name, []).append(error.as_validation_error())
        if errors:
            raise ValidationError(errors)

    def after_import_row(self, row: dict[str, str], row_result: Any, **kwargs: Any) -> None:
        key = row.get(self.key_column) or self.spell_key(self.current_key)
        self._preview.show(row_result, row, self._instance, key, self.current_line, self._changed)

    def after_save_instance(self, instance: Any, row: dict[str, str], **kwargs: Any) -> None:
        """Called for a row that will be written: keep what its history has to say."""
        if self.dry_run:
            self.create_instances.clear()
            self.update_instances.clear()
        elif not self._new:
            before = {column.attribute: old for column, old, _new in self._changed}
            self._values_before[instance.pk] = before

    def bulk_create(self, using_transactions: bool, dry_run: bool, *_: Any, **kwargs: Any) -> None:
        added = self._write(self.create_instances, self.insert, kwargs["result"])
        kwargs["result"].added += [instance.pk for instance in added]
        for batch in in_batches(added):
            write_links([(instance, None) for instance in batch], self._many)
            record_added(batch, self._many)

    def bulk_update(self, using_transactions: bool, dry_run: bool, *_: Any, **kwargs: Any) -> None:
        changed = self._write(self.update_instances, self.update, kwargs["result"])
        for batch in in_batches(changed):
            rows = [(instance, self._values_before.pop(instance.pk)) for instance in batch]
            write_links(rows, self._many)
            record_changed(rows, self._many)

    def _write(self, instances: list[Any], write: Any, result: ImportResult) -> list[Any]:
        """Write the rows, unless nothing is to be written; returns those that were."""
        if written := [] if self.dry_run or result.has_errors() else list(instances):
            if not self._others_made:
                self._others_made = True
                self.make_others()
            write(written)
        instances.clear()
        return written

    def after_import(self, dataset: Table, result: ImportResult, **kwargs: Any) -> None:
        """Ends the result. The library would set sequences here; no id was given by a file."""
        known = {column.column_name for column in self.columns}
        if unknown := [name for name in dataset.headers if name not in known]:
            result.warn_of_columns(unknown)
        result.ways = self._ways
        result.notes += [*self.notes, *self._preview.notes()]
        result.locate(dataset)

    def handle_import_error(
        self, result: Any, error: Exception, raise_errors: bool = False
    ) -> None:
        """What the library would put into the result as text is an error of the program."""
        raise error
