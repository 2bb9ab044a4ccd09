"""What the tests of the staff's home page share: clients in every state, and how many are said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from console.accounts.models import User
from tenants.models import Client, Operation, OperationKind, Plan, SchemaVersion
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.database import make_client


def make_mixed(alpha: Client, beta: Client, operator: User) -> dict[str, Client]:
    """Six clients: alpha is up to date and on trial, beta is behind and quiet, one is archived
    and due, one is suspended and its trial is over, one waits, and one could not be made."""
    today, now = timezone.localdate(), timezone.now()
    make_client("waits", ready=False)
    make_client("fails", ready=False)
    for name in ("waits", "fails"):
        client = Client.objects.get(schema_name=name)
        request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=operator)
    fail(Operation.objects.get(client__schema_name="fails"), ValueError("no"))
    big = Plan.objects.create(code="big", name="Big")
    for name, status in (("archived", "archived"), ("suspended", "suspended")):
        Client.objects.create(
            schema_name=name,
            name=name.title(),
            plan=big,
            admin_email="a@b.example",
            status=status,
            provisioned_at=now,
            schema_version=alpha.schema_version,
            **{f"{status}_at": now},
        )
    rows = Client.objects.filter
    rows(schema_name="archived").update(removal_on=today)
    rows(schema_name="suspended").update(trial_ends_on=today - timedelta(days=1))
    rows(pk=alpha.pk).update(trial_ends_on=today + timedelta(days=14))
    old = SchemaVersion.objects.of(["projects.0001_initial"])
    rows(pk=beta.pk).update(
        schema_version=old,
        last_active_at=now - timedelta(days=31),
        trial_ends_on=today + timedelta(days=15),
    )
    rows(schema_name="waits").update(created_at=timezone.make_aware(datetime(today.year - 1, 1, 1)))
    return {client.schema_name: client for client in Client.objects.companies()}


def home(browser: Any) -> Any:
    page = browser.get("/")
    assert page.status_code == 200
    return page


def count_of(browser: Any, url: str) -> int:
    """How many rows the list at this address says that it has."""
    page = browser.get(url)
    assert page.status_code == 200, url
    return page.context["cl"].result_count
