"""Questions to the catalog."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from psycopg.sql import SQL, Identifier, Literal

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.schemas.objects import OBJECTS


def schema_exists(schema: str) -> bool:
    """Whether the database has a schema of exactly this name."""
    return bool(schemas_among([schema]))


def schemas_among(names: Collection[str]) -> set[str]:
    """Those of these names that a schema of the database has; one query."""
    with tenants_connection().cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s)", [list(names)])
        return {name for (name,) in cursor.fetchall()}


def schemas_of_clients() -> list[str]:
    """The schemas that the database has for clients, by name. Runs as the owner, for web may have
    lost its rights on the clients."""
    with owner_rights("public"), tenants_connection().cursor() as cursor:
        cursor.execute("SELECT to_regclass('tenants_client')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute(
            "SELECT nspname FROM pg_namespace JOIN tenants_client ON schema_name = nspname"
            " WHERE nspname <> 'public' ORDER BY nspname"
        )
        return [name for (name,) in cursor.fetchall()]


# PostgreSQL writes `status IN ('a')` down with other casts and brackets when it reads back what
# it wrote itself.
_SPELLING = re.compile(r"::(character varying|text)(\[\])?|[()]")


def objects_of(schema: str) -> dict[str, str]:
    """Everything in the schema that has a name, with its definition (see ``objects``); two schemas
    with the same answer are alike. Runs as the owner. Raises ``ProgrammingError`` where there is no
    such schema."""
    return {name: _spelled(found) for name, found in definitions_of(schema).items()}


def definitions_of(schema: str) -> dict[str, str]:
    """The same in PostgreSQL's own spelling, to be shown; ``are_alike`` compares two of them."""
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute(OBJECTS, {"schema": schema})
        return dict(cursor.fetchall())


def are_alike(one: str | None, other: str | None) -> bool:
    """Whether two definitions mean the same; ``None`` is that of what is not there."""
    if one is None or other is None:
        return one is other
    return one == other or _spelled(one) == _spelled(other)


def _spelled(definition: str) -> str:
    return _SPELLING.sub("", definition)


def form_of_objects() -> str:
    """In which words ``objects_of`` writes down what it finds: those of this code, and of the
    server's version. What was written down in others cannot be compared."""
    words = hashlib.sha256(f"{OBJECTS}{_SPELLING.pattern}".encode()).hexdigest()[:12]
    return f"{words}-{tenants_connection().pg_version // 10_000}"


def rows_of(schema: str) -> dict[str, str]:
    """A fingerprint of the rows of each table, as ``rows <table>``, and where each sequence
    stands. Runs as the owner; for small schemas."""
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute(
            "SELECT relname, relkind = 'S' FROM pg_class"
            " WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'S')",
            [schema],
        )
        asked = [
            SQL("SELECT {}, {} FROM {} t").format(
                Literal(f"rows {name}"),
                SQL("last_value::text || is_called" if is_sequence else _DIGEST),
                Identifier(name),
            )
            for name, is_sequence in cursor.fetchall()
        ]
        cursor.execute(SQL(" UNION ALL ").join(asked))
        return dict(cursor.fetchall())


_DIGEST = "md5(string_agg(t::text, '|' ORDER BY t::text))"
