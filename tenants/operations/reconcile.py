"""Making the record true again after a worker was killed."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.exceptions import SchemaBusy
from tenants.models import ClientStatus, Operation, OperationState
from tenants.operations.progress import log
from tenants.operations.queue import enqueue
from tenants.operations.run import MAX_ATTEMPTS, unprovision
from tenants.schemas.locks import schema_lock

logger = logging.getLogger(__name__)

#: A waiting operation this old, for which no job waits, is given one.
FORGOTTEN_AFTER = timedelta(seconds=30)


def reconcile() -> int:
    """Find operations that say they run and do not, and waiting ones that no job will run.

    A running operation holds the lock on its schema; where the lock is free, its process is
    gone. What it did is undone already, for it was one transaction. It goes back into the queue,
    or fails after the last attempt. Returns how many operations were mended.
    """
    mended = 0
    for operation in Operation.objects.filter(state=OperationState.RUNNING).select_related(
        "client"
    ):
        try:
            with schema_lock(operation.client.schema_name):
                mended += _interrupted(operation.pk)
        except SchemaBusy:
            continue  # It runs, as it says.
    waiting_job = ProcrastinateJob.objects.filter(
        status="todo", queueing_lock=Concat(Value("operation:"), Cast(OuterRef("pk"), TextField()))
    )
    forgotten = Operation.objects.filter(
        ~Exists(waiting_job),
        ~Q(client__status=ClientStatus.SUSPENDED),
        queued=True,
        state=OperationState.QUEUED,
        created_at__lt=timezone.now() - FORGOTTEN_AFTER,
    )
    mended += sum(enqueue(operation) for operation in forgotten)
    return mended


def _interrupted(operation_id: int) -> bool:
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(pk=operation_id)
        if operation.state != OperationState.RUNNING:
            return False
        logger.warning("Operation %s was interrupted.", operation.pk)
        if operation.attempts >= MAX_ATTEMPTS:
            operation.state = OperationState.FAILED
            operation.finished_at = timezone.now()
            operation.error = _(
                "The worker stopped in the middle, %(n)d times in a row. Nothing was left half "
                "done. Have an operator look at the worker's log, then try again."
            ) % {"n": operation.attempts}
            operation.save()
            log(operation, operation.error)
            unprovision(operation)
            return True
        operation.state = OperationState.QUEUED
        operation.save()
        log(operation, _("The worker stopped in the middle. Nothing was left half done."))
        enqueue(operation)
    return True
