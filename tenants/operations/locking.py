"""Holding clients' rows: no page waits for a worker, and no two wait for each other.

Whoever writes about a client holds its row, and takes it before the rows of its operations and
domains; of several clients, in the order of their keys. A worker holds the row for as long as it
works on the schema, a form or a file while it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import OperationalError, transaction

from tenants.exceptions import ClientBusy, TenantError
from tenants.models import Client, Operation, OperationKind
from tenants.operations.hindrance import hindrance, retry_hindrance
from tenants.schemas.locks import lock_timeout

#: So many rows are read, locked and written with one query each.
CHUNK = 1000
#: How long to wait for clients that somebody else holds (PostgreSQL's notation).
PATIENCE = "3s"
#: What PostgreSQL answers where a lock was not to be had.
LOCK_NOT_AVAILABLE = "55P03"

_Row = TypeVar("_Row")


def chunks(rows: Iterable[_Row], key: Callable[[_Row], Any]) -> Iterator[Sequence[_Row]]:
    """The rows in order of ``key``, which begins with the client's, in parts of ``CHUNK``."""
    ordered = sorted(rows, key=key)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def hold_client(key: Any, *, wait: bool = False) -> Client:
    """The client's row as it is now, locked until the transaction ends.

    Raises ``ClientBusy`` at once where somebody else holds it, and ``Client.DoesNotExist``. A
    worker, for whom nobody sits and waits, may ``wait``. Rows that name the client can be added
    by others meanwhile.
    """
    if wait:
        return Client.objects.select_for_update(no_key=True).get(pk=key)
    try:
        with transaction.atomic():
            return Client.objects.select_for_update(no_key=True, nowait=True).get(pk=key)
    except OperationalError as exc:
        if getattr(exc.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise ClientBusy(client=Client.objects.get(pk=key)) from exc


def hold_clients(keys: Iterable[int]) -> dict[int, Client]:
    """The rows of many clients, as ``hold_client``; those that stay held for ``PATIENCE`` are
    left out, and the caller has to say so."""
    held: dict[int, Client] = {}
    for chunk in chunks(set(keys), _itself):
        held |= _hold_chunk(chunk)
    return held


def _itself(key: int) -> int:
    return key


def _hold_chunk(keys: Sequence[int]) -> dict[int, Client]:
    rows = Client.objects.filter(pk__in=keys).order_by("pk")
    try:
        with transaction.atomic(), lock_timeout(PATIENCE):
            return {row.pk: row for row in rows.select_for_update(no_key=True)}
    except OperationalError:
        return {row.pk: row for row in rows.select_for_update(no_key=True, skip_locked=True)}


class Held:
    """The rows of many clients, locked until the transaction ends, and their open operations.

    Nobody should wait for a worker only to be refused: clients with an open operation are not
    locked, and neither are those that somebody else still holds after ``PATIENCE``.
    """

    def __init__(self, keys: Iterable[int]) -> None:
        keys = set(keys)
        self.clients = hold_clients(keys - set(_open_operations(keys)))
        self._open = _open_operations(keys)

    def refusal(
        self, client: Client, kind: OperationKind, *, queued: bool = True
    ) -> TenantError | None:
        """Why this kind of operation cannot be asked of the client as it is now, or ``None``."""
        held = self.clients.get(client.pk)
        open_operation = self._open.get(client.pk)
        now = held or client
        if refusal := hindrance(now, kind, open_operation=open_operation, queued=queued):
            return refusal
        return None if held else ClientBusy(client=client)

    def retry_refusal(self, operation: Operation) -> TenantError | None:
        """Why the failed operation cannot be asked for again, or ``None``."""
        client = operation.client
        held = self.clients.get(client.pk)
        open_operation = self._open.get(client.pk)
        refusal = retry_hindrance(
            operation, held or client, open_operation=open_operation, among_many=True
        )
        return refusal or (None if held else ClientBusy(client=client))

    def opened(self, operation: Operation) -> None:
        """From here on the client has this open operation."""
        self._open[operation.client_id] = operation


def _open_operations(keys: Iterable[int]) -> dict[int, Operation]:
    return {row.client_id: row for row in Operation.objects.open().filter(client__in=keys)}
