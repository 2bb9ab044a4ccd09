"""Adding a client from outside a form: refused for the same reasons."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection

from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.exceptions import NotAllowed
from tenants.models import Client, ClientStatus, Plan
from tenants.operations.clients import create_client


def add(user: User | None = None, **values: Any) -> Client:
    given = {
        "schema_name": "gamma",
        "name": "Gamma",
        "domain": "gamma.localhost",
        "admin_name": "Gus",
        "admin_email": "gus@gamma.example",
        "plan": Plan.objects.get(code="team"),
    }
    return create_client(**{**given, **values}, acting_user=user)


def test_adds_a_draft_with_its_primary_domain(operator: User) -> None:
    client = add(operator)
    assert client.status == ClientStatus.DRAFT
    assert [(d.domain, d.is_primary) for d in client.domains.all()] == [("gamma.localhost", True)]
    entries = LogEntry.objects.about(client)
    assert {entry.actor_email for entry in entries} == {operator.email}


def test_needs_the_right_to_add_clients(viewer: User) -> None:
    with pytest.raises(NotAllowed, match="Vera"):
        add(viewer)
    viewer.user_permissions.add(Permission.objects.get(codename="add_client"))
    assert add(User.objects.get(pk=viewer.pk)).pk


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_name", "alpha"),
        ("schema_name", "public"),
        ("schema_name", "by_hand"),
        ("domain", "alpha.localhost"),
        ("domain", "http://gamma.localhost"),
        ("admin_email", "nobody"),
    ],
)
def test_a_mistake_is_named_and_adds_nothing(alpha: Client, field: str, value: str) -> None:
    with owner_rights(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA by_hand")
    with pytest.raises(ValidationError) as refusal:
        add(**{field: value})
    assert field in refusal.value.message_dict
    assert not Client.objects.filter(name="Gamma").exists()
