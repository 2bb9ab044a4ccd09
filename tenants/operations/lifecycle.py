"""How things stand with a client: suspend and reactivate, archive and restore.

Each verb locks the client's row until the transaction ends and writes into its history who did
it. Each raises ``NotAllowed``, what ``step_hindrance`` names, and ``ClientBusy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.record import save_as
from tenants.exceptions import RemovalInThePast
from tenants.history import ClientEvent
from tenants.models import Client, ClientStatus, OperationKind
from tenants.operations.authorise import ARCHIVE, PROVISION, SUSPEND, require
from tenants.operations.hindrance import Step, step_hindrance
from tenants.operations.locking import hold_client
from tenants.operations.request import request_operation
from tenants.operations.rollout import hand_on
from tenants.operations.versions import is_behind
from tenants.signals import reopened

#: The right that each step needs.
RIGHTS = {
    Step.SUSPEND: SUSPEND,
    Step.REACTIVATE: SUSPEND,
    Step.ARCHIVE: ARCHIVE,
    Step.RESTORE: ARCHIVE,
}


def suspend(client: Client, *, reason: str = "", acting_user: User | None) -> Client:
    """Close the tenant to everyone: its hosts answer 503, and its waiting operations wait on.

    ``reason`` is for the history.
    """
    with _held(client, Step.SUSPEND, acting_user) as client:
        client.status = ClientStatus.SUSPENDED
        client.suspended_at = timezone.now()
        fields = ["status", "suspended_at", "updated_at"]
        save_as(client, ClientEvent.SUSPENDED, update_fields=fields, reason=reason)
    return client


def reactivate(client: Client, *, acting_user: User | None) -> Client:
    """Open a suspended tenant again, and go on with what waited.

    A schema that fell behind meanwhile is migrated, if the user may.
    """
    with _held(client, Step.REACTIVATE, acting_user) as client:
        client.status = ClientStatus.ACTIVE
        client.suspended_at = None
        fields = ["status", "suspended_at", "updated_at"]
        save_as(client, ClientEvent.REACTIVATED, update_fields=fields)
        _catch_up(client, acting_user)
    return client


def archive(client: Client, *, removal_on: date | None, acting_user: User | None) -> Client:
    """Close the tenant for good, but keep its data until ``removal_on`` at the least.

    A client without a schema has no data: no day is kept for it. For a client that is archived
    already, this changes the day. Raises ``RemovalInThePast``, also where a day is missing.
    """
    with _held(client, Step.ARCHIVE, acting_user) as client:
        if not client.is_provisioned:
            removal_on = None
        elif removal_on is None or removal_on < timezone.localdate():
            raise RemovalInThePast
        event = _archiving(client)
        if not client.is_archived:
            client.status = ClientStatus.ARCHIVED
            client.archived_at = timezone.now()
        client.removal_on = removal_on
        fields = ["status", "archived_at", "removal_on", "updated_at"]
        details = {"removal_on": removal_on.isoformat()} if removal_on else {}
        save_as(client, event, update_fields=fields, **details)
    return client


def _archiving(client: Client) -> ClientEvent:
    if client.is_archived:
        return ClientEvent.REMOVAL_DATE_CHANGED
    return ClientEvent.ARCHIVED if client.is_provisioned else ClientEvent.ARCHIVED_EMPTY


def restore(client: Client, *, acting_user: User | None) -> Client:
    """Make an archived client what it was before: suspended, active, or a draft."""
    with _held(client, Step.RESTORE, acting_user) as client:
        if not client.is_provisioned:
            client.status = ClientStatus.DRAFT
            client.suspended_at = None
        else:
            is_suspended = client.suspended_at is not None
            client.status = ClientStatus.SUSPENDED if is_suspended else ClientStatus.ACTIVE
        client.archived_at = client.removal_on = None
        fields = ["status", "suspended_at", "archived_at", "removal_on", "updated_at"]
        save_as(client, ClientEvent.RESTORED, update_fields=fields)
        if client.status == ClientStatus.ACTIVE:
            _catch_up(client, acting_user)
    return client


def _catch_up(client: Client, acting_user: User | None) -> None:
    """Hand what waited to the worker, or ask for the migrations that were missed meanwhile."""
    reopened.send(Client, schema=client.schema_name)
    waiting = client.operations.open().first()
    if waiting is not None:
        if waiting.queued:
            hand_on(waiting)
    elif is_behind(client) and (acting_user is None or acting_user.has_perm(PROVISION)):
        request_operation(client, OperationKind.MIGRATE_SCHEMA, acting_user=acting_user)


@contextmanager
def _held(client: Client, step: Step, acting_user: User | None) -> Iterator[Client]:
    """The client as it is now, locked, and fit for the step; what the block writes is the user's.

    Asks before it locks too: a worker that drops the schema holds the row, and “an operation is
    not over” says more than “busy”.
    """
    require(acting_user, RIGHTS[step])
    with transaction.atomic(), acting_as(acting_user):
        _refuse(Client.objects.get(pk=client.pk), step)
        client = hold_client(client.pk)
        _refuse(client, step)
        yield client


def _refuse(client: Client, step: Step) -> None:
    open_operation = client.operations.open().first()
    if refusal := step_hindrance(client, step, open_operation=open_operation):
        raise refusal
