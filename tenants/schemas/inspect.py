"""Questions to the catalog."""

from __future__ import annotations

import hashlib
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
# All is found by what depends on the schema, as in `console.postgres.rights`, or by its table:
# whatever has no such index would be read for every schema of the database. An index that a
# constraint made is in the constraint's definition; PostgreSQL takes 0.1 ms to write down each.
_OBJECTS = """
WITH inside AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass
      AND refobjid = quote_ident(%(schema)s)::regnamespace
), relations AS MATERIALIZED (
    SELECT c.* FROM inside JOIN pg_class c ON c.oid = objid
    WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT concat('table ', relname),
    concat_ws(' ',
        CASE relpersistence WHEN 'u' THEN 'UNLOGGED' END,
        CASE relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'FOREIGN TABLE' END,
        CASE WHEN relrowsecurity THEN 'ROW SECURITY' END,
        CASE WHEN relforcerowsecurity THEN 'FORCED' END)
FROM relations WHERE relkind <> 'S'
UNION ALL
SELECT concat('column ', relname, '.', attname),
    concat_ws(' ', format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> 0 THEN concat('COLLATE ', attcollation::regcollation) END,
        CASE WHEN attnotnull THEN 'NOT NULL' END,
        CASE attidentity WHEN 'd' THEN 'BY DEFAULT AS IDENTITY' WHEN 'a' THEN 'AS IDENTITY' END,
        CASE WHEN attgenerated <> '' THEN concat('GENERATED ', attgenerated) END,
        'DEFAULT ' || pg_get_expr(adbin, adrelid))
FROM relations JOIN pg_attribute ON attrelid = relations.oid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'
UNION ALL
SELECT concat('constraint ', relname, '.', conname),
    pg_get_constraintdef(con.oid)
FROM relations JOIN pg_constraint con ON conrelid = relations.oid WHERE contype <> 'n'
UNION ALL
SELECT concat('index ', indexrelid::regclass),
    concat_ws(' ', replace(pg_get_indexdef(indexrelid), %(schema)s || '.', ''),
        CASE WHEN NOT indisvalid THEN 'INVALID' END)
FROM relations JOIN pg_index ON indrelid = relations.oid
WHERE NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = relations.oid AND conindid = indexrelid AND contype IN ('p', 'u', 'x')
)
UNION ALL
SELECT concat('sequence ', relname),
    concat_ws(' ', seqtypid::regtype, 'START', seqstart, 'INCREMENT', seqincrement,
        'FROM', seqmin, 'TO', seqmax, CASE WHEN seqcycle THEN 'CYCLE' END,
        (SELECT concat('OWNED BY ', refobjid::regclass, '.', attname)
         FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
         WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')))
FROM relations JOIN pg_sequence ON seqrelid = relations.oid
UNION ALL
SELECT concat('function ', oid::regprocedure), md5(prosrc)
FROM inside JOIN pg_proc ON oid = objid WHERE classid = 'pg_proc'::regclass
UNION ALL
SELECT concat('trigger ', relname, '.', tgname),
    replace(pg_get_triggerdef(t.oid), %(schema)s || '.', '')
FROM relations JOIN pg_trigger t ON tgrelid = relations.oid WHERE NOT tgisinternal
"""


# PostgreSQL writes `status IN ('a')` down with other casts and brackets when it reads back what
# it wrote itself.
_SPELLING = re.compile(r"::(character varying|text)(\[\])?|[()]")


def objects_of(schema: str) -> dict[str, str]:
    """Every table, column, constraint, index, sequence, function and trigger of the schema, with
    its definition; two schemas with the same answer are alike. Runs as the owner. Raises
    ``ProgrammingError`` where there is no such schema."""
    return {name: _spelled(found) for name, found in definitions_of(schema).items()}


def definitions_of(schema: str) -> dict[str, str]:
    """The same in PostgreSQL's own spelling, to be shown; ``are_alike`` compares two of them."""
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute(_OBJECTS, {"schema": schema})
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
    words = hashlib.sha256(f"{_OBJECTS}{_SPELLING.pattern}".encode()).hexdigest()[:12]
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
