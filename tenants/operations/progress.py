"""An operation's log, visible while the operation's own transaction is open, and its steps."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import Error, connection
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.models import ATTEMPT, STEPS, Operation, OperationEvent, OperationState
from tenants.schemas.migrate import StepReport
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)


def log(operation: Operation, message: str, *, step: str = "") -> None:
    """Add a line to the operation's log, in the connection's transaction if it has one.

    ``step`` is the code of the step that the line begins.
    """
    line = OperationEvent(operation_id=operation.pk, message=str(message)[:500], step=step)
    line.save(force_insert=True)


def log_many(operations: Iterable[Operation], message: str) -> None:
    """Add the same line to the logs of many operations."""
    OperationEvent.objects.bulk_create(
        OperationEvent(operation_id=operation.pk, message=message[:500]) for operation in operations
    )


StepStatus = Literal["todo", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class StepState:
    """How far one step of an operation has come."""

    code: str
    label: str
    state: StepStatus
    #: How long it took, or has taken so far; ``None`` where the log does not say.
    seconds: float | None


def steps_of(operation: Operation) -> list[StepState]:
    """The steps of the operation's latest attempt, in order; one query, or none if the events
    are prefetched.

    An operation that waits has all of them before it, whatever an earlier attempt had done.
    """
    begun = _begun(operation) if operation.state in _HAS_STEPS else {}
    # A step ends where the next one that was begun begins.
    ends = [*list(begun.values())[1:], operation.finished_at or timezone.now()]
    took = {code: end - begun[code] for code, end in zip(begun, ends, strict=False)}
    codes = [code for code, _label in STEPS[operation.kind]]
    reached = max((codes.index(code) for code in begun), default=0)
    return [
        StepState(
            code=code,
            label=str(label),
            state=_status(operation, place - reached),
            seconds=took[code].total_seconds() if code in took else None,
        )
        for place, (code, label) in enumerate(STEPS[operation.kind])
    ]


_HAS_STEPS = (OperationState.RUNNING, OperationState.SUCCEEDED, OperationState.FAILED)


def _begun(operation: Operation) -> dict[str, datetime]:
    """When each step of the latest attempt was begun, in the order of the log."""
    codes = {code for code, _label in STEPS[operation.kind]}
    begun: dict[str, datetime] = {}
    for event in operation.events.all():
        if event.step == ATTEMPT:
            begun.clear()
        elif event.step in codes:
            begun.setdefault(event.step, event.at)
    return begun


def _status(operation: Operation, distance: int) -> StepStatus:
    """The status of the step that lies ``distance`` after the last one that was begun."""
    match operation.state:
        case OperationState.SUCCEEDED:
            return "done"
        case OperationState.RUNNING:
            return "done" if distance < 0 else "todo" if distance else "running"
        case OperationState.FAILED:
            return "done" if distance < 0 else "todo" if distance else "failed"
        case _:
            return "todo"


@contextmanager
def live_log(operation: Operation) -> Iterator[StepReport]:
    """A function that adds lines which others see at once.

    Rows inside a transaction are not visible, so the lines go through a connection of their own,
    that of a thread. A caller that is itself in a transaction gets plain rows: nobody could see
    the operation yet.
    """
    if connection.in_atomic_block:
        yield lambda line, *, step="": _log_from_anywhere(operation, line, step)
        return

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="operation-log") as thread:
        try:
            yield lambda line, *, step="": thread.submit(_write, operation, line, step).result()
        finally:
            thread.submit(_close).result()


def _log_from_anywhere(operation: Operation, message: str, step: str) -> None:
    """Add a line while the connection is in a tenant's schema, as the work often is."""
    with schema_context(PUBLIC_SCHEMA):
        log(operation, message, step=step)


def _write(operation: Operation, message: str, step: str) -> None:
    """Add a line from the thread; a line that cannot be written must not undo the work."""
    connection.set_schema_to_public()
    try:
        log(operation, message, step=step)
    except Error:
        logger.exception("A line of the log of operation %s was lost: %s", operation.pk, message)
        _close()


def _close() -> None:
    """End the thread's connection; the work may be committed by now, and must not seem to fail."""
    with suppress(Error):
        connection.close()
