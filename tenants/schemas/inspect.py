"""Questions to the catalog."""

from __future__ import annotations

import re
from collections.abc import Collection

from psycopg.sql import SQL, Identifier, Literal

from console.postgres.contexts import owner_rights, tenants_connection


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


# Each object with all that makes it what it is, apart from the name of its schema. The search path
# is the schema alone, so PostgreSQL writes names in it without it; of indexes it always does.
_OBJECTS = """
SELECT concat('column ', relname, '.', attname),
    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
        pg_get_expr(adbin, adrelid), attcollation::regcollation)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = %(schema)s::regnamespace AND attnum > 0 AND NOT attisdropped
    AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT concat('constraint ', conrelid::regclass, '.', conname),
    concat_ws(' ', pg_get_constraintdef(oid), convalidated)
FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND contype <> 'n'
UNION ALL
SELECT concat('index ', indexrelid::regclass),
    concat_ws(' ', replace(pg_get_indexdef(indexrelid), %(schema)s || '.', ''), indisvalid)
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
WHERE relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT concat('sequence ', seqrelid::regclass),
    concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcycle,
        (SELECT concat(refobjid::regclass, '.', refobjsubid) FROM pg_depend
         WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')))
FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid
WHERE relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT concat('function ', oid::regprocedure), md5(prosrc)
FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
UNION ALL
SELECT concat('trigger ', tgrelid::regclass, '.', tgname),
    replace(pg_get_triggerdef(t.oid), %(schema)s || '.', '')
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
"""


# PostgreSQL writes `status IN ('a')` down with other casts and brackets when it reads back what
# it wrote itself.
_SPELLING = re.compile(r"::(character varying|text)(\[\])?|[()]")


def objects_of(schema: str) -> dict[str, str]:
    """Every column, constraint, index, sequence, function and trigger of the schema, with its
    definition; two schemas with the same answer are alike. Runs as the owner."""
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute(_OBJECTS, {"schema": schema})
        return {name: _SPELLING.sub("", definition) for name, definition in cursor.fetchall()}


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
