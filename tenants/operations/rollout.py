"""Asking for the same for many clients: what is done for one, with a few queries for a thousand.

Who cannot have it is named in the result, with the reason, and keeps nobody else from it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import TenantError
from tenants.models import (
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    Rollout,
    RolloutState,
    SchemaVersion,
)
from tenants.operations.authorise import permission_for, require, signature
from tenants.operations.locking import Held, chunks
from tenants.operations.progress import log_many
from tenants.operations.queue import enqueue, enqueue_many, enqueue_shares
from tenants.operations.status import set_status_of_many
from tenants.schemas.migrate import known_migrations

#: The column that has a wave's number takes no larger one.
WAVES_AT_MOST = 32_767


@dataclass(frozen=True, slots=True)
class Waves:
    """In what order the clients have their turn; as it stands, all at once."""

    #: How many go first, by chance, or the keys of those that do.
    canaries: int | Collection[int] = 0
    #: How many go together after them; ``None``: all that are left. More of them where there
    #: would be more than ``WAVES_AT_MOST`` waves.
    size: int | None = None
    #: Stops the rollout after so many failures; ``None``: any number does not.
    abort_after: int | None = None
    #: Stop after the canaries in any case.
    look_first: bool = False

    def of(self, clients: Sequence[Client]) -> dict[int, int]:
        """The wave of each client, by its key."""
        keys = [client.pk for client in clients]
        if isinstance(self.canaries, int):
            first = set(random.sample(keys, min(self.canaries, len(keys))))
        else:
            first = set(self.canaries).intersection(keys)
        rest = [key for key in keys if key not in first]
        size = max(self.size or len(rest), -(-len(rest) // WAVES_AT_MOST), 1)
        return dict.fromkeys(first, 0) | {key: 1 + n // size for n, key in enumerate(rest)}


ALL_AT_ONCE = Waves()


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
    waves: Waves = ALL_AT_ONCE,
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
        rollout = Rollout.objects.create(
            kind=kind,
            abort_after=waves.abort_after,
            look_first=waves.look_first,
            target=target_of(kind),
            **signature(acting_user),
        )
        result = RolloutRequest(rollout)
        accepted = []
        for chunk in chunks({client.pk: client for client in clients}.values(), _key):
            held = Held(client.pk for client in chunk)
            for client in chunk:
                if refusal := held.refusal(client, kind, queued=queued):
                    result.refused.append((client, refusal))
                else:
                    accepted.append(held.clients[client.pk])
        wave_of = waves.of(accepted)
        for chunk in chunks(accepted, _key):
            result.operations += _write_down(rollout, chunk, wave_of, queued=queued)
        if not result.operations:
            rollout.delete()
            result.rollout = None
        elif queued and is_shared(rollout):
            enqueue_shares(rollout)
    return result


def target_of(kind: str) -> SchemaVersion | None:
    """What the code that asks wants the schemas to have: older code, which a worker may still
    have, must not take it for done."""
    if kind != OperationKind.MIGRATE_SCHEMA:
        return None
    return SchemaVersion.objects.of(known_migrations())


def is_shared(rollout: Rollout) -> bool:
    """Whether workers share it, wave by wave; otherwise each of its operations has a job."""
    return rollout.kind == OperationKind.MIGRATE_SCHEMA


def is_carried_out(rollout: Rollout) -> bool:
    """Whether what waits in it has its turn with the others: a job for one of them leaves it."""
    return is_shared(rollout) and not rollout.is_over


def hand_on(operation: Operation) -> None:
    """Have a worker take an operation that could not be begun until now: by itself, or with its
    rollout, if that is under way, when its turn comes there."""
    rollout = operation.rollout
    if rollout is None or not is_carried_out(rollout):
        enqueue(operation)
    elif rollout.state == RolloutState.RUNNING:
        enqueue_shares(rollout)


def _write_down(
    rollout: Rollout, clients: Sequence[Client], wave_of: dict[int, int], *, queued: bool
) -> list[Operation]:
    """Operations of the rollout, their first lines and their jobs."""
    operations = Operation.objects.bulk_create(
        Operation(
            kind=rollout.kind,
            client=client,
            rollout=rollout,
            wave=wave_of[client.pk],
            queued=queued,
            requested_by_id=rollout.requested_by_id,
            requested_by_email=rollout.requested_by_email,
        )
        for client in clients
    )
    if rollout.kind == OperationKind.CREATE_SCHEMA:
        set_status_of_many(clients, ClientStatus.PROVISIONING)
    log_many(operations, _("Waiting for a worker.") if queued else _("Started in a terminal."))
    if queued and not is_shared(rollout):
        enqueue_many(operations)
    return operations


def _key(client: Client) -> int:
    return client.pk
