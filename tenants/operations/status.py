"""The status that operations give a client, with its history."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

from django.utils import timezone

from console.history.record import record_many
from tenants.models import Client, ClientStatus


def set_status(client: Client, status: ClientStatus) -> None:
    """Change the status of a client whose row the caller holds, if it is another one."""
    if client.status != status:
        client.status = status
        client.save(update_fields=["status", "updated_at"])


def set_status_of_many(clients: Iterable[Client], status: ClientStatus) -> None:
    """The same for many, with one update and one insert for their histories."""
    changed = [client for client in clients if client.status != status]
    before = [copy(client) for client in changed]
    now = timezone.now()
    for client in changed:
        client.status, client.updated_at = status, now
    keys = [client.pk for client in changed]
    Client.objects.filter(pk__in=keys).update(status=status, updated_at=now)
    record_many(zip(before, changed, strict=True), fields=["status"])
