"""Asking for schema work: the rows that say so and the jobs that do it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from tenants.exceptions import OperationNotFailed, OperationNotWaiting, TenantError
from tenants.models import (
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
    Rollout,
)
from tenants.operations.authorise import DROP, PROVISION, require
from tenants.operations.hindrance import hindrance
from tenants.operations.progress import log
from tenants.operations.queue import enqueue


@dataclass
class RolloutRequest:
    """What came of asking for many: the rollout (``None`` if nothing started), and who was left
    out and why."""

    rollout: Rollout | None
    operations: list[Operation] = field(default_factory=list)
    refused: list[tuple[Client, TenantError]] = field(default_factory=list)


def request_operation(
    client: Client,
    kind: OperationKind,
    *,
    acting_user: User | None,
    rollout: Rollout | None = None,
    queued: bool = True,
) -> Operation:
    """Write down an operation for the client and, if ``queued``, hand it to the worker.

    Locks the client's row until the transaction ends. Raises ``NotAllowed``, and what
    ``hindrance`` names, such as ``OperationOpen`` where the client has an operation that is not
    over: two people who press the same button start one.
    """
    require(acting_user, permission_for(kind))
    with transaction.atomic():
        client = _locked(client.pk, kind, queued=queued)
        operation = Operation.objects.create(
            kind=kind,
            client=client,
            rollout=rollout,
            queued=queued,
            **_requested(acting_user),
        )
        log(operation, _("Waiting for a worker.") if queued else _("Started in a terminal."))
        if queued:
            enqueue(operation)
    return operation


def request_rollout(
    clients: Iterable[Client], kind: OperationKind, *, acting_user: User | None
) -> RolloutRequest:
    """Ask for the same for many clients; those for whom it cannot be done are named, not fatal.

    Raises ``NotAllowed``.
    """
    require(acting_user, permission_for(kind))
    with transaction.atomic():
        rollout = Rollout.objects.create(kind=kind, **_requested(acting_user))
        result = RolloutRequest(rollout)
        for client in clients:
            try:
                result.operations.append(
                    request_operation(client, kind, acting_user=acting_user, rollout=rollout)
                )
            except TenantError as refusal:
                result.refused.append((client, refusal))
        if not result.operations:
            rollout.delete()
            result.rollout = None
    return result


def retry_operation(operation: Operation, *, acting_user: User | None) -> Operation:
    """Put a failed operation back into the queue, asked for by ``acting_user`` now.

    Locks the operation's row until the transaction ends. Raises ``NotAllowed``,
    ``OperationNotFailed``, and what ``request_operation`` raises.
    """
    require(acting_user, permission_for(operation.kind))
    with transaction.atomic():
        _locked(operation.client_id, OperationKind(operation.kind), again=operation)
        operation = Operation.objects.get(pk=operation.pk)
        for name, value in _requested(acting_user).items():
            setattr(operation, name, value)
        operation.state = OperationState.QUEUED
        operation.queued = True
        operation.attempts = 0
        operation.started_at = operation.finished_at = None
        operation.error = operation.error_detail = ""
        operation.save()
        log(operation, _("Asked for again."))
        enqueue(operation)
    return operation


def cancel_operation(operation: Operation, *, acting_user: User | None) -> Operation:
    """Close an operation that still waits; nothing was done for it, and nothing will be.

    Locks the client's row, then the operation's, until the transaction ends. Raises
    ``NotAllowed``, or ``OperationNotWaiting`` where a worker was quicker.
    """
    require(acting_user, permission_for(operation.kind))
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=operation.client_id)
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
        if operation.state != OperationState.QUEUED:
            raise OperationNotWaiting(operation=operation)
        operation.state = OperationState.CANCELLED
        operation.finished_at = timezone.now()
        operation.save()
        who = acting_user.email if acting_user else _("an operator, in a terminal")
        log(operation, _("Cancelled by %(who)s.") % {"who": who})
        if operation.kind == OperationKind.CREATE_SCHEMA:
            set_status(client, ClientStatus.DRAFT)
    return operation


def permission_for(kind: str) -> str:
    """The right that an operation of this kind needs, to be asked for and to be run."""
    return DROP if kind == OperationKind.DROP_SCHEMA else PROVISION


def _locked(
    client_id: int, kind: OperationKind, *, queued: bool = True, again: Operation | None = None
) -> Client:
    """The client's row, locked, of which this kind of operation can be asked now.

    Asks before it locks: a worker holds the row for as long as it works on the schema, and
    nobody should wait for that only to be refused. A client whose schema is to be made is
    “provisioning” from here on.
    """
    for clients in (Client.objects, Client.objects.select_for_update(no_key=True)):
        client = clients.get(pk=client_id)
        if again is not None and not client.operations.filter(pk=again.pk).failed().exists():
            raise OperationNotFailed(operation=again)
        open_operation = client.operations.open().first()
        if refusal := hindrance(client, kind, open_operation=open_operation, queued=queued):
            raise refusal
    if kind == OperationKind.CREATE_SCHEMA:
        set_status(client, ClientStatus.PROVISIONING)
    return client


def set_status(client: Client, status: ClientStatus) -> None:
    """Change the status of a client whose row the caller holds, if it is another one."""
    if client.status != status:
        client.status = status
        client.save(update_fields=["status", "updated_at"])


def _requested(acting_user: User | None) -> dict[str, object]:
    return {
        "requested_by": acting_user,
        "requested_by_email": acting_user.email if acting_user else "",
    }
