"""Rows of every model of the staff's side, in every state that a button is for."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone

from console.accounts.models import User
from console.accounts.roles import StaffRole
from console.history.record import record_event
from tenants.models import (
    Client,
    ClientStatus,
    Domain,
    FindingKind,
    Operation,
    OperationKind,
    OperationState,
    Plan,
    Rollout,
    RolloutState,
    SchemaFinding,
)
from tenants.operations.request import request_operation
from tests.importing import an_import
from tests.role_lines import Scene
from tests.tenants.fleet import make_orphan

#: The first bytes of a PNG; who may fetch it is asked here, not what is in it.
_A_PICTURE = b"\x89PNG\r\n\x1a\n"


def make_scene() -> Scene:
    """Made in a few statements: many tests begin with it."""
    ready = Client.objects.get(schema_name="alpha")
    behind = Client.objects.get(schema_name="beta")
    draft, failed, waiting, suspended, archived, missing = _clients(
        "draft", "failed", "waiting", "suspended", "archived", "missing", plan=ready.plan
    )
    now = timezone.now()
    Client.objects.filter(pk=suspended.pk).update(
        status=ClientStatus.SUSPENDED, provisioned_at=now, suspended_at=now
    )
    Client.objects.filter(pk=archived.pk).update(
        status=ClientStatus.ARCHIVED,
        provisioned_at=now,
        archived_at=now,
        removal_on=timezone.localdate() - timedelta(days=1),
    )
    Client.objects.filter(pk=missing.pk).update(status=ClientStatus.ACTIVE, provisioned_at=now)
    rollout = Rollout.objects.create(kind=OperationKind.CREATE_SCHEMA)
    failure = Operation.objects.create(
        kind=OperationKind.CREATE_SCHEMA,
        client=failed,
        rollout=rollout,
        state=OperationState.FAILED,
    )
    wait = request_operation(waiting, OperationKind.CREATE_SCHEMA, acting_user=None)
    ready.logo.save("logo.png", ContentFile(_A_PICTURE))
    return {
        "ready": ready.pk,
        "logo": ready.logo.name,
        "behind": behind.pk,
        "draft": draft.pk,
        "suspended": suspended.pk,
        "archived": archived.pk,
        "schema archived": archived.schema_name,
        "public": Client.objects.get(schema_name="public").pk,
        "domain": ready.domains.get().pk,
        "second domain": Domain.objects.create(
            tenant=ready, domain="second.localhost", is_primary=False
        ).pk,
        "plan": ready.plan_id,
        "spare plan": Plan.objects.create(code="spare", name="Spare").pk,
        "retired plan": Plan.objects.create(code="old", name="Old", is_retired=True).pk,
        "failed": failure.pk,
        "waiting": wait.pk,
        "rollout": rollout.pk,
        "going": Rollout.objects.create(kind=OperationKind.MIGRATE_SCHEMA).pk,
        "paused": Rollout.objects.create(
            kind=OperationKind.MIGRATE_SCHEMA, state=RolloutState.PAUSED
        ).pk,
        **_findings(ready, missing),
        "entry": record_event(ready, "suspended", reason="Bills.").pk,
        "user": User.objects.create_user("somebody@console.example", "pw", is_staff=True).pk,
        "group": Group.objects.create(name="Some").pk,
        "role": StaffRole.VIEWER.value,
        "imported": an_import("tenants.client").pk,
    }


def _findings(drifted: Client, missing: Client) -> Scene:
    orphan = make_orphan("lost")
    rows = SchemaFinding.objects.bulk_create(
        [
            SchemaFinding(schema_name="alpha", client=drifted, kind=FindingKind.DRIFTED),
            SchemaFinding(schema_name="missing", client=missing, kind=FindingKind.MISSING),
            SchemaFinding(schema_name=orphan, kind=FindingKind.ORPHANED),
        ]
    )
    return {"schema orphaned": orphan, **{row.kind: row.pk for row in rows}}


def _clients(*names: str, plan: Plan | None) -> list[Client]:
    """Clients as ``make_client`` makes them, without a schema."""
    clients = Client.objects.bulk_create(
        Client(
            schema_name=name,
            name=name.title(),
            admin_name="Ada Owner",
            admin_email=f"ada@{name}.example",
            plan=plan,
        )
        for name in names
    )
    Domain.objects.bulk_create(
        Domain(tenant=client, domain=f"{client.schema_name}.localhost", is_primary=True)
        for client in clients
    )
    return clients
