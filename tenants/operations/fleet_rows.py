"""The rows of one schema among many: held at first, written at last, by one statement each.

What verbs do elsewhere by the ORM, one row after the other, would take longer here than most
migrations do. The tables are named with their schema, for the connection is in the tenant's.
"""

from __future__ import annotations

from datetime import datetime

from django.db import ProgrammingError, connection
from psycopg.sql import SQL, Identifier

from tenants.exceptions import NotProvisioned, SchemaMissing
from tenants.models import (
    Client,
    ClientStatus,
    Operation,
    OperationEvent,
    OperationState,
    Rollout,
    RolloutState,
)
from tenants.schemas.locks import HELD, take_for_transaction
from tenants.schemas.migrate import RECORD
from tenants.validators import PUBLIC_SCHEMA

_TABLES = {
    model.__name__.lower(): Identifier(PUBLIC_SCHEMA, model._meta.db_table)
    for model in (Client, Operation, OperationEvent, Rollout)
}
_HOLD = SQL(
    "SELECT client.provisioned_at IS NOT NULL, client.status, operation.state, rollout.state"
    " FROM {operation} operation"
    " JOIN {client} client ON client.id = operation.client_id"
    " JOIN {rollout} rollout ON rollout.id = operation.rollout_id"
    " WHERE operation.id = %s AND {held} FOR NO KEY UPDATE OF client"
).format(**_TABLES, held=HELD)
_CLOSE = SQL(
    "WITH closed AS ("
    " UPDATE {operation} SET state = %(state)s, attempts = %(tries)s,"
    " started_at = %(begun)s, finished_at = %(now)s, error = '', error_detail = ''"
    " WHERE id = %(operation)s AND state = %(waiting)s RETURNING id, client_id"
    "), kept AS ("
    " UPDATE {client} client SET schema_version_id = %(version)s, updated_at = %(now)s"
    " FROM closed WHERE client.id = closed.client_id"
    ") INSERT INTO {operationevent} (operation_id, at, message, step)"
    " SELECT id, %(now)s, %(line)s, '' FROM closed"
).format(**_TABLES)


class NotNow(Exception):
    """The operation is not to be done now: it waits no more, or its client is suspended, or its
    rollout does not go on."""

    def __init__(self, *, goes_on: bool) -> None:
        #: Whether others of the rollout may be begun.
        self.goes_on = goes_on
        super().__init__()


def hold(operation: Operation, *, wait: str) -> list[tuple[str, str]]:
    """Hold the operation's schema, and then its client's row, until the transaction ends; returns
    the schema's record of migrations, as app and name.

    Runs in the schema, as the owner. From here on each statement of the transaction waits at most
    ``wait`` for a lock. Raises ``SchemaBusy``, ``SchemaMissing``, ``NotProvisioned`` and
    ``NotNow``.
    """
    client = operation.client
    try:
        rows, record = take_for_transaction(
            client.schema_name, wait=wait, then=[_HOLD, RECORD], params=[operation.pk]
        )
    except ProgrammingError as exc:
        raise SchemaMissing(schema=client.schema_name) from exc
    is_provisioned, status, state, rollout_state = rows[0]
    if rollout_state != RolloutState.RUNNING:
        raise NotNow(goes_on=False)
    if state != OperationState.QUEUED:
        raise NotNow(goes_on=True)
    if operation.queued and status == ClientStatus.SUSPENDED:
        raise NotNow(goes_on=True)
    if not is_provisioned:
        raise NotProvisioned(client=client)
    return record


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
