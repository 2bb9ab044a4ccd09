"""Writing many rows at once, and their history with them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from auditlog.registry import auditlog
from django.db import IntegrityError, OperationalError
from django.db.models import Model

from console.history.record import record_many
from console.importing.exceptions import ConflictError
from console.importing.loader import BATCH

DEADLOCK = "40P01"


@contextmanager
def conflicts_in_words() -> Iterator[None]:
    """What the database says where somebody wrote the same rows, as ``ConflictError``."""
    try:
        yield
    except IntegrityError as exc:
        raise ConflictError from exc
    except OperationalError as exc:
        if getattr(exc.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        raise ConflictError from exc


def insert_rows(model: type[Model], rows: list[Any]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)


def update_rows(model: type[Model], rows: list[Any], attributes: Iterable[str]) -> None:
    """Write these fields of rows that were loaded and locked before.

    As an insert that meets the rows that are there, which is linear in their number, where
    ``bulk_update`` sends a case for each row and field.
    """
    wanted = set(attributes)
    fields = [
        field.name
        for field in model._meta.concrete_fields
        if field.name in wanted or getattr(field, "auto_now", False)
    ]
    model._default_manager.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=fields,
    )


def as_before(row: Any, values: dict[str, Any]) -> Any:
    """The row as it was, with these values in the place of those that it has now."""
    before = copy.copy(row)
    for attribute, value in values.items():
        setattr(before, attribute, value)
    return before


def record_added(rows: list[Any]) -> None:
    """Write into the history that the rows were added, if their model has one."""
    if rows and auditlog.contains(type(rows[0])):
        record_many((None, row) for row in rows)


def record_changed(rows: list[tuple[Any, dict[str, Any]]]) -> None:
    """Write into the history that the rows were changed: each with the values that it had."""
    if rows and auditlog.contains(type(rows[0][0])):
        record_many((as_before(row, values), row) for row, values in rows)
