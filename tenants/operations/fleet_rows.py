"""The rows of one schema among many: held at first, written at last, by one statement each.

What verbs do elsewhere by the ORM, one row after the other, would take longer here than most
migrations do. The tables are named with their schema, for the connection is in the tenant's.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from psycopg.sql import SQL, Identifier

from tenants.exceptions import NotProvisioned
from tenants.models import Client, Operation, OperationEvent, OperationState
from tenants.schemas.locks import take_for_transaction
from tenants.validators import PUBLIC_SCHEMA

_TABLES = {
    model.__name__.lower(): Identifier(PUBLIC_SCHEMA, model._meta.db_table)
    for model in (Client, Operation, OperationEvent)
}
_HOLD = SQL(
    "SELECT provisioned_at IS NOT NULL FROM {client} WHERE id = %s FOR NO KEY UPDATE"
).format(**_TABLES)
_CLOSE = SQL(
    "WITH closed AS ("
    " UPDATE {operation} SET state = %(state)s, attempts = %(tries)s,"
    " started_at = %(begun)s, finished_at = %(now)s"
    " WHERE id = %(operation)s AND state = %(waiting)s RETURNING id, client_id"
    "), kept AS ("
    " UPDATE {client} client SET schema_version_id = %(version)s, updated_at = %(now)s"
    " FROM closed WHERE client.id = closed.client_id"
    ") INSERT INTO {operationevent} (operation_id, at, message, step)"
    " SELECT id, %(now)s, %(line)s, '' FROM closed"
).format(**_TABLES)


def hold(client: Client, *, wait: str) -> None:
    """Hold the schema, and then the client's row, until the transaction ends.

    From here on each statement of the transaction waits at most ``wait`` for a lock. Raises
    ``SchemaBusy`` and ``NotProvisioned``.
    """
    row = take_for_transaction(client.schema_name, wait=wait, then=_HOLD, params=[client.pk])
    if row != (True,):
        raise NotProvisioned(client=client)


def close(
    operation: Operation, *, version: int, tries: int, begun: datetime, now: datetime, line: str
) -> bool:
    """Write down that the operation is done, with the last line of its log, and what its client's
    schema has by now; returns whether it still waited, and writes nothing where it did not."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE,
            {
                "operation": operation.pk,
                "version": version,
                "tries": tries,
                "begun": begun,
                "now": now,
                "line": line[:500],
                "state": OperationState.SUCCEEDED.value,
                "waiting": OperationState.QUEUED.value,
            },
        )
        return bool(cursor.rowcount == 1)
