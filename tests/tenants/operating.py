"""What tests of operations share: operations in a state, their jobs, schemas that are behind."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from console.postgres.contexts import owner_rights
from tenants.models import Client, Operation, OperationKind, OperationState, Plan
from tenants.operations.versions import record_versions
from tenants.schemas import locks
from tenants.schemas.migrate import RECORD, Brought, bring_up_to_date

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
    """Take the tables of `tenant_data` and the record of them out of a schema; its client's row
    says so."""
    models = apps.get_app_config("tenant_data").get_models(include_auto_created=True)
    tables = ", ".join(model._meta.db_table for model in models)
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TABLE {tables}")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tenant_data'")
    record_versions(Client.objects.filter(schema_name=schema))


def bring(schema: str) -> Brought:
    """Bring one schema up to date as one of many is, in the caller's transaction."""
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute(RECORD)
        return bring_up_to_date(schema, cursor.fetchall())


def spoil(schema: str, *, undo: bool = False) -> None:
    """Have the column `code` of labels be there already, so that a migration that adds it fails."""
    verb = "DROP COLUMN code" if undo else "ADD COLUMN code text"
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE tenant_data_label {verb}")


def make_drafts(count: int, prefix: str = "many") -> list[Client]:
    plan = Plan.objects.get(code="team")
    return Client.objects.bulk_create(
        Client(
            schema_name=f"{prefix}{number}",
            name=f"Many {number}",
            plan=plan,
            admin_name="Ada",
            admin_email="ada@many.example",
        )
        for number in range(count)
    )


def statuses(clients: list[Client]) -> set[str]:
    keys = [client.pk for client in clients]
    return set(Client.objects.filter(pk__in=keys).values_list("status", flat=True))


def queries(verb: Any, *args: Any, **kwargs: Any) -> int:
    ContentType.objects.get_for_model(Client)  # asked for once in a process
    with CaptureQueriesContext(connection) as captured:
        verb(*args, **kwargs)
    return len(captured)
