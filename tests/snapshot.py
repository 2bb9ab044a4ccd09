"""What a schema holds, to be compared: so that “nothing was changed” is asked of every table."""

from __future__ import annotations

from django.db import connection
from django_tenants.utils import schema_context
from psycopg.sql import SQL, Identifier, Literal

#: Sessions are written by every request that shows a message.
_LEFT_OUT = frozenset({"django_session"})


def snapshot(schema: str) -> dict[str, str]:
    """A fingerprint of each table's rows, by the table's name."""
    with schema_context(schema), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        tables = sorted({name for (name,) in cursor.fetchall()} - _LEFT_OUT)
        cursor.execute(
            SQL(" UNION ALL ").join(
                SQL("SELECT {}, md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t").format(
                    Literal(name), Identifier(schema, name)
                )
                for name in tables
            )
        )
        return {name: fingerprint or "" for name, fingerprint in cursor.fetchall()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The tables whose rows differ."""
    return {name for name in before | after if before.get(name) != after.get(name)}
