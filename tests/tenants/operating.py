"""What tests of operations share: operations in a state, their jobs, schemas that are behind."""

from __future__ import annotations

from typing import Any

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from console.postgres.contexts import owner_rights
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.schemas import locks

CREATE, MIGRATE, DROP = (
    OperationKind.CREATE_SCHEMA,
    OperationKind.MIGRATE_SCHEMA,
    OperationKind.DROP_SCHEMA,
)


#: Takes a schema's lock, as whoever works on it does.
TAKE = "SELECT pg_try_advisory_lock(%s)"


def key_of(schema: str) -> int:
    """The number that the lock on the schema has in the database."""
    return locks._key(schema)


def waiting_jobs(operation: Operation) -> int:
    return ProcrastinateJob.objects.filter(
        status="todo", args={"operation_id": operation.pk}
    ).count()


def in_state(
    client: Client, state: OperationState, kind: OperationKind = CREATE, **fields: Any
) -> Operation:
    """An operation that got into this state by itself."""
    return Operation.objects.create(client=client, kind=kind, state=state, **fields)


def failed(client: Client, kind: OperationKind = CREATE) -> Operation:
    return in_state(client, OperationState.FAILED, kind)


def make_behind(schema: str) -> None:
    """Take the tables of `tenant_data` and the record of them out of a schema."""
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute("DROP TABLE tenant_data_task, tenant_data_project")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tenant_data'")
