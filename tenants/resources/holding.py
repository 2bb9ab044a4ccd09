"""Rows that files of the staff's side have written, held as everybody holds them."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

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
