"""Asking for schema work: the rows that say so and the jobs that do it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from tenants.exceptions import (
    AlreadyProvisioned,
    NotProvisioned,
    OperationNotFailed,
    OperationOpen,
    PublicIsUntouchable,
    TenantError,
)
from tenants.models import Client, Operation, OperationKind, OperationState, Rollout
from tenants.operations.authorise import PROVISION, require
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

    Locks the client's row until the transaction ends. Raises ``NotAllowed``,
    ``PublicIsUntouchable``, ``AlreadyProvisioned``, ``NotProvisioned``, or ``OperationOpen``
    where the client has an operation that is not over: two people who press the same button
    start one.
    """
    require(acting_user, PROVISION)
    with transaction.atomic():
        client = _locked(client.pk, kind)
        operation = Operation.objects.create(
            kind=kind, client=client, rollout=rollout, **_requested(acting_user)
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
    require(acting_user, PROVISION)
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
    require(acting_user, PROVISION)
    with transaction.atomic():
        _locked(operation.client_id, OperationKind(operation.kind), again=operation)
        operation = Operation.objects.get(pk=operation.pk)
        for name, value in _requested(acting_user).items():
            setattr(operation, name, value)
        operation.state = OperationState.QUEUED
        operation.attempts = 0
        operation.started_at = operation.finished_at = None
        operation.error = operation.error_detail = ""
        operation.save()
        log(operation, _("Asked for again."))
        enqueue(operation)
    return operation


def _locked(client_id: int, kind: OperationKind, *, again: Operation | None = None) -> Client:
    """The client's row, locked, of which this kind of operation can be asked now.

    Asks before it locks: a worker holds the row for as long as it works on the schema, and
    nobody should wait for that only to be refused.
    """
    for clients in (Client.objects, Client.objects.select_for_update(no_key=True)):
        client = clients.get(pk=client_id)
        if again is not None and not client.operations.filter(pk=again.pk).failed().exists():
            raise OperationNotFailed(operation=again)
        open_operation = client.operations.open().first()
        if open_operation is not None:
            raise OperationOpen(client=client, operation=open_operation)
        _check(client, kind)
    return client


def _check(client: Client, kind: OperationKind) -> None:
    if client.is_public:
        raise PublicIsUntouchable
    if kind == OperationKind.CREATE_SCHEMA and client.is_provisioned:
        raise AlreadyProvisioned(client=client)
    if kind == OperationKind.MIGRATE_SCHEMA and not client.is_provisioned:
        raise NotProvisioned(client=client)


def _requested(acting_user: User | None) -> dict[str, object]:
    return {
        "requested_by": acting_user,
        "requested_by_email": acting_user.email if acting_user else "",
    }
