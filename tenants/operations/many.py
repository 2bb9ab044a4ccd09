"""Trying again and cancelling many operations: what is done to one, with a few queries for a
thousand.

An operation that it cannot be done to is named in the result, with the reason, and keeps no
other from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import (
    ClientBusy,
    NotAllowed,
    OperationNotFailed,
    OperationNotWaiting,
    TenantError,
)
from tenants.models import MAKING, Client, ClientStatus, Operation, OperationState
from tenants.operations.authorise import permission_for, require
from tenants.operations.locking import Held, chunks, hold_clients
from tenants.operations.progress import log_many
from tenants.operations.request import cancelled_by
from tenants.operations.retrying import again, asked_again_by, give_back
from tenants.operations.status import set_status_of_many
from tenants.operations.waves import advance


@dataclass
class Many:
    """The operations that it was done to, as they are now, and those left out and why."""

    operations: list[Operation] = field(default_factory=list)
    refused: list[tuple[Operation, TenantError]] = field(default_factory=list)


def retry_failed(operations: Iterable[Operation], *, acting_user: User | None) -> Many:
    """Put failed operations back into the queue, or into their rollouts, asked for by
    ``acting_user`` now; see ``give_back``.

    Of several of one client the newest is; a drop is refused, for its schema's name was typed for
    that one alone. Locks the clients' rows until the transaction ends.
    Raises ``NotAllowed`` where the user may retry none of them.
    """
    result = Many()
    with transaction.atomic(), acting_as(acting_user):
        for chunk in _allowed(operations, acting_user, result):
            held = Held(operation.client_id for operation in chunk)
            # Their clients are held, so they are now what they will be.
            rows = Operation.objects.select_related("client").in_bulk([row.pk for row in chunk])
            accepted = []
            for operation in (rows[row.pk] for row in chunk):
                if operation.state != OperationState.FAILED:
                    refusal: TenantError | None = OperationNotFailed(operation=operation)
                else:
                    refusal = held.retry_refusal(operation)
                if refusal:
                    result.refused.append((operation, refusal))
                else:
                    held.opened(operation)
                    accepted.append(operation)
            _write_again(accepted, acting_user)
            result.operations += accepted
        give_back(result.operations, acting_user=acting_user)
    return result


def cancel_waiting(operations: Iterable[Operation], *, acting_user: User | None) -> Many:
    """Close operations that still wait; no more is done for them.

    Locks the clients' rows, then the operations', until the transaction ends. Raises
    ``NotAllowed`` where the user may cancel none of them.
    """
    result = Many()
    with transaction.atomic(), acting_as(acting_user):
        for chunk in _allowed(operations, acting_user, result):
            waiting = Operation.objects.filter(
                pk__in=[operation.pk for operation in chunk], state=OperationState.QUEUED
            )
            held = hold_clients(waiting.values_list("client_id", flat=True))
            locked = waiting.filter(client__in=held).select_for_update(of=("self",))
            rows = {row.pk: row for row in locked.select_related("client").order_by("pk")}
            others = waiting.exclude(client__in=held).select_related("client")
            busy = {row.pk: ClientBusy(client=row.client) for row in others}
            for operation in chunk:
                if operation.pk not in rows:
                    refusal = busy.get(operation.pk) or OperationNotWaiting(operation=operation)
                    result.refused.append((operation, refusal))
            _cancel(list(rows.values()), acting_user)
            result.operations += rows.values()
    for rollout_id in sorted({row.rollout_id for row in result.operations} - {None}):
        advance(rollout_id)  # It may have been the last of it that waited.
    return result


def _allowed(
    operations: Iterable[Operation], acting_user: User | None, result: Many
) -> Iterator[Sequence[Operation]]:
    """In parts, those whose kind the user may ask for; the others are refused in ``result``.

    Raises ``NotAllowed`` where all are.
    """
    refusals: dict[str, NotAllowed | None] = {}
    allowed = []
    for operation in {operation.pk: operation for operation in operations}.values():
        if operation.kind not in refusals:
            refusals[operation.kind] = _not_allowed(operation.kind, acting_user)
        if refusal := refusals[operation.kind]:
            result.refused.append((operation, refusal))
        else:
            allowed.append(operation)
    if result.refused and not allowed:
        raise result.refused[0][1]
    yield from chunks(allowed, lambda operation: (operation.client_id, -operation.pk))


def _not_allowed(kind: str, acting_user: User | None) -> NotAllowed | None:
    try:
        require(acting_user, permission_for(kind))
    except NotAllowed as refusal:
        return refusal
    return None


def _write_again(operations: list[Operation], acting_user: User | None) -> None:
    for kind in sorted({operation.kind for operation in operations}):
        those = [operation for operation in operations if operation.kind == kind]
        _update(those, **again(kind, acting_user=acting_user))
    set_status_of_many(_to_be_made(operations), ClientStatus.PROVISIONING)
    log_many(operations, asked_again_by(acting_user))


def _cancel(operations: list[Operation], acting_user: User | None) -> None:
    _update(operations, state=OperationState.CANCELLED, finished_at=timezone.now())
    set_status_of_many(_to_be_made(operations), ClientStatus.DRAFT)
    log_many(operations, cancelled_by(acting_user))


def _to_be_made(operations: list[Operation]) -> list[Client]:
    """The clients whose schema the operations make."""
    return [row.client for row in operations if row.kind in MAKING]


def _update(operations: list[Operation], **values: object) -> None:
    """Set the same values on the rows and on the objects."""
    Operation.objects.filter(pk__in=[row.pk for row in operations]).update(**values)
    for operation in operations:
        for name, value in values.items():
            setattr(operation, name, value)
