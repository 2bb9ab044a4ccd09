"""The base of every resource: rows are found by natural key, loaded and written in batches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.results import RowResult

from console import limits
from console.importing.as_new import AsNew
from console.importing.columns import Column, Many
from console.importing.declared import DeclaredResource
from console.importing.exceptions import CellError
from console.importing.exported import ExportedResource
from console.importing.loader import BATCH, Ahead, Found, Keys
from console.importing.mapped import MappedTable
from console.importing.mapping_words import tell
from console.importing.origin import take_as_new
from console.importing.preview import Change, Preview
from console.importing.results import REASON, Fault, ImportedRow, ImportResult
from console.importing.rows import WrittenColumns
from console.importing.rules import RowRules, check_headers, check_limits
from console.importing.settling import settle_columns
from console.importing.spool import Batch
from console.importing.table import Table
from console.importing.widgets import Known
from console.importing.writing import conflicts_in_words, write_added, write_changed

#: Is told how many rows were read, of how many; stops the import by raising ``ImportingError``.
Watch = Callable[[int, int], None]


class KeyedResource(DeclaredResource, ExportedResource):
    """Imports and exports one model by natural key, never by id.

    A subclass lists its columns as ``Column`` fields, names them in ``Meta.fields``, its key
    column in ``Meta.import_id_fields``, and says what ``DeclaredResource`` asks for. An import is
    all or nothing; a dry run writes nothing at all. Of the file, of the rows that it speaks of and
    of those that it makes, a batch is in memory at a time.
    """

    class Meta:
        use_transactions = True
        use_bulk = True
        batch_size = BATCH

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.dry_run = True
        #: Who imports; ``None`` is an operator in a terminal, who needs no leave.
        self.user: Any = None
        self.existing: dict[Hashable, Any] = {}  # Of the batch: the rows that are there, by key.
        #: The row that is being read, its key, its number and its line of the file.
        self.current_row: dict[str, str] = {}
        self.current_key: Hashable = None
        self.current_number = 0
        self.current_line = 0
        self.notes: list[str] = []  # Sentences about what else would happen.
        self.as_new: AsNew | None = None  # Of a file that was exported elsewhere.
        self._watch: Watch = lambda read, total: None
        self._fault: Fault | None = None
        self._table: Table
        self._keys: Keys
        self._first = 1  # Of the batch: its first row, lines, and keys or what is wrong with them.
        self._lines: list[int] = []
        self._batch_keys: list[Hashable | CellError] = []
        #: The columns of the file that are written, and what the row had in them before that.
        self._columns = WrittenColumns((), self._meta.model)
        self._before: list[Any] = []
        self._links_before: dict[str, Any] = {}
        #: What the row that is being read changes, and the values that changed rows had.
        self._changed: list[Change] = []
        self._values_before: dict[int, dict[str, Any]] = {}
        self._linked: dict[str, dict[Any, Any]] = {}
        self._new = False
        self._added = 0  # How many rows the file adds, of those that were read.
        self._others_made = False
        self._preview = Preview([], self.key_column)
        self._rules = RowRules(self._meta.model, self.checked_elsewhere)
        self._ways: list[str] = []  # Sentences about how its dates and numbers are read.
        self._column_of = {c.attribute: c.column_name for c in self.columns}
        self._many = [column for column in self.columns if isinstance(column, Many)]

    # --- the library's hooks, in the order in which it calls them ------------------------------

    def get_result_class(self) -> Callable[[], ImportResult]:  # type: ignore[override]
        return partial(ImportResult, self._fault, self._table.called)

    def import_data(
        self, dataset: Table, dry_run: bool = False, raise_errors: bool = False, **kwargs: Any
    ) -> ImportResult:
        """Import the table, or with ``dry_run`` find out what would come of it.

        ``user`` is who imports, ``watch`` is told how far it is, ``fault`` of each row in error.
        Raises ``FileError`` for columns that are missing and for more rows than a plan allows,
        ``ConflictError`` where somebody wrote the same keys meanwhile, and what ``watch`` raises.
        Errors of rows are in the result; then nothing is written. A resource is good for one call.
        """
        self.dry_run, self._table = dry_run, dataset
        self.user = kwargs.get("user")
        self.creates = getattr(dataset, "creates", self.creates)
        self._watch = kwargs.pop("watch", None) or self._watch
        self._fault = kwargs.pop("fault", None)
        check_headers(dataset, self.needed(dataset.headers))
        self.as_new = AsNew(self) if take_as_new(dataset, may_be=self.may_be_foreign) else None
        kwargs.update(use_transactions=True, rollback_on_validation_errors=True)
        with conflicts_in_words(), limits.counted_together():
            return super().import_data(
                Ahead(dataset, self._arrives), dry_run=dry_run, raise_errors=raise_errors, **kwargs
            )

    def before_import(self, dataset: Ahead, **kwargs: Any) -> None:
        """Read what has to be known of the whole file before its first row is."""
        table = self._table
        present = [column for column in self.columns if column.column_name in table.headers]
        written = [column for column in present if not (column.key or column.is_info)]
        self._columns = WrittenColumns(written, self._meta.model)
        self._preview = Preview(present, self.key_column, table.called)
        self._ways = settle_columns(table, written)
        if not self.dry_run:
            limits.hold_places(self.adds_to())
        self.prepare(table)
        self._keys = Keys(self._all_keys)
        for column in present:
            if isinstance(column.widget, Known):
                column.widget.preload(table.column(column.column_name))
        self.relate(table)

    def _all_keys(self) -> Iterator[Found]:
        for batch in self._table.batches():
            numbers = range(batch.number, batch.number + len(batch.rows))
            yield from zip(numbers, self._keys_of(batch), strict=True)

    def _keys_of(self, batch: Batch) -> list[Hashable | CellError]:
        keys: list[Hashable | CellError] = []
        headers = self._table.headers
        for self.current_number, cells in enumerate(batch.rows, batch.number):
            try:
                keys.append(self.read_key(dict(zip(headers, cells, strict=True))))
            except CellError as error:
                keys.append(error)
        return keys

    def _arrives(self, batch: Batch) -> None:
        """Load what the rows of a batch speak of."""
        self._watch(batch.number - 1, len(self._table))
        self._first, self._lines = batch.number, batch.lines
        self._batch_keys = self._keys_of(batch)
        good = [key for key in self._batch_keys if not isinstance(key, CellError)]
        self.existing = self.find(good, lock=not self.dry_run) if good else {}

    def _check_import_id_fields(self, headers: list[str]) -> None:
        """Done already, in plain words."""

    def import_row(self, row: dict[str, str], instance_loader: Any, **kwargs: Any) -> ImportedRow:
        """Read one row, and keep what it makes or changes to be written with its batch.

        In the place of the library's, which copies and compares rows and makes an object for each
        kind of result: that takes longer than to read them.
        """
        outcome = ImportedRow()
        try:
            self._read(row, kwargs["row_number"], outcome)
        except ValidationError as error:
            outcome.import_type = RowResult.IMPORT_TYPE_INVALID
            outcome.validation_error = error
        except Exception as error:
            outcome.import_type = RowResult.IMPORT_TYPE_ERROR
            outcome.errors.append(self.get_error_result_class()(error, row, kwargs["row_number"]))
        return outcome

    def _read(self, row: dict[str, str], number: int, outcome: ImportedRow) -> None:
        self.current_row, self.current_number = row, number
        self.current_line = self._lines[number - self._first]
        self.current_key = key = self._key(number)
        instance = self.existing.get(key)
        self._new = instance is None
        if instance is None:
            instance = self.start(key, row)
            for column in self._many:
                setattr(instance, column.attribute, [])
        else:
            self._before = self._columns.values(instance)
            self._links_before = self._columns.links(instance)
        stays = self.as_new is not None and self.as_new.stays(row, is_here=not self._new)
        errors = {} if stays else self._columns.read(instance, row, self._has_none)
        self._changed = [] if self._new else list(self._columns.changes(instance, self._before))
        self._preview.count(outcome, key, row, instance, self._changed)
        if self._new or errors or self._changed:
            self._check(instance, errors)
            self._keep(instance)
            outcome.import_type = "new" if self._new else "update"
        else:
            outcome.import_type = RowResult.IMPORT_TYPE_SKIP
        if self._preview.wants(outcome.import_type):
            shown = row.get(self.key_column) or self.spell_key(key)
            changed = [(column, self._old(column, old)) for column, old, _new in self._changed]
            self._preview.show(outcome, row, instance, shown, self.current_line, changed)

    def _key(self, number: int) -> Hashable:
        """The key of a row. Raises ``ValidationError`` where it is none, or was there before."""
        key = self._batch_keys[number - self._first]
        if number in self._keys.repeated:
            shown = self.current_row.get(self.key_column) or self.spell_key(key)
            message = _("“%(key)s” is in the file more than once. Keep one of its rows.")
            key = CellError(message, key=shown)
        if isinstance(key, CellError):
            raise ValidationError({key.column or self.key_column: [key.as_validation_error()]})
        return key

    def _has_none(self, column: Column) -> bool:
        """Whether the row had nothing there: its export has to come back unchanged."""
        return not self._new and self.before(column.column_name) in (None, "")

    def before(self, name: str) -> Any:
        """What the row had in a column of the file; not for a new row."""
        if name in self._links_before:
            return self._links_before[name]
        values = zip(self._columns.columns, self._before, strict=True)
        return next(self._old(column, old) for column, old in values if column.column_name == name)

    def _old(self, column: Column, value: Any) -> Any:
        """What a row had in the column; for one that leads to another row, that row."""
        known = self._links_before.get(column.column_name)
        return known if known is not None else self._columns.linked(column, value)

    def _check(self, instance: Any, errors: dict[str, list[Any]]) -> None:
        """The model's rules without those that ask the database: keys were compared already.

        Raises ``ValidationError`` with one entry for each column.
        """
        skip = {attribute for attribute, name in self._column_of.items() if name in errors}
        for field, found in self._rules.errors(instance, skip):
            errors.setdefault(self._column_of.get(field, self.key_column), []).extend(found)
        for name, error in self.rules(instance, new=self._new):
            errors.setdefault(name, []).append(error.as_validation_error())
        if errors:
            raise ValidationError(errors)

    def _keep(self, instance: Any) -> None:
        """Keep the row to be written, and what its history has to say."""
        self._added += self._new
        if self.dry_run:
            return
        if self._new:
            self.create_instances.append(instance)
        else:
            self.update_instances.append(instance)
            self._values_before[instance.pk] = self._columns.stored(self._changed)

    # --- writing -------------------------------------------------------------------------------

    def bulk_create(self, using_transactions: bool, dry_run: bool, *_: Any, **kwargs: Any) -> None:
        if added := self._write(self.create_instances, self.insert, kwargs["result"]):
            kwargs["result"].added.extend(instance.pk for instance in added)
            write_added(added, self._columns.many)

    def bulk_update(self, using_transactions: bool, dry_run: bool, *_: Any, **kwargs: Any) -> None:
        if changed := self._write(self.update_instances, self.update, kwargs["result"]):
            rows = [(instance, self._values_before[instance.pk]) for instance in changed]
            write_changed(rows, self._columns.many)
        self._values_before.clear()

    def _write(self, instances: list[Any], write: Any, result: ImportResult) -> list[Any]:
        """Write the rows, unless nothing is to be written; returns those that were."""
        if written := [] if self.dry_run or result.has_errors() else list(instances):
            if not self._others_made:
                self._others_made = True
                self.make_others()
            write(written)
        instances.clear()
        return written

    def after_import(self, dataset: Ahead, result: ImportResult, **kwargs: Any) -> None:
        """Ends the result. The library would set sequences here; no id was given by a file."""
        self._watch(len(self._table), len(self._table))
        self.finish(writes=not (self.dry_run or result.has_errors()))
        check_limits(self.new_rows(), are_written=not self.dry_run)
        known = {column.column_name for column in self.columns}
        if unknown := [name for name in self._table.headers if name not in known | {REASON}]:
            result.warn_of_columns(unknown)
        result.ways = self._ways
        if isinstance(self._table, MappedTable):
            tell(self._table, result)
        self.notes += self.as_new.notes() if self.as_new else ()
        result.notes += [*self.notes, *self._preview.notes()]
        result.locate(self._table)

    def handle_import_error(
        self, result: Any, error: Exception, raise_errors: bool = False
    ) -> None:
        """What the library would put into the result as text is an error of the program."""
        raise error
