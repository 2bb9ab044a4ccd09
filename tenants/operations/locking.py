"""Holding many clients' rows at once: a few queries, no waiting for a worker, no deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import OperationalError, transaction

from tenants.exceptions import ClientBusy, TenantError
from tenants.models import Client, Operation, OperationKind
from tenants.operations.hindrance import hindrance
from tenants.schemas.locks import lock_timeout

#: So many rows are read, locked and written with one query each.
CHUNK = 1000
#: How long to wait for clients that somebody else holds (PostgreSQL's notation).
PATIENCE = "3s"

_Row = TypeVar("_Row")


def chunks(rows: Iterable[_Row], key: Callable[[_Row], Any]) -> Iterator[Sequence[_Row]]:
    """The rows in order of ``key``, which begins with the client's, in parts of ``CHUNK``."""
    ordered = sorted(rows, key=key)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


class Held:
    """The rows of many clients, locked until the transaction ends, and their open operations.

    A worker holds the row for as long as it works on the schema, and nobody should wait for that
    only to be refused: clients with an open operation are not locked, and neither are those that
    somebody else still holds after ``PATIENCE``.
    """

    def __init__(self, keys: Iterable[int]) -> None:
        keys = set(keys)
        self.clients = lock_clients(keys - set(_open_operations(keys)))
        self._open = _open_operations(keys)

    def refusal(self, client: Client, kind: OperationKind) -> TenantError | None:
        """Why this kind of operation cannot be asked of the client as it is now, or ``None``."""
        held = self.clients.get(client.pk)
        open_operation = self._open.get(client.pk)
        if refusal := hindrance(held or client, kind, open_operation=open_operation):
            return refusal
        return None if held else ClientBusy(client=client)

    def opened(self, operation: Operation) -> None:
        """From here on the client has this open operation."""
        self._open[operation.client_id] = operation


def lock_clients(keys: Iterable[int]) -> dict[int, Client]:
    """Lock the clients' rows, in the order of their keys, so that of two who do so at the same
    time one waits. Those that stay held for ``PATIENCE`` are left out."""
    rows = Client.objects.filter(pk__in=keys).order_by("pk")
    try:
        with transaction.atomic(), lock_timeout(PATIENCE):
            return {row.pk: row for row in rows.select_for_update(no_key=True)}
    except OperationalError:
        return {row.pk: row for row in rows.select_for_update(no_key=True, skip_locked=True)}


def _open_operations(keys: Iterable[int]) -> dict[int, Operation]:
    return {row.client_id: row for row in Operation.objects.open().filter(client__in=keys)}
