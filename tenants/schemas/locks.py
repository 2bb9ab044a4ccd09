"""What keeps two processes off one schema."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

from console.postgres.contexts import tenants_connection
from tenants.exceptions import SchemaBusy


def _key(schema: str) -> int:
    """A signed 64-bit number for the schema, apart from other users of advisory locks."""
    digest = hashlib.sha256(f"tenants.schema:{schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def schema_lock(schema: str) -> Iterator[None]:
    """Hold the schema for the length of the block; across transactions, in this connection.

    PostgreSQL lets go of the lock when the connection ends, so it is free as soon as a killed
    process is gone. Raises ``SchemaBusy`` at once where somebody else holds it.
    """
    connection = tenants_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(schema)])
        if not cursor.fetchone()[0]:
            raise SchemaBusy(schema=schema)
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(schema)])
        except (OperationalError, InterfaceError):
            # The connection is gone and the lock with it.
            connection.close()
