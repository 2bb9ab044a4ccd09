"""Asking for the same for many clients: what is done for one, with a few queries for a thousand.

Who cannot have it is named in the result, with the reason, and keeps nobody else from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import TenantError
from tenants.models import Client, ClientStatus, Operation, OperationKind, Rollout
from tenants.operations.authorise import permission_for, require, signature
from tenants.operations.locking import Held, chunks
from tenants.operations.progress import log_many
from tenants.operations.queue import enqueue_many
from tenants.operations.status import set_status_of_many


@dataclass
class RolloutRequest:
    """What came of asking for many: the rollout (``None`` if nothing started), and who was left
    out and why."""

    rollout: Rollout | None
    operations: list[Operation] = field(default_factory=list)
    refused: list[tuple[Client, TenantError]] = field(default_factory=list)


def request_rollout(
    clients: Iterable[Client],
    kind: OperationKind,
    *,
    acting_user: User | None,
    queued: bool = True,
) -> RolloutRequest:
    """Ask for the same for many clients and, if ``queued``, hand it to the workers.

    Locks the clients' rows until the transaction ends. A schema is dropped by its name typed, so
    there is no rollout of that kind. Raises ``NotAllowed``.
    """
    if kind == OperationKind.DROP_SCHEMA:
        raise ValueError("Schemas are dropped one by one.")
    require(acting_user, permission_for(kind))
    with transaction.atomic(), acting_as(acting_user):
        rollout = Rollout.objects.create(kind=kind, **signature(acting_user))
        result = RolloutRequest(rollout)
        for chunk in chunks({client.pk: client for client in clients}.values(), _key):
            held = Held(client.pk for client in chunk)
            accepted = []
            for client in chunk:
                if refusal := held.refusal(client, kind, queued=queued):
                    result.refused.append((client, refusal))
                else:
                    accepted.append(held.clients[client.pk])
            result.operations += _write_down(rollout, accepted, queued=queued)
        if not result.operations:
            rollout.delete()
            result.rollout = None
    return result


def _write_down(rollout: Rollout, clients: list[Client], *, queued: bool) -> list[Operation]:
    """Operations of the rollout, their first lines and their jobs."""
    operations = Operation.objects.bulk_create(
        Operation(
            kind=rollout.kind,
            client=client,
            rollout=rollout,
            queued=queued,
            requested_by_id=rollout.requested_by_id,
            requested_by_email=rollout.requested_by_email,
        )
        for client in clients
    )
    if rollout.kind == OperationKind.CREATE_SCHEMA:
        set_status_of_many(clients, ClientStatus.PROVISIONING)
    log_many(operations, _("Waiting for a worker.") if queued else _("Started in a terminal."))
    if queued:
        enqueue_many(operations)
    return operations


def _key(client: Client) -> int:
    return client.pk
