"""Writing many rows at once, and their history with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from auditlog.registry import auditlog
from django.db import IntegrityError, OperationalError
from django.db.models import Model

from console.history.record import record_many
from console.importing.columns import Many, listed
from console.importing.exceptions import ConflictError, RowsBusy
from console.postgres.bulk import add_pairs
from tenants.schemas.locks import lock_timeout

DEADLOCK, LOCK_NOT_AVAILABLE = "40P01", "55P03"
#: How long a request waits for rows that somebody else has, statement by statement.
WAIT = "5s"


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


@contextmanager
def waiting_briefly() -> Iterator[None]:
    """For what a person waits for, in the caller's transaction. Raises ``RowsBusy``."""
    try:
        with lock_timeout(WAIT):
            yield
    except OperationalError as exc:
        if getattr(exc.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise RowsBusy from exc


def lock_rows(model: type[Model], keys: list[int]) -> dict[int, Any]:
    """Lock the rows until the transaction ends, in the order of their keys."""
    rows = model._base_manager.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    return {row.pk: row for row in rows}


def write_links(rows: list[tuple[Any, dict[str, Any] | None]], columns: Iterable[Many]) -> None:
    """Write what many-to-many columns say of rows that are in the database.

    Each row comes with the values that changed, as they were; with ``None`` where it is new.
    """
    for column in columns:
        changed = [
            (row.pk, (before or {}).get(column.attribute, ()), getattr(row, column.attribute))
            for row, before in rows
            if before is None or column.attribute in before
        ]
        if changed:
            exchange_links(type(rows[0][0])._meta.get_field(column.field), changed)


def exchange_links(field: Any, changed: list[tuple[Any, Iterable[Any], Iterable[Any]]]) -> None:
    """Write what rows lead to by a many-to-many field: each row's key, and the lists of before and
    of now. Three statements at the most, to the table between the two models."""
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
    add_pairs(through._meta.db_table, (source, target), sorted(added))


def load_links(
    rows: Iterable[Any],
    model: type[Model],
    names: Iterable[str],
    known: dict[str, dict[Any, Any]] | None = None,
) -> None:
    """Give rows of the model the lists of these many-to-many fields, by two queries for each.

    ``known`` keeps the rows of the other side, by field and key, for the next who asks.
    """
    known = {} if known is None else known
    by_key = {row.pk: row for row in rows}
    for name in names:
        attribute = listed(name)
        for row in by_key.values():
            setattr(row, attribute, [])
        if not by_key:
            continue
        field: Any = model._meta.get_field(name)
        through, ends = (
            field.remote_field.through,
            (field.m2m_column_name(), field.m2m_reverse_name()),
        )
        found = through.objects.filter(**{f"{ends[0]}__in": list(by_key)}).order_by("pk")
        pairs = list(found.values_list(*ends))
        there = known.setdefault(name, {})
        there |= field.related_model._base_manager.in_bulk(
            {key for _row, key in pairs} - there.keys()
        )
        for key, linked in pairs:
            getattr(by_key[key], attribute).append(there[linked])


def write_added(rows: list[Any], columns: list[Many]) -> None:
    """Write what belongs to rows that were added just now: what they link to, and their history."""
    write_links([(row, None) for row in rows], columns)
    record_added(rows, columns)


def write_changed(rows: list[tuple[Any, dict[str, Any]]], columns: list[Many]) -> None:
    """The same for rows that were changed, each with the values that it had."""
    write_links([(row, values) for row, values in rows], columns)
    record_changed(rows, columns)


def record_added(rows: list[Any], columns: Iterable[Many] = ()) -> None:
    """Write into the history that the rows were added, if their model has one."""
    if rows and auditlog.contains(type(rows[0])):
        record_many(((None, row) for row in rows), many=_attributes(columns))


def record_changed(rows: list[tuple[Any, dict[str, Any]]], columns: Iterable[Many] = ()) -> None:
    """Write into the history that the rows were changed: each with the values that it had, by
    attribute."""
    if rows and auditlog.contains(type(rows[0][0])):
        record_many(((values, row) for row, values in rows), many=_attributes(columns))


def _attributes(columns: Iterable[Many]) -> dict[str, str]:
    return {column.field: column.attribute for column in columns}
