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
from console.importing.columns import Many
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
    if not fields:  # Nothing but links to other rows; see ``write_links``.
        return
    model._default_manager.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=fields,
    )


def write_links(rows: list[tuple[Any, dict[str, Any] | None]], columns: Iterable[Many]) -> None:
    """Write what many-to-many columns say of rows that are in the database.

    Each row comes with the values that changed, as they were; with ``None`` where it is new. For
    each column three statements at the most, to the table between the two models.
    """
    for column in columns:
        changed = [
            (row.pk, (before or {}).get(column.attribute, ()), getattr(row, column.attribute))
            for row, before in rows
            if before is None or column.attribute in before
        ]
        if changed:
            _write_links(type(rows[0][0])._meta.get_field(column.field), changed)


def _write_links(field: Any, changed: list[tuple[Any, Iterable[Any], Iterable[Any]]]) -> None:
    through = field.remote_field.through
    source, target = field.m2m_column_name(), field.m2m_reverse_name()
    added, removed = set(), set()
    for pk, before, after in changed:
        old, new = ({(pk, one.pk) for one in links} for links in (before, after))
        added |= new - old
        removed |= old - new
    if removed:
        there = through.objects.filter(**{f"{source}__in": {pk for pk, _other in removed}})
        found = there.values_list("pk", source, target)
        gone = [link for link, *pair in found if tuple(pair) in removed]
        through.objects.filter(pk__in=gone).delete()
    # Somebody else may have added the same one meanwhile.
    links = [through(**{source: pk, target: other}) for pk, other in sorted(added)]
    through.objects.bulk_create(links, batch_size=BATCH, ignore_conflicts=True)


def as_before(row: Any, values: dict[str, Any]) -> Any:
    """The row as it was, with these values in the place of those that it has now."""
    before = copy.copy(row)
    for attribute, value in values.items():
        setattr(before, attribute, value)
    return before


def record_added(rows: list[Any], columns: Iterable[Many] = ()) -> None:
    """Write into the history that the rows were added, if their model has one."""
    if rows and auditlog.contains(type(rows[0])):
        record_many(((None, row) for row in rows), many=_attributes(columns))


def record_changed(rows: list[tuple[Any, dict[str, Any]]], columns: Iterable[Many] = ()) -> None:
    """Write into the history that the rows were changed: each with the values that it had."""
    if rows and auditlog.contains(type(rows[0][0])):
        changes = ((as_before(row, values), row) for row, values in rows)
        record_many(changes, many=_attributes(columns))


def _attributes(columns: Iterable[Many]) -> dict[str, str]:
    return {column.field: column.attribute for column in columns}
