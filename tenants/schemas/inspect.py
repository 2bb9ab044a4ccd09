"""Questions to the catalog."""

from __future__ import annotations

from collections.abc import Collection

from console.postgres.contexts import tenants_connection


def schema_exists(schema: str) -> bool:
    """Whether the database has a schema of exactly this name."""
    return bool(schemas_among([schema]))


def schemas_among(names: Collection[str]) -> set[str]:
    """Those of these names that a schema of the database has; one query."""
    with tenants_connection().cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s)", [list(names)])
        return {name for (name,) in cursor.fetchall()}
