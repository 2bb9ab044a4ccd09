"""What a resource says of itself: its columns, how its rows are found, and how they are written."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any

from django.db.models import Model, Prefetch, QuerySet

from console.importing.columns import Column, Many
from console.importing.exceptions import CellError
from console.importing.headings import Wanted
from console.importing.loader import Keys
from console.importing.origin import EXPORTED_FROM
from console.importing.presets import Preset
from console.importing.rows import WrittenColumns
from console.importing.table import Table
from console.importing.widgets import Several, SeveralKnown
from console.importing.writing import load_links, lock_rows
from console.postgres.bulk import insert_rows, update_rows


class DeclaredResource:
    """The half of ``KeyedResource`` that a subclass fills in: ``read_key``, ``find`` and ``start``
    at least."""

    #: Fields that the rows' own rules leave out: their values came from the database.
    checked_elsewhere: frozenset[str] = frozenset()

    #: The programs whose files it knows.
    presets: tuple[type[Preset], ...] = ()
    #: Columns whose unknown values are to be made with the file, where they are not anyway.
    creates: frozenset[str] = frozenset()
    #: Whether rows that were exported elsewhere can be taken as new ones here.
    may_be_foreign = True

    #: Who imports, the rows of the batch that are there, the number of the row that is read, how
    #: many the file adds, and the columns to be written.
    user: Any
    dry_run: bool
    existing: dict[Hashable, Any]
    current_number: int
    fields: dict[str, Any]
    _meta: Any
    _added: int
    _columns: WrittenColumns
    #: Rows that many-to-many fields lead to, by field and key.
    _linked: dict[str, dict[Any, Any]]
    _keys: Keys

    # --- what a subclass says ------------------------------------------------------------------

    def read_key(self, row: dict[str, str]) -> Hashable:
        """The natural key of a row of the file, which is read more than once: the same each time.

        Raises ``CellError``.
        """
        raise NotImplementedError

    def spell_key(self, key: Hashable) -> str:
        """The key, for people; asked where the cell of the key's column is empty."""
        return str(key)

    def needed(self, headers: list[str]) -> list[str]:
        """The columns without which a file with these headers is refused."""
        return [column.column_name for column in self.columns if column.required]

    def wanted(self) -> Wanted:
        """What to look for in the header of a file."""
        many = [
            column for column in self.columns if isinstance(column.widget, Several | SeveralKnown)
        ]
        several = {name for column in many for name in (column.column_name, *column.aliases)}
        names = frozenset(column.column_name for column in self.columns)
        return Wanted(names, frozenset(several), self.needed, self.aliases())

    def aliases(self) -> dict[str, str]:
        """The column of each other name under which files have one."""
        return {alias: c.column_name for c in self.columns for alias in c.aliases}

    def find(self, keys: list[Any], *, lock: bool) -> dict[Any, Any]:
        """The rows of the database with these keys of a batch; locked if ``lock``."""
        raise NotImplementedError

    def start(self, key: Any, row: dict[str, str]) -> Any:
        """A new instance with this key, not saved."""
        raise NotImplementedError

    def make_new(self, row: dict[str, str]) -> None:
        """Change a row that was exported elsewhere so that it is a new one here."""

    def prepare(self, table: Table) -> None:
        """Load what the rows refer to, once for the whole file."""

    def relate(self, table: Table) -> None:
        """Load what depends on the keys of the file: ``_keys`` are known by now."""

    def adds_to(self) -> tuple[type[Model], ...]:
        """The models to which a file may add rows that a plan may count."""
        return (self._meta.model,)

    def new_rows(self) -> Iterator[tuple[type[Model], int]]:
        """How many rows of which model the file adds, once it was read."""
        yield self._meta.model, self._added

    def rules(self, instance: Any, *, new: bool) -> Iterator[tuple[str, CellError]]:
        """What the model's own rules do not say, as pairs of column and error; no queries."""
        return iter(())

    def make_others(self) -> None:
        """Write what has to be there before the rows of the file are; called once, or never."""

    def insert(self, instances: list[Any]) -> None:
        insert_rows(self._meta.model, instances)

    def update(self, instances: list[Any]) -> None:
        names = {column.attribute for column in self._columns.columns}
        update_rows(self._meta.model, instances, names)

    def finish(self, *, writes: bool) -> None:
        """Called when all rows were read and, if ``writes``, written."""

    def hold(self, model: type[Model], keys: list[int]) -> dict[int, Any]:
        """Lock rows that an import of this kind has written, by key; those that somebody else
        works on are left out."""
        return lock_rows(model, keys)

    def must_stay(self, model: type[Model], rows: Collection[Any]) -> set[int]:
        """The keys of those of the rows that an import has added and that have to stay, though
        nothing leads to them."""
        return set()

    def unfit(self, model: type[Model], rows: Collection[Any]) -> set[int]:
        """The keys of those of the rows that must not get the values back that they have here, and
        not yet in the database, because of what has become of others."""
        return set()

    def load_links(self, rows: Iterable[Any]) -> None:
        """Give rows of the batch what their many-to-many columns hold that the file has."""
        names = [column.field for column in self._columns.many]
        load_links(rows, self._meta.model, names, self._linked)

    def listing(self, queryset: QuerySet[Any], columns: Iterable[Column]) -> QuerySet[Any]:
        """With the rows of the many-to-many fields among the columns; a query for each."""
        for column in columns:
            if isinstance(column, Many):
                rows = Prefetch(column.field, to_attr=column.attribute)
                queryset = queryset.prefetch_related(rows)
        return queryset

    # --- questions -----------------------------------------------------------------------------

    @property
    def columns(self) -> list[Column]:
        """All columns, in the order of a file."""
        return [self.fields[name] for name in self.get_import_order()]

    def explained_columns(self) -> list[Column]:
        """The columns, each with the value that a new row gets where the cell is empty."""
        for column in self.columns:
            if column.blank_keeps:
                default = self._meta.model._meta.get_field(column.attribute).get_default()
                column.default_text = column.widget.render(default)
        return self.columns

    def preset(self, name: str) -> type[Preset] | None:
        return next((preset for preset in self.presets if preset.name == name), None)

    @property
    def key_column(self) -> str:
        return self._meta.import_id_fields[0]

    def sample(self) -> list[list[str]]:
        """A header and two rows, for somebody who begins with an empty sheet."""
        columns = [column for column in self.columns if column.column_name != EXPORTED_FROM]
        rows = [[column.samples[number] for column in columns] for number in (0, 1)]
        return [[column.column_name for column in columns], *rows]

    def may(self, action: str, model: Any) -> bool:
        """Whether who imports may also add or change rows of another model."""
        right = f"{model._meta.app_label}.{action}_{model._meta.model_name}"
        return self.user is None or self.user.has_perm(right)
