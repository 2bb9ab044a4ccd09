"""What mends a schema that is missing, or that no client has.

Each verb looks at the database as it is now, whatever the last check had found, and asks for an
operation in the same transaction. Each raises ``NotAllowed`` and what ``request_operation`` does.
"""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as, who
from console.history.record import save_as
from tenants.exceptions import (
    ClientArchived,
    ClientNotArchived,
    NameDoesNotMatch,
    NotProvisioned,
    OperationOpen,
    PublicIsUntouchable,
    TenantError,
)
from tenants.history import ClientEvent
from tenants.models import (
    Client,
    ClientStatus,
    Domain,
    FindingKind,
    Operation,
    OperationKind,
    Plan,
    SchemaFinding,
)
from tenants.models.finding import SchemaFindingQuerySet
from tenants.operations.authorise import ADD, DROP, PROVISION, require
from tenants.operations.locking import hold_client
from tenants.operations.plans import plan_hindrance
from tenants.operations.refusals import (
    ReactivateFirst,
    SchemaGone,
    SchemaHasClient,
    SchemaIsThere,
    SchemaNotOurs,
)
from tenants.operations.request import request_operation
from tenants.schemas.inspect import schema_exists, schemas_among
from tenants.schemas.records import like_ours, schemas_for_tenants


def provision_again(client: Client, *, acting_user: User | None) -> Operation:
    """Ask for a new, empty schema in place of one that is gone from the database.

    Raises what ``again_hindrance`` names, and ``ClientBusy``.
    """
    require(acting_user, PROVISION)
    with transaction.atomic(), acting_as(acting_user):
        for read in (_as_it_is, hold_client):
            client = read(client.pk)
            if refusal := again_hindrance(client):
                raise refusal
        client.provisioned_at = client.schema_version = None
        client.status = ClientStatus.DRAFT
        fields = ["provisioned_at", "schema_version", "status", "updated_at"]
        save_as(client, ClientEvent.SCHEMA_LOST, update_fields=fields)
        kind = OperationKind.CREATE_SCHEMA
        return request_operation(client, kind, acting_user=acting_user)


def again_hindrance(client: Client) -> TenantError | None:
    """Why no new schema can be made in place of the client's, or ``None``."""
    return again_hindrances([client])[client.pk]


def again_hindrances(clients: Collection[Client]) -> dict[int, TenantError | None]:
    """The same of each client, by its key; two queries for any number of them."""
    if not clients:
        return {}
    open_ones = {row.client_id: row for row in Operation.objects.open().filter(client__in=clients)}
    there = schemas_among([client.schema_name for client in clients])
    return {
        client.pk: _not_again(
            client,
            open_operation=open_ones.get(client.pk),
            is_there=client.schema_name in there,
        )
        for client in clients
    }


def _not_again(
    client: Client, *, open_operation: Operation | None, is_there: bool
) -> TenantError | None:
    if client.is_public:
        return PublicIsUntouchable()
    if open_operation is not None:
        return OperationOpen(client=client, operation=open_operation)
    if client.is_archived:
        return ClientArchived(client=client)
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    if client.is_suspended:
        return ReactivateFirst(client=client)
    return SchemaIsThere(schema=client.schema_name) if is_there else None


def adopt(
    schema_name: str,
    *,
    name: str = "",
    plan: Plan | None = None,
    admin_name: str = "",
    admin_email: str = "",
    domain: str = "",
    acting_user: User | None,
) -> Operation:
    """Make a client for a schema that none has, and ask for the schema to become that client's.

    Where a client has that name and no schema, it is that one, and the other answers are not
    asked for. Raises what ``orphan_hindrance`` names, and ``ValidationError`` with the fields'
    messages, as a form would show them.
    """
    require(acting_user, PROVISION)
    client = _named(schema_name)
    if refusal := orphan_hindrance(schema_name, client):
        raise refusal
    with transaction.atomic(), acting_as(acting_user):
        if client is None:
            require(acting_user, ADD)
            client = Client(
                schema_name=schema_name,
                name=name,
                plan=plan,
                admin_name=admin_name,
                admin_email=admin_email,
            )
            client.full_clean()
            if refusal := plan_hindrance(plan, had=None) if plan else None:
                raise ValidationError({"plan": str(refusal)})
            _add(client)
            address = Domain(tenant=client, domain=domain, is_primary=True)
            address.full_clean()
            address.save()
        _finding_of(client).update(client=client)
        kind = OperationKind.ADOPT_SCHEMA
        return request_operation(client, kind, acting_user=acting_user)


def drop_orphan(schema_name: str, *, typed_name: str, acting_user: User | None) -> Operation:
    """Ask for a schema that no client has to be dropped, with its roles and files.

    An operation is a client's, and so is what the history says of it: where there is none of that
    name, an archived one is made, and stays. Raises ``NameDoesNotMatch``, ``ClientNotArchived``
    where a client of that name is in use, and what ``orphan_hindrance`` names.
    """
    require(acting_user, DROP)
    if typed_name != schema_name:
        raise NameDoesNotMatch(schema=schema_name)
    client = _named(schema_name)
    if refusal := drop_hindrance(schema_name, client):
        raise refusal
    now = timezone.now()
    with transaction.atomic(), acting_as(acting_user):
        if client is None:
            note = _("Its schema had no client. It was dropped by %(who)s.")
            client = Client(
                schema_name=schema_name,
                name=schema_name,
                status=ClientStatus.ARCHIVED,
                archived_at=now,
                notes=note % {"who": who(acting_user.email if acting_user else "")},
            )
            _add(client)
        else:
            client = hold_client(client.pk)
            if refusal := drop_hindrance(schema_name, client):
                raise refusal
        client.provisioned_at = now
        client.save(update_fields=["provisioned_at", "updated_at"])
        _finding_of(client).delete()  # From here on the schema has a client.
        kind = OperationKind.DROP_SCHEMA
        return request_operation(client, kind, acting_user=acting_user)


def orphan_hindrance(schema_name: str, client: Client | None) -> TenantError | None:
    """Why the schema cannot become a client's, or ``None``; ``client`` is the one of that name."""
    if client is not None and client.is_provisioned:
        return SchemaHasClient(schema=schema_name, client=client)
    if not schema_exists(schema_name):
        return SchemaGone(schema=schema_name)
    if schema_name not in schemas_for_tenants() or not like_ours([schema_name]):
        return SchemaNotOurs(schema=schema_name)
    return None


def drop_hindrance(schema_name: str, client: Client | None) -> TenantError | None:
    """The same of dropping it."""
    if refusal := orphan_hindrance(schema_name, client):
        return refusal
    if client is not None and not client.is_archived:
        return ClientNotArchived(client=client)
    return None


def _finding_of(client: Client) -> SchemaFindingQuerySet:
    orphans = SchemaFinding.objects.filter(kind=FindingKind.ORPHANED)
    return orphans.filter(schema_name=client.schema_name)


def _add(client: Client) -> None:
    """Of two who are at it at once, the second waits for the first and is refused."""
    try:
        with transaction.atomic():
            client.save()
    except (IntegrityError, ValidationError) as exc:
        other = Client.objects.filter(schema_name=client.schema_name).first()
        if other is None:
            raise
        raise SchemaHasClient(schema=client.schema_name, client=other) from exc


def _named(schema_name: str) -> Client | None:
    return Client.objects.filter(schema_name=schema_name).first()


def _as_it_is(key: int) -> Client:
    return Client.objects.get(pk=key)
