"""What a file and a row have to satisfy, asked without the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import ngettext

from console import limits
from console.importing.exceptions import FileError
from console.importing.table import Table

#: As many values of a column are remembered as good, of texts those with so few characters.
_REMEMBERED = 1000
_SHORT = 60


def check_headers(table: Table, needed: Iterable[str]) -> None:
    """Raise ``FileError`` where columns that are needed are missing; one error for all of them."""
    missing = [name for name in needed if name not in table.headers]
    if missing:
        raise FileError(
            ngettext(
                "The column “%(names)s” is missing. A file needs a line with the names of its "
                "columns above its rows. Line %(line)d, which was taken for it, has: %(found)s.",
                "The columns “%(names)s” are missing. A file needs a line with the names of its "
                "columns above its rows. Line %(line)d, which was taken for it, has: %(found)s.",
                len(missing),
            ),
            names="”, “".join(missing),
            line=table.reading.header_line,
            found=", ".join(table.written.values()),
        )


def check_limits(new_rows: Iterable[tuple[type[Model], int]], *, are_written: bool) -> None:
    """Raise ``FileError`` where that many more rows are more than the company's plan allows.

    ``are_written``: they are in the database already. Where they are not, this is a preview, which
    waits for nobody.
    """
    for model, number in new_rows:
        counted_as = getattr(model, "counted_as", None)
        if counted_as is None:
            continue
        try:
            limits.check(counted_as, adding=number, are_added=are_written, lock=are_written)
        except limits.LimitReached as exc:
            raise FileError("%(why)s", why=" ".join(exc.messages)) from exc


class RowRules:
    """What a model's own rules say against rows of a file.

    Leaves out the rules that ask the database: whether keys are unique, related rows exist and
    constraints hold. The resource knows the first two from what it loaded; the third are there
    a second time as validators of the fields. A value that was good once is not asked again.
    """

    def __init__(self, model: type[Model], checked: Collection[str]) -> None:
        """``checked`` are the fields whose values the resource knows already to be good."""
        self._fields: list[tuple[Any, str, set[Any]]] = [
            (field, field.attname, set())
            for field in model._meta.concrete_fields
            if field.editable and not field.primary_key and field.name not in checked
        ]

    def errors(
        self, instance: Model, skip: Collection[str]
    ) -> Iterator[tuple[str, list[ValidationError]]]:
        """Pairs of field and errors; without the fields to ``skip``."""
        for field, attribute, good in self._fields:
            value = getattr(instance, attribute)
            try:
                if value in good:
                    continue
                is_short = len(value) <= _SHORT if isinstance(value, str | list) else True
            except TypeError:  # A list cannot be in a set.
                is_short = False
            if field.name in skip or (field.blank and value in field.empty_values):
                continue
            try:
                setattr(instance, attribute, field.clean(value, instance))
            except ValidationError as error:
                yield field.name, error.error_list
            else:
                if is_short and len(good) < _REMEMBERED:
                    good.add(value)
        try:
            instance.clean()
        except ValidationError as error:
            yield from error.update_error_dict({}).items()
