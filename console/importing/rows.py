"""Rows of the database as the columns of a file see them: read into, compared, as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, ForeignKey, Model
from django.utils.translation import gettext_lazy as _

from console.importing.columns import Column, Many
from console.importing.exceptions import CellError
from console.importing.preview import Change

#: As many texts of a column are remembered with what they come to.
_REMEMBERED = 5000


class WrittenColumns:
    """The columns of a file that are written to rows of a model."""

    def __init__(self, columns: Iterable[Column], model: type[Model]) -> None:
        self._columns = [_Written(column, model) for column in columns]
        self.columns = [one.column for one in self._columns]
        self.many = [column for column in self.columns if isinstance(column, Many)]

    def values(self, row: Any) -> list[Any]:
        """What the row has in each of them: the key of another row, or a value."""
        return [getattr(row, one.attribute) for one in self._columns]

    def links(self, row: Any) -> dict[str, Any]:
        """Other rows that it leads to and that were loaded with it, by column."""
        cache = row._state.fields_cache
        return {
            one.column.column_name: cache[one.link.name]
            for one in self._columns
            if one.link is not None and one.link.name in cache
        }

    def read(
        self, row: Any, cells: dict[str, str], is_empty: Callable[[Column], bool]
    ) -> dict[str, list[ValidationError]]:
        """Put what the cells say into the row; returns what is wrong with them, by column.

        A required cell may be empty where the row has nothing there, ``is_empty``: its export has
        to come back unchanged.
        """
        errors = {}
        for one in self._columns:
            column, text = one.column, cells[one.name]
            if not text and (column.blank_keeps or (column.required and is_empty(column))):
                continue
            try:
                value = one.value(text, cells)
                if one.at_most is not None:
                    one.check_number(value, getattr(row, column.attribute))
            except CellError as error:
                errors[one.name] = [error.as_validation_error()]
                continue
            if one.link is None:
                setattr(row, column.attribute, value)
            else:
                one.lead(row, value)
        return errors

    def changes(self, row: Any, before: list[Any]) -> Iterator[Change]:
        """The columns that differ now from the ``values`` that the row had."""
        for one, old in zip(self._columns, before, strict=True):
            new = getattr(row, one.attribute)
            if old != new and one.column.comparable(old) != one.column.comparable(new):
                yield one.column, old, new

    def stored(self, changes: Iterable[Change]) -> dict[str, Any]:
        """The old values of changes by the attributes of a row that have them."""
        attributes = {id(one.column): one.attribute for one in self._columns}
        return {attributes[id(column)]: old for column, old, _new in changes}

    def linked(self, column: Column, key: Any) -> Any:
        """What a value of ``values`` stands for: the other row, for a column that leads to one."""
        (one,) = (one for one in self._columns if one.column is column)
        if one.link is None or key is None:
            return key
        if key not in one.linked:
            rows = one.link.related_model._base_manager
            one.linked[key] = rows.filter(pk=key).first()
        return one.linked[key]


class _Written:
    """A column, and how a row of the model is asked for what is in it."""

    __slots__ = (
        "at_most", "attribute", "column", "known", "link", "linked", "name", "remembers",
    )  # fmt: skip

    def __init__(self, column: Column, model: type[Model]) -> None:
        self.column, self.name = column, column.column_name
        field = _field(model, column.attribute)
        self.link = field if isinstance(field, ForeignKey) else None
        self.attribute = self.link.attname if self.link else column.attribute
        #: What a text of this column comes to, where that is the same in every row.
        self.known: dict[str, Any] = {}
        self.remembers = getattr(column.widget, "remembers", False)
        self.linked: dict[Any, Any] = {}
        #: As many values a cell may have; ``None`` for a column of one.
        self.at_most: int | None = getattr(column.widget, "at_most", None)

    def value(self, text: str, cells: dict[str, str]) -> Any:
        """What the row's cell says. Raises ``CellError``."""
        if type(text) is not str:  # It is more than its text says, as a date of a workbook.
            return self.column.clean(cells)
        try:
            return self.known[text]
        except KeyError:
            value = self.column.clean(cells)
        if self.remembers and len(self.known) < _REMEMBERED:
            self.known[text] = value
        return value

    def check_number(self, values: list[Any], had: list[Any]) -> None:
        """Raise ``CellError`` for too many, unless the row had as many: forms give it more."""
        if len(values) > max(self.at_most or 0, len(had)):
            message = _("These are %(n)d; give %(most)d at the most.")
            raise CellError(message, n=len(values), most=self.at_most)

    def lead(self, row: Any, other: Any) -> None:
        """Have the row lead to the other one, as assigning it does, which asks routers each time
        whether it may."""
        row.__dict__[self.attribute] = None if other is None else other.pk
        row._state.fields_cache[self.link.name] = other


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
