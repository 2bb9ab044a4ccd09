"""What hundreds of schemas have, by a few questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from psycopg.sql import SQL, Identifier, Literal

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.validators import (
    PUBLIC_SCHEMA,
    RESERVED_SCHEMA_NAMES,
    RESERVED_SCHEMA_PREFIXES,
    SCHEMA_NAME,
)

#: Every table that a statement names takes a lock, and there are so many.
AT_ONCE = 200

_RECORD = SQL("SELECT {}, array_agg(app || '.' || name) FROM {}")


def schemas_for_tenants() -> set[str]:
    """Every schema of the database whose name a tenant's could have; one query."""
    with tenants_connection().cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        names = {name for (name,) in cursor.fetchall()}
    return {
        name
        for name in names - RESERVED_SCHEMA_NAMES
        if SCHEMA_NAME.fullmatch(name) and not name.startswith(RESERVED_SCHEMA_PREFIXES)
    }


def like_ours(names: Collection[str]) -> set[str]:
    """Those of these schemas that the console may have made: the owner's, with a record of
    migrations and with users. One query of the catalog, which needs no right in them."""
    tables = ["django_migrations", get_user_model()._meta.db_table]
    with tenants_connection().cursor() as cursor:
        # A process that serves pages does not know the owner's name: who made `public`'s tables.
        cursor.execute(
            "SELECT nspname FROM pg_namespace n JOIN pg_class c ON relnamespace = n.oid"
            " WHERE nspname = ANY (%s) AND relname = ANY (%s) AND relkind = 'r' AND nspowner ="
            " (SELECT relowner FROM pg_class WHERE oid = to_regclass('public.django_migrations'))"
            " GROUP BY nspname HAVING count(*) = %s",
            [list(names), tables, len(tables)],
        )
        return {name for (name,) in cursor.fetchall()}


def applied_in(schemas: Iterable[str]) -> dict[str, frozenset[str]]:
    """What the record of each schema says was applied, as ``app.name``. Schemas that have no
    record, or are gone by now, are left out.

    Reads ``AT_ONCE`` of them with one query. Runs as the owner.
    """
    names = list(schemas)
    parts = (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
    return {name: applied for part in parts for name, applied in _read(part)}


def _read(schemas: list[str]) -> Iterator[tuple[str, frozenset[str]]]:
    parts = (_RECORD.format(Literal(s), Identifier(s, "django_migrations")) for s in schemas)
    try:
        with (
            transaction.atomic(),
            owner_rights(PUBLIC_SCHEMA),
            tenants_connection().cursor() as cursor,
        ):
            cursor.execute(SQL(" UNION ALL ").join(parts))
            rows = cursor.fetchall()
    except DatabaseError:
        # One of them has none: the others are asked for by themselves.
        if len(schemas) > 1:
            middle = len(schemas) // 2
            yield from _read(schemas[:middle])
            yield from _read(schemas[middle:])
        return
    for name, applied in rows:
        yield name, frozenset(applied or ())
