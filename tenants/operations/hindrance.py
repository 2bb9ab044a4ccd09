"""What may be asked of a client as it is: one rule, for verbs, buttons and selections."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format

from tenants.exceptions import (
    AlreadyProvisioned,
    ClientArchived,
    ClientNotActive,
    ClientNotArchived,
    ClientNotSuspended,
    ClientSuspended,
    DomainIsLast,
    DomainIsPrimary,
    DropIsAlone,
    DropIsOutdated,
    NothingToRestore,
    NotProvisioned,
    OperationOpen,
    PublicIsUntouchable,
    StillKept,
    TenantError,
)
from tenants.models import Client, ClientStatus, Domain, Operation, OperationKind


def hindrance(
    client: Client,
    kind: OperationKind,
    *,
    open_operation: Operation | None,
    queued: bool = True,
) -> TenantError | None:
    """Why this operation cannot be asked of the client as it is, or ``None``.

    ``open_operation`` is the client's operation that is not over, if it has one. An operator in a
    terminal (not ``queued``) may also migrate the schema of a suspended or archived client.
    """
    if client.is_public:
        return PublicIsUntouchable()
    if open_operation is not None:
        return OperationOpen(client=client, operation=open_operation)
    match kind:
        case OperationKind.CREATE_SCHEMA | OperationKind.ADOPT_SCHEMA:
            return _creating(client)
        case OperationKind.MIGRATE_SCHEMA:
            return _migrating(client, queued=queued)
        case OperationKind.DROP_SCHEMA:
            return _dropping(client)


def _creating(client: Client) -> TenantError | None:
    if client.is_archived:
        return ClientArchived(client=client)
    return AlreadyProvisioned(client=client) if client.is_provisioned else None


def _migrating(client: Client, *, queued: bool) -> TenantError | None:
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    if queued and client.is_archived:
        return ClientArchived(client=client)
    return ClientSuspended(client=client) if queued and client.is_suspended else None


def _dropping(client: Client) -> TenantError | None:
    if not client.is_archived:
        return ClientNotArchived(client=client)
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    if client.removal_on is not None and client.removal_on > timezone.localdate():
        return StillKept(client=client, day=date_format(client.removal_on))
    return None


def retry_hindrance(
    operation: Operation, client: Client, *, open_operation: Operation | None, among_many: bool
) -> TenantError | None:
    """Why the failed ``operation`` of the ``client`` cannot be asked for again, or ``None``.

    A drop was confirmed by the name of one schema. It is never asked for again among many, nor
    after the client was restored and archived anew.
    """
    kind = OperationKind(operation.kind)
    if kind == OperationKind.DROP_SCHEMA:
        if among_many:
            return DropIsAlone(operation=operation)
        if client.archived_at is not None and operation.asked_at < client.archived_at:
            return DropIsOutdated(client=client)
    return hindrance(client, kind, open_operation=open_operation)


class Step(StrEnum):
    """What the verbs of ``lifecycle`` do to a client."""

    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"


def step_hindrance(
    client: Client, step: Step, *, open_operation: Operation | None
) -> TenantError | None:
    """Why this step cannot be taken with the client as it is, or ``None``.

    ``open_operation`` is as in ``hindrance``. An archived client can be archived again: that
    changes the day until which its data is kept.
    """
    if client.is_public:
        return PublicIsUntouchable()
    match step:
        case Step.SUSPEND if client.status != ClientStatus.ACTIVE:
            return ClientNotActive(client=client)
        case Step.REACTIVATE if not client.is_suspended:
            return ClientNotSuspended(client=client)
        case Step.RESTORE if not client.is_archived:
            return NothingToRestore(client=client)
        case Step.ARCHIVE | Step.RESTORE if open_operation is not None:
            return OperationOpen(client=client, operation=open_operation)
    return None


def domain_hindrance(
    domain: Domain, *, others: Collection[Domain] | None = None
) -> TenantError | None:
    """Why the domain cannot be taken away from its client, or ``None``.

    A client with a schema keeps a primary domain, and while it is archived all that it has, so
    that it can be restored as it was. One without a schema can give up its last one; once it is
    archived, in any order. ``others`` are those that the client will have beside it, where more is
    changed at once; otherwise they are asked for.
    """
    client = domain.tenant
    if client.is_public:
        return PublicIsUntouchable()
    if client.is_archived:
        return ClientArchived(client=client) if client.is_provisioned else None
    if others is None:
        others = client.domains.exclude(pk=domain.pk)
    if not others:
        return DomainIsLast(domain=domain, client=client) if client.is_provisioned else None
    if domain.is_primary and not any(other.is_primary for other in others):
        return DomainIsPrimary(domain=domain, client=client)
    return None
