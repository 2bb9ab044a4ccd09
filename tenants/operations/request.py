"""Asking for schema work, again, or not any more: the rows that say so and the jobs that do it,
in one transaction. ``rollout`` and ``many`` do the same for many at once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as, who
from tenants.exceptions import OperationNotFailed, OperationNotWaiting
from tenants.models import (
    MAKING,
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
    Rollout,
)
from tenants.operations.authorise import permission_for, require, signature
from tenants.operations.hindrance import hindrance, retry_hindrance
from tenants.operations.locking import hold_client
from tenants.operations.progress import log
from tenants.operations.queue import enqueue
from tenants.operations.retrying import again, asked_again_by, give_back
from tenants.operations.rollout import target_of
from tenants.operations.status import set_status


def request_operation(
    client: Client,
    kind: OperationKind,
    *,
    acting_user: User | None,
    rollout: Rollout | None = None,
    queued: bool = True,
) -> Operation:
    """Write down an operation for the client and, if ``queued``, hand it to the worker.

    Holds the client's row until the transaction ends. Raises ``NotAllowed``, ``ClientBusy``, and
    what ``hindrance`` names, such as ``OperationOpen`` where the client has an operation that is
    not over: two people who press the same button start one.
    """
    require(acting_user, permission_for(kind))
    with transaction.atomic(), acting_as(acting_user):
        client = _locked(client.pk, kind, queued=queued)
        operation = Operation.objects.create(
            kind=kind,
            client=client,
            rollout=rollout,
            target=target_of(kind),
            queued=queued,
            **signature(acting_user),
        )
        log(operation, _("Waiting for a worker.") if queued else _("Started in a terminal."))
        if queued:
            enqueue(operation)
    return operation


def retry_operation(operation: Operation, *, acting_user: User | None) -> Operation:
    """Put a failed operation back into the queue, or into its rollout, asked for by
    ``acting_user`` now; see ``give_back``.

    Holds the client's row until the transaction ends. Raises ``NotAllowed``,
    ``OperationNotFailed``, and what ``request_operation`` raises.
    """
    require(acting_user, permission_for(operation.kind))
    with transaction.atomic(), acting_as(acting_user):
        _locked(operation.client_id, OperationKind(operation.kind), again=operation)
        operation = Operation.objects.get(pk=operation.pk)
        for name, value in again(operation.kind, acting_user=acting_user).items():
            setattr(operation, name, value)
        operation.save()
        log(operation, asked_again_by(acting_user))
        give_back([operation], acting_user=acting_user)
    return operation


def cancel_operation(operation: Operation, *, acting_user: User | None) -> Operation:
    """Close an operation that still waits; no more is done for it.

    Holds the client's row, then the operation's, until the transaction ends. Raises
    ``NotAllowed``, ``ClientBusy``, or ``OperationNotWaiting`` where a worker was quicker.
    """
    require(acting_user, permission_for(operation.kind))
    with transaction.atomic(), acting_as(acting_user):
        _must_wait(Operation.objects.get(pk=operation.pk))
        client = hold_client(operation.client_id)
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
        _must_wait(operation)
        operation.state = OperationState.CANCELLED
        operation.finished_at = timezone.now()
        operation.save()
        log(operation, cancelled_by(acting_user))
        if operation.kind in MAKING:
            set_status(client, ClientStatus.DRAFT)
    return operation


def cancelled_by(acting_user: User | None) -> str:
    """The last line of the log of an operation that this user cancelled."""
    return _("Cancelled by %(who)s.") % {"who": who(acting_user.email if acting_user else "")}


def _must_wait(operation: Operation) -> None:
    if operation.state != OperationState.QUEUED:
        raise OperationNotWaiting(operation=operation)


def _locked(
    client_id: int, kind: OperationKind, *, queued: bool = True, again: Operation | None = None
) -> Client:
    """The client's row, locked, of which this kind of operation can be asked now.

    Asks before it locks, too: a worker holds the row while it works on the schema, and “an
    operation is not over” says more than “busy”. A client whose schema is to be made is
    “provisioning” from here on.
    """
    for read in (_as_it_is, hold_client):
        client = read(client_id)
        if again is not None and not client.operations.filter(pk=again.pk).failed().exists():
            raise OperationNotFailed(operation=again)
        open_operation = client.operations.open().first()
        if again is not None:
            refusal = retry_hindrance(
                again, client, open_operation=open_operation, among_many=False
            )
        else:
            refusal = hindrance(client, kind, open_operation=open_operation, queued=queued)
        if refusal:
            raise refusal
    if kind in MAKING:
        set_status(client, ClientStatus.PROVISIONING)
    return client


def _as_it_is(client_id: int) -> Client:
    return Client.objects.get(pk=client_id)
