"""Whether what the console says of its clients is so, asked by one query; and whether their schemas
are what they should be, object by object and row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tenants.models import Client
from tenants.schemas.hidden import hidden_schemas
from tenants.schemas.inspect import objects_of, rows_of
from tenants.schemas.migrate import missing_migrations

#: Of each client: what its row and its newest operation say, and what the catalog has. One query
#: sees one moment.
LOOK = """
SELECT c.schema_name AS schema, c.status, c.provisioned_at IS NOT NULL AS made,
    c.schema_version_id AS version, o.id, o.kind, o.state, o.rollout_id,
    n.oid IS NOT NULL AS there,
    (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'console:' || c.schema_name || ':%') AS roles,
    (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind = 'r') AS tables,
    (SELECT count(*) FROM procrastinate_jobs WHERE (args ->> 'operation_id')::bigint = o.id) AS jobs
FROM tenants_client c LEFT JOIN pg_namespace n ON n.nspname = c.schema_name
LEFT JOIN LATERAL (
    SELECT * FROM tenants_operation WHERE client_id = c.id ORDER BY id DESC LIMIT 1
) o ON true
WHERE c.schema_name <> 'public'
"""
#: Schemas and roles that no client has, and jobs for operations that are not there.
_NOBODYS = """
SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|public$)'
    AND nspname NOT IN (SELECT schema_name FROM tenants_client)
UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'console:%'
    AND split_part(rolname, ':', 2) NOT IN (SELECT schema_name FROM tenants_client)
UNION ALL SELECT 'job ' || id FROM procrastinate_jobs
    WHERE args ? 'operation_id'
    AND (args ->> 'operation_id')::bigint NOT IN (SELECT id FROM tenants_operation)
"""
OPEN = ("queued", "running")

Row = dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """What a schema has that is up to date, taken from one that nobody touches."""

    version: int
    tables: int
    #: Tables of `tenant_data`, which a schema lacks that is behind here.
    later_tables: int
    objects: dict[str, str]


def whole(client: Client) -> Whole:
    objects, rows = objects_of(client.schema_name), rows_of(client.schema_name)
    tables = [name for name in rows if name.startswith("rows ") and not name.endswith("_seq")]
    later = [name for name in tables if name.startswith("rows tenant_data_")]
    assert client.schema_version_id is not None
    return Whole(client.schema_version_id, len(tables), len(later), objects)


def look(connection: psycopg.Connection[Any]) -> list[Row]:
    """What there is to see at this moment."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LOOK).fetchall()


def lies(row: Row, whole: Whole, *, before: int | None) -> list[str]:
    """What of a row is not so; empty where all of it is.

    The client was brought into its present state by hand after the operation ``before``.
    """
    kind, state = row["kind"], row["state"]
    is_current = row["version"] == whole.version
    tables = whole.tables if is_current else whole.tables - whole.later_tables
    wrong = {
        "the row says made, the catalog does not agree": row["made"] != row["there"],
        "roles": row["roles"] != (2 if row["made"] else 0),
        "tables": row["tables"] != (tables if row["made"] else 0),
        "a version without a schema": (row["version"] is not None) != row["made"],
        "status": row["status"] not in _statuses(row),
        "created, and not there": (kind, state) == ("create_schema", "succeeded")
        and not row["made"],
        "there, and not created": kind == "create_schema" and state != "succeeded" and row["made"],
        "dropped, and there": (kind, state) == ("drop_schema", "succeeded") and row["made"],
        "not dropped, and gone": kind == "drop_schema" and state != "succeeded" and not row["made"],
        "migrated, and behind": (kind, state) == ("migrate_schema", "succeeded")
        and row["made"]
        and not is_current
        and row["id"] != before,
        "not migrated, and current": kind == "migrate_schema"
        and state != "succeeded"
        and is_current,
        "waits without a job": state == "queued" and not row["rollout_id"] and not row["jobs"],
    }
    return [what for what, is_so in wrong.items() if is_so]


def _statuses(row: Row) -> set[str]:
    if row["made"]:
        return {"active", "archived"}
    if row["kind"] == "create_schema" and row["state"] in OPEN:
        return {"provisioning"}
    return {"draft", "archived"}


def nobodys(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(_NOBODYS)]


def own_rows(schema: str, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Fingerprints of the schema's rows. Sequences skip numbers when the database is killed."""
    left_out = tuple(f"rows {prefix}" for prefix in without)
    return {
        name: rows
        for name, rows in rows_of(schema).items()
        if not name.endswith("_seq") and not (left_out and name.startswith(left_out))
    }


def left_over(schemas: list[str], whole: Whole) -> list[str]:
    """What is not as it should be when all is over: hidden schemas, schemas of these clients that
    are not like the whole one, or whose own record lacks migrations."""
    found = [f"hidden: {name}" for name in hidden_schemas()]
    found += [f"behind: {name}" for name in missing_migrations(schemas)]
    return found + [f"unlike: {name}" for name in schemas if objects_of(name) != whole.objects]
