"""Many rows of a model at once: added by COPY, changed by one UPDATE that is given arrays.

Django's own bulk methods spell out a placeholder for every value and build an expression for every
field of every row, which takes several times as long as PostgreSQL needs for the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import models
from django.db.models import Field, Model
from django.db.models.base import ModelState
from psycopg.sql import SQL, Identifier

from console.postgres.contexts import tenants_connection

M = TypeVar("M", bound=Model)

#: Fields whose values psycopg takes as they are.
_PLAIN = {
    models.BigAutoField,
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.DateField,
    models.DateTimeField,
    models.DecimalField,
    models.EmailField,
    models.ForeignKey,
    models.IntegerField,
    models.PositiveBigIntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
}


class _Fields:
    """How some of a model's columns are read from its instances, worked out once."""

    def __init__(self, fields: Sequence[Field[Any, Any]]) -> None:
        self.fields = fields
        self._names = [field.attname for field in fields]
        #: Those that set themselves, such as the time of a change.
        self._own = [field for field in fields if _sets_itself(field)]
        self._odd = [(n, f) for n, f in enumerate(fields) if type(f) not in _PLAIN]

    def values(self, instances: Iterable[Model], *, add: bool) -> Iterator[list[Any]]:
        """The values of each instance, fit for the database."""
        connection = tenants_connection()
        for instance in instances:
            for field in self._own:
                field.pre_save(instance, add)
            have = instance.__dict__
            values = [have[name] for name in self._names]
            for place, field in self._odd:
                if values[place] is not None:
                    values[place] = field.get_db_prep_save(values[place], connection)
            yield values


def _sets_itself(field: Field[Any, Any]) -> bool:
    if isinstance(field, models.DateField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not Field.pre_save


@cache
def _columns(model: type[Model]) -> _Fields:
    return _Fields(model._meta.concrete_fields)


@cache
def _some(model: type[Model], names: tuple[str, ...]) -> _Fields:
    return _Fields([model._meta.get_field(name) for name in names])


def next_keys(model: type[Model], number: int) -> list[int]:
    """So many keys for new rows of the model, in order; nobody else gets them."""
    pk = model._meta.pk
    with tenants_connection().cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', pk.column, number],
        )
        return [key for (key,) in cursor]


def like(row: M) -> M:
    """A copy of a row that is not saved yet; to make one anew takes ten times as long."""
    made = type(row).__new__(type(row))
    made.__dict__.update(row.__dict__, _state=ModelState())
    made._state.fields_cache.update(row._state.fields_cache)
    return made


def insert_rows(model: type[Model], rows: Sequence[Any]) -> None:
    """Add the rows, giving a key to those that have none, as ``bulk_create`` would.

    No signal is sent, and no rule of the model asked. Raises what the database raises.
    """
    if not rows:
        return
    without = [row for row in rows if row.pk is None]
    for row, key in zip(without, next_keys(model, len(without)) if without else (), strict=True):
        row.pk = key
    columns = _columns(model)
    copy_rows(
        model._meta.db_table,
        [field.column for field in columns.fields],
        columns.values(rows, add=True),
    )
    alias = tenants_connection().alias
    for row in rows:
        row._state.adding, row._state.db = False, alias


def copy_rows(table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows of values to the table of the connection's schema."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    with tenants_connection().cursor() as cursor, cursor.copy(statement) as copy:
        write = copy.write_row
        for row in rows:
            write(row)


def add_pairs(table: str, columns: tuple[str, str], pairs: Iterable[tuple[int, int]]) -> None:
    """Add pairs of keys to the table of a many-to-many field, leaving out those that are there."""
    arrays = [list(keys) for keys in zip(*pairs, strict=True)]
    if not arrays:
        return
    statement = SQL(
        "INSERT INTO {table} ({names}) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
        " ON CONFLICT DO NOTHING"
    ).format(table=Identifier(table), names=SQL(", ").join(map(Identifier, columns)))
    with tenants_connection().cursor() as cursor:
        cursor.execute(statement, arrays)


def update_rows(model: type[Model], rows: Sequence[Any], names: Iterable[str]) -> None:
    """Write these fields, or attributes, of rows that are there, by one statement.

    Fields that set themselves at a change are written too. No signal is sent.
    """
    if not rows:
        return
    wanted = set(names)
    fields = _some(
        model,
        tuple(
            field.name
            for field in model._meta.concrete_fields
            if wanted & {field.name, field.attname} or getattr(field, "auto_now", False)
        ),
    )
    if not fields.fields:
        return
    arrays = [list(values) for values in zip(*fields.values(rows, add=False), strict=True)]
    write_arrays(model, [row.pk for row in rows], dict(zip(fields.fields, arrays, strict=True)))


def write_arrays(
    model: type[Model], keys: list[int], values: dict[Field[Any, Any], list[Any]]
) -> None:
    """Write the values into the rows with these keys, each list in the order of the keys."""
    connection = tenants_connection()
    names, sets, arrays, params = [], [], [], []
    for field, column in values.items():
        kind = field.db_type(connection)
        name = Identifier(field.column)
        names.append(name)
        if kind.endswith("[]"):
            # Arrays of several lengths cannot be in one array: they go as their texts.
            column = [None if value is None else _literal(value) for value in column]
            sets.append(SQL("{0} = new.{0}::" + kind).format(name))
            arrays.append(SQL("%s::text[]"))
        else:
            sets.append(SQL("{0} = new.{0}").format(name))
            arrays.append(SQL("%s::" + kind + "[]"))
        params.append(column)
    pk = model._meta.pk
    statement = SQL(
        "UPDATE {table} SET {sets} FROM unnest(%s::bigint[], {arrays}) AS new ({pk}, {names})"
        " WHERE {table}.{pk} = new.{pk}"
    ).format(
        table=Identifier(model._meta.db_table),
        sets=SQL(", ").join(sets),
        arrays=SQL(", ").join(arrays),
        names=SQL(", ").join(names),
        pk=Identifier(pk.column),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys, *params])


def _literal(values: Iterable[Any]) -> str:
    """An array of texts, as PostgreSQL writes it."""
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
