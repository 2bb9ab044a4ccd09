"""Rows that files of the staff's side have written: held as everybody holds them, and kept where a
client cannot do without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, Model, OuterRef

from console.importing.writing import lock_rows
from tenants.models import Client, Domain
from tenants.operations.locking import hold_clients


def hold_with_clients(model: type[Model], keys: list[int]) -> dict[int, Any]:
    """Lock the rows, of clients and their domains only those whose clients nobody else holds:
    a client before its domains."""
    if model is Client:
        return dict(hold_clients(keys))
    if model is Domain:
        clients = hold_clients(
            Domain.objects.filter(pk__in=keys).values_list("tenant", flat=True).distinct()
        )
        keys = list(
            Domain.objects.filter(pk__in=keys, tenant__in=clients).values_list("pk", flat=True)
        )
    return lock_rows(model, keys)


def kept_by_clients(model: type[Model], rows: Collection[Any]) -> set[int]:
    """The keys of domains that are all that a client with a schema has."""
    if model is not Domain:
        return set()
    named: dict[int, set[int]] = defaultdict(set)
    for domain in rows:
        named[domain.tenant_id].add(domain.pk)
    clients = Client.objects.provisioned().filter(pk__in=named)
    others = Domain.objects.filter(tenant=OuterRef("pk")).exclude(pk__in=[row.pk for row in rows])
    last = clients.filter(~Exists(others)).values_list("pk", flat=True)
    return set().union(*(named[key] for key in last))
