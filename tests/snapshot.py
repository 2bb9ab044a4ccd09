"""What a block writes, asked of every table: so that “nothing was changed” leaves none out.

PostgreSQL counts for a transaction how many rows it has written to each table. Where it has
counted none, nothing can have changed; where it has, the rows are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django_tenants.utils import schema_context
from psycopg.sql import SQL, Identifier

Table = tuple[str, str]

#: Sessions are written by every request that shows a message.
_LEFT_OUT = "django_session"
_COUNTERS = """
SELECT nspname, relname, pg_stat_get_xact_tuples_inserted(c.oid)
    + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = ANY(%s) AND relname <> %s
"""


@contextmanager
def taken_back(*schemas: str) -> Iterator[set[str]]:
    """What the block writes is taken back at its end. From then on the set has the tables of these
    schemas whose rows it made others, as ``schema.table``."""
    changed: set[str] = set()
    before = _writes(schemas)
    savepoint = transaction.savepoint()
    try:
        yield changed
        # Also what was taken back is counted, and so is a row that is written as it was.
        touched = [table for table, writes in _writes(schemas).items() if writes != before[table]]
        after = {table: _rows(table) for table in touched}
    finally:
        transaction.savepoint_rollback(savepoint)
    changed |= {".".join(table) for table in touched if _rows(table) != after[table]}


def _writes(schemas: Iterable[str]) -> dict[Table, int]:
    """How many rows this transaction has written to each table so far."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, [list(schemas), _LEFT_OUT])
        return {(schema, table): writes for schema, table, writes in cursor.fetchall()}


def _rows(table: Table) -> str:
    """A fingerprint of the table's rows."""
    schema, _name = table
    with schema_context(schema), connection.cursor() as cursor:
        cursor.execute(
            SQL("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t").format(
                Identifier(*table)
            )
        )
        return cursor.fetchone()[0] or ""
