"""What a file and a row have to satisfy, asked without the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import ngettext

from console import limits
from console.importing.exceptions import FileError
from console.importing.table import Table


def check_headers(table: Table, needed: Iterable[str]) -> None:
    """Raise ``FileError`` where columns that are needed are missing; one error for all of them."""
    missing = [name for name in needed if name not in table.headers]
    if missing:
        raise FileError(
            ngettext(
                "The column %(names)s is missing. Line %(line)d of the file has: %(found)s.",
                "The columns %(names)s are missing. Line %(line)d of the file has: %(found)s.",
                len(missing),
            ),
            names=", ".join(missing),
            line=table.reading.header_line,
            found=", ".join(table.headers),
        )


def check_limits(new_rows: Iterable[tuple[type[Model], int]]) -> None:
    """Raise ``FileError`` where that many more rows are more than the company's plan allows."""
    for model, number in new_rows:
        counted_as = getattr(model, "counted_as", None)
        if counted_as is None:
            continue
        try:
            limits.check(counted_as, adding=number)
        except limits.LimitReached as exc:
            raise FileError("%(why)s", why=" ".join(exc.messages)) from exc


def model_errors(
    instance: Model, exclude: set[str] | frozenset[str]
) -> Iterator[tuple[str, list[ValidationError]]]:
    """What the model's own rules say against the instance, as pairs of field and errors.

    Leaves out the rules that ask the database: whether keys are unique, related rows exist and
    constraints hold. The resource knows the first two from what it loaded; the third are there
    a second time as validators of the fields.
    """
    for check in (lambda: instance.clean_fields(exclude=exclude), instance.clean):
        try:
            with limits.counted_together():
                check()
        except ValidationError as error:
            yield from error.update_error_dict({}).items()
