"""Questions to the catalog."""

from __future__ import annotations

from console.postgres.contexts import tenants_connection


def schema_exists(schema: str) -> bool:
    """Whether the database has a schema of exactly this name."""
    with tenants_connection().cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = %s)", [schema])
        return bool(cursor.fetchone()[0])
