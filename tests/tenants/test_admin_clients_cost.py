"""What the list of clients costs: as many queries for 5,000 clients as for 50."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from tenants.models import (
    Client,
    ClientStatus,
    Domain,
    Operation,
    OperationKind,
    OperationState,
    Plan,
    SchemaVersion,
)
from tenants.schemas.migrate import known_migrations
from tests.tenants.client_pages import LIST

pytestmark = pytest.mark.long

#: The host, the session, the user; the versions of schemas; the plans and the tags that filters
#: offer; how many there are of each status; the rows.
QUERIES = 8


def add_clients(number: int) -> None:
    """Clients of every sort, each with a domain and most with operations."""
    plan = Plan.objects.get_or_create(code="team", defaults={"name": "Team"})[0]
    known = sorted(known_migrations())
    versions = [SchemaVersion.objects.of(names) for names in (known, known[:-1])]
    now = timezone.now()
    clients = []
    for n in range(number):
        is_made = n % 3 != 0
        clients.append(
            Client(
                name=f"Company {n * 7919 % number:05}",
                schema_name=f"company_{n}",
                plan=plan,
                admin_name="Ada",
                admin_email=f"ada@company{n}.example",
                tags=[f"tag {n % 30}"],
                status=ClientStatus.ACTIVE if is_made else ClientStatus.DRAFT,
                provisioned_at=now if is_made else None,
                schema_version=versions[n % 10 == 0] if is_made else None,
                trial_ends_on=timezone.localdate() + timedelta(days=n % 60 - 20),
            )
        )
    clients = Client.objects.bulk_create(clients)
    Domain.objects.bulk_create(
        Domain(tenant=client, domain=f"{client.schema_name.replace('_', '-')}.example.org")
        for client in clients
    )
    Operation.objects.bulk_create(
        Operation(
            client=client,
            kind=OperationKind.CREATE_SCHEMA if turn == 0 else OperationKind.MIGRATE_SCHEMA,
            state=OperationState.FAILED if n % 11 == 0 else OperationState.SUCCEEDED,
        )
        for n, client in enumerate(clients)
        if n % 4
        for turn in range(2)
    )


@pytest.mark.parametrize("number", [50, 5000])
def test_costs_the_same_for_any_number(
    staff_browser: Callable[..., Any], operator: User, number: int
) -> None:
    add_clients(number)
    browser = staff_browser(operator)
    browser.get(LIST)  # Content types are read once per process.
    for query in (
        {},
        {"p": 2} if number > 50 else {"p": 1},
        {"q": "company"},
        {"q": "0001 ada example.org"},
        {"status": "active"},
        {"schema": "behind"},
        {"tag": "tag 7", "trial": "soon"},
        {"created_at_from": "2020-01-01"},
        {"o": "-3.2"},
        {"o": "5"},
        {"all": ""},
        {"_facets": "True"},
    ):
        if "o" in query:
            browser.get(LIST, query)  # Choosing an order writes it down, once.
        with CaptureQueriesContext(connection) as captured:
            response = browser.get(LIST, query)
        assert response.status_code == 200
        statements = "\n".join(entry["sql"][:200] for entry in captured)
        assert len(captured) == QUERIES, f"{query}\n{statements}"
