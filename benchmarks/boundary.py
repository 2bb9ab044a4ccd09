"""What the role costs: requests that go from tenant to tenant, with and without it.

The other side is django-tenants' own backend at its fastest (one ``SET search_path`` for each
switch), logged in as the owner, on the same tables.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

from django.conf import settings
from django.db import connections
from django_tenants.postgresql_backend.base import DatabaseWrapper as StockWrapper

from benchmarks.report import Figure, take_turns
from benchmarks.tenants import make_tenants
from console.accounts.models import User
from tenants.models import Client

QUERIES_OF_A_PAGE = 12


def measure(*, say: Callable[[str], None], schemas: int = 4) -> list[Figure]:
    """The time of a switch with its first query, and of a page of queries after a switch."""
    tenants = make_tenants(schemas, say)
    settings.TENANT_LIMIT_SET_CALLS = True
    ours = connections["default"]
    stock = StockWrapper({**ours.settings_dict}, "default")
    figures = []
    for name, queries in (("switch and one query", 1), ("page of 12 queries", QUERIES_OF_A_PAGE)):
        say(f"Measuring: {name}")
        seconds = take_turns(
            {
                "console": _request(ours, tenants, queries),
                "django-tenants": _request(stock, tenants, queries),
            },
            rounds=15,
            times=200,
        )
        value, against = seconds["console"] * 1000, seconds["django-tenants"] * 1000
        met = value <= 1.1 * against
        figures.append(Figure(name, value, "ms", "django-tenants", against, "at most 1.1x", met))
    stock.close()
    return figures


def _request(wrapper: StockWrapper, tenants: list[Client], queries: int) -> Callable[[], None]:
    """Public first, as the middleware does, then the queries in the next tenant."""
    turn = cycle(tenants)

    def request() -> None:
        connections["default"] = wrapper
        wrapper.set_schema_to_public()
        Client.objects.filter(schema_name="public").first()
        wrapper.set_tenant(next(turn))
        for _query in range(queries):
            User.objects.first()

    return request
