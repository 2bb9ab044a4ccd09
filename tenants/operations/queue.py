"""The one place that puts operations into the queue."""

from __future__ import annotations

from django.db import transaction
from procrastinate import exceptions

from tenants.models import Operation


def enqueue(operation: Operation) -> bool:
    """Add a job for the operation, in the caller's transaction if there is one.

    Returns ``False`` where a job for it is waiting already. There is no lock on the job: a job
    that a dead worker left behind would block all later ones. The verb's own lock on the schema
    keeps two workers off it, and an operation that is not waiting is not run again.
    """
    from tenants.tasks import run_operation

    job = run_operation.configure(queueing_lock=f"operation:{operation.pk}")
    try:
        with transaction.atomic():
            job.defer(operation_id=operation.pk)
    except exceptions.AlreadyEnqueued:
        return False
    return True
