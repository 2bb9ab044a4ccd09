"""How things stand with a client: suspend and reactivate, archive and restore.

Each verb locks the client's row until the transaction ends and writes into its history who did
it. Each raises ``NotAllowed``, ``PublicIsUntouchable``, and ``ClientBusy`` where a worker holds
the row: whoever pressed the button should not wait for a migration to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import OperationalError, transaction
from django.utils import timezone

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.record import record_event
from tenants.exceptions import (
    ClientBusy,
    ClientNotActive,
    ClientNotArchived,
    ClientNotSuspended,
    OperationOpen,
    PublicIsUntouchable,
    RemovalInThePast,
)
from tenants.models import Client, ClientStatus, OperationKind
from tenants.operations.authorise import ARCHIVE, PROVISION, SUSPEND, require
from tenants.operations.queue import enqueue
from tenants.operations.request import request_operation
from tenants.operations.versions import is_behind


def suspend(client: Client, *, reason: str = "", acting_user: User | None) -> Client:
    """Close the tenant to everyone: its hosts answer 503, and its waiting operations wait on.

    ``reason`` is for the history. Raises ``ClientNotActive``.
    """
    with _held(client, SUSPEND, acting_user) as client:
        if client.status != ClientStatus.ACTIVE:
            raise ClientNotActive(client=client)
        client.status = ClientStatus.SUSPENDED
        client.suspended_at = timezone.now()
        client.save(update_fields=["status", "suspended_at", "updated_at"])
        record_event(client, "suspended", reason=reason)
    return client


def reactivate(client: Client, *, acting_user: User | None) -> Client:
    """Open a suspended tenant again, and go on with what waited.

    A schema that fell behind meanwhile is migrated, if the user may. Raises
    ``ClientNotSuspended``.
    """
    with _held(client, SUSPEND, acting_user) as client:
        if client.status != ClientStatus.SUSPENDED:
            raise ClientNotSuspended(client=client)
        client.status = ClientStatus.ACTIVE
        client.suspended_at = None
        client.save(update_fields=["status", "suspended_at", "updated_at"])
        record_event(client, "reactivated")
        _catch_up(client, acting_user)
    return client


def archive(client: Client, *, removal_on: date, acting_user: User | None) -> Client:
    """Close the tenant for good, but keep its data until ``removal_on`` at the least.

    For a client that is archived already, this changes that date. Raises ``RemovalInThePast``,
    and ``OperationOpen`` where an operation is not over.
    """
    with _held(client, ARCHIVE, acting_user) as client:
        if removal_on < timezone.localdate():
            raise RemovalInThePast
        operation = client.operations.open().first()
        if operation is not None:
            raise OperationOpen(client=client, operation=operation)
        event = "removal_date_changed" if client.is_archived else "archived"
        if not client.is_archived:
            client.status = ClientStatus.ARCHIVED
            client.archived_at = timezone.now()
        client.removal_on = removal_on
        client.save(update_fields=["status", "archived_at", "removal_on", "updated_at"])
        record_event(client, event, removal_on=removal_on.isoformat())
    return client


def restore(client: Client, *, acting_user: User | None) -> Client:
    """Make an archived client what it was before: suspended, active, or a draft.

    Raises ``ClientNotArchived``, and ``OperationOpen`` while its schema is being dropped.
    """
    with _held(client, ARCHIVE, acting_user) as client:
        if not client.is_archived:
            raise ClientNotArchived(client=client)
        operation = client.operations.open().first()
        if operation is not None:
            raise OperationOpen(client=client, operation=operation)
        if not client.is_provisioned:
            client.status = ClientStatus.DRAFT
            client.suspended_at = None
        else:
            is_suspended = client.suspended_at is not None
            client.status = ClientStatus.SUSPENDED if is_suspended else ClientStatus.ACTIVE
        client.archived_at = client.removal_on = None
        fields = ["status", "suspended_at", "archived_at", "removal_on", "updated_at"]
        client.save(update_fields=fields)
        record_event(client, "restored")
        if client.status == ClientStatus.ACTIVE:
            _catch_up(client, acting_user)
    return client


def _catch_up(client: Client, acting_user: User | None) -> None:
    """Hand what waited to the worker, or ask for the migrations that were missed meanwhile."""
    waiting = client.operations.open().first()
    if waiting is not None:
        enqueue(waiting)
    elif is_behind(client) and (acting_user is None or acting_user.has_perm(PROVISION)):
        request_operation(client, OperationKind.MIGRATE_SCHEMA, acting_user=acting_user)


@contextmanager
def _held(client: Client, permission: str, acting_user: User | None) -> Iterator[Client]:
    """The client as it is now, locked; what is written in the block is the user's."""
    require(acting_user, permission)
    if client.is_public:
        raise PublicIsUntouchable
    with transaction.atomic(), acting_as(acting_user):
        yield locked_now(client)


def locked_now(client: Client) -> Client:
    """The client's row, locked until the transaction ends; ``ClientBusy`` where a worker has it."""
    try:
        with transaction.atomic():
            return Client.objects.select_for_update(nowait=True, no_key=True).get(pk=client.pk)
    except OperationalError as exc:
        raise ClientBusy(client=client) from exc
