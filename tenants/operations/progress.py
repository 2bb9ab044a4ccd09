"""An operation's log, visible while the operation's own transaction is still open."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from tenants.models import Operation, OperationEvent
from tenants.schemas.migrate import Report


def log(operation: Operation, message: str) -> None:
    """Add a line to the operation's log, in the connection's transaction if it has one."""
    OperationEvent.objects.create(operation_id=operation.pk, message=str(message)[:500])


@contextmanager
def live_log(operation: Operation) -> Iterator[Report]:
    """A function that adds lines which others see at once.

    Rows inside a transaction are not visible, so the lines go through a connection of their own,
    that of a thread. A caller that is itself in a transaction gets plain rows: nobody could see
    the operation yet.
    """
    if connection.in_atomic_block:
        yield lambda message: log(operation, message)
        return

    def write(message: str) -> None:
        connection.set_schema_to_public()
        log(operation, message)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="operation-log") as thread:
        try:
            yield lambda message: thread.submit(write, message).result()
        finally:
            thread.submit(connection.close).result()
