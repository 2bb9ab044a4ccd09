"""An operation's log, visible while the operation's own transaction is still open."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from django.db import Error, connection
from django_tenants.utils import schema_context

from tenants.models import Operation, OperationEvent
from tenants.schemas.migrate import Report
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)


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
        yield lambda message: _log_from_anywhere(operation, message)
        return

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="operation-log") as thread:
        try:
            yield lambda message: thread.submit(_write, operation, message).result()
        finally:
            thread.submit(_close).result()


def _log_from_anywhere(operation: Operation, message: str) -> None:
    """Add a line while the connection is in a tenant's schema, as the work often is."""
    with schema_context(PUBLIC_SCHEMA):
        log(operation, message)


def _write(operation: Operation, message: str) -> None:
    """Add a line from the thread; a line that cannot be written must not undo the work."""
    connection.set_schema_to_public()
    try:
        log(operation, message)
    except Error:
        logger.exception("A line of the log of operation %s was lost: %s", operation.pk, message)
        _close()


def _close() -> None:
    """End the thread's connection; the work may be committed by now, and must not seem to fail."""
    with suppress(Error):
        connection.close()
