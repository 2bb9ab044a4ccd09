"""Asking for schema work: the rows that say so and the jobs that do it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
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
        client = Client.objects.select_for_update().get(pk=client.pk)
        _check(client, kind)
        open_operation = client.operations.open().first()
        if open_operation is not None:
            raise OperationOpen(client=client, operation=open_operation)
        try:
            with transaction.atomic():
                operation = Operation.objects.create(
                    kind=kind, client=client, rollout=rollout, **_requested(acting_user)
                )
        except IntegrityError as exc:
            raise OperationOpen(client=client, operation="") from exc
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
        client = Client.objects.select_for_update().get(pk=operation.client_id)
        operation = Operation.objects.select_for_update().get(pk=operation.pk)
        if operation.state != OperationState.FAILED:
            raise OperationNotFailed(operation=operation)
        _check(client, OperationKind(operation.kind))
        open_operation = client.operations.open().first()
        if open_operation is not None:
            raise OperationOpen(client=client, operation=open_operation)
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
