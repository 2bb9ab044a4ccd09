"""Making the record true again after a worker was killed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.exceptions import ClientBusy, SchemaBusy
from tenants.models import (
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
    Rollout,
    RolloutState,
)
from tenants.models.operation import OperationQuerySet
from tenants.operations.files import settle_files, sweep_files
from tenants.operations.locking import hold_client
from tenants.operations.parts import has_applied_parts
from tenants.operations.progress import log
from tenants.operations.queue import enqueue_many, enqueue_shares
from tenants.operations.rollout import hand_on, is_shared
from tenants.operations.run import MAX_ATTEMPTS, unprovision
from tenants.operations.share import name_of_run
from tenants.operations.waves import advance
from tenants.schemas.locks import held_among, schema_lock

logger = logging.getLogger(__name__)

#: A waiting operation this old, for which no job waits, is given one.
FORGOTTEN_AFTER = timedelta(seconds=30)


def reconcile() -> int:
    """Find operations that say they run and do not, and waiting ones that no job will run.

    A running operation holds the lock on its schema; where the lock is free, its process is
    gone. What it did is undone already, for it was one transaction, or is written down, part by
    part. It goes back into the queue, or fails after the last attempt. One that ran in a terminal
    fails at once, for nobody else runs it; its process holds the lock while it waits for its next
    attempt, too. Returns how many operations were mended.
    """
    long_ago = timezone.now() - FORGOTTEN_AFTER
    waiting = Operation.objects.filter(state=OperationState.QUEUED, created_at__lt=long_ago)
    running = Operation.objects.filter(state=OperationState.RUNNING)
    mended = 0
    for operation in (running | _abandoned(waiting)).select_related("client"):
        try:
            with run_lock(operation), schema_lock(operation.client.schema_name):
                # Whoever restores the client after this finds its files there.
                settle_files(operation.client.schema_name)
                mended += _interrupted(operation)
        except SchemaBusy:
            continue  # It runs, as it says.
        except ClientBusy:
            continue  # Its turn is next time.
    waiting_job = ProcrastinateJob.objects.filter(
        status="todo", queueing_lock=Concat(Value("operation:"), Cast(OuterRef("pk"), TextField()))
    )
    forgotten = waiting.filter(
        ~Exists(waiting_job), ~Q(client__status=ClientStatus.SUSPENDED), queued=True
    )
    # What is in a rollout that workers share has its turn with that.
    shared = Q(kind=OperationKind.MIGRATE_SCHEMA, rollout__isnull=False)
    forgotten = forgotten.exclude(shared & ~Q(rollout__state=RolloutState.OVER))
    sweep_files()
    _carry_on()
    return mended + enqueue_many(forgotten)


def _abandoned(waiting: OperationQuerySet) -> OperationQuerySet:
    """Those that wait in a terminal, but for those of a run that lives: there may be thousands."""
    in_terminal = waiting.filter(queued=False)
    rollouts = in_terminal.filter(rollout__isnull=False).order_by("rollout_id")
    names = {
        name_of_run(key): key for key in rollouts.values_list("rollout_id", flat=True).distinct()
    }
    living = [names[name] for name in held_among(names)] if names else []
    return in_terminal.exclude(rollout__in=living)


def _carry_on() -> None:
    """Hand rollouts that are under way to the workers again, and close those that are over."""
    for rollout in Rollout.objects.exclude(state=RolloutState.OVER):
        if advance(rollout.pk) and is_shared(rollout) and is_queued(rollout):
            enqueue_shares(rollout)


def is_queued(rollout: Rollout) -> bool:
    """Whether it is the workers' to carry on, and not a terminal's."""
    return rollout.operations.filter(state=OperationState.QUEUED, queued=True).exists()


@contextmanager
def run_lock(operation: Operation) -> Iterator[None]:
    """What waits in a terminal for its turn among many is held by the run, not one by one."""
    if operation.queued or operation.rollout_id is None:
        yield
        return
    with schema_lock(name_of_run(operation.rollout_id)):
        yield


def _interrupted(found: Operation) -> bool:
    with transaction.atomic():
        client = hold_client(found.client_id)
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=found.pk)
        is_running = operation.state == OperationState.RUNNING
        if not is_running and (operation.queued or operation.state != OperationState.QUEUED):
            return False
        logger.warning("Operation %s was interrupted.", operation.pk)
        left = _("Nothing was left half done.")
        if has_applied_parts(operation):
            left = _("What its log says was applied stays; the next attempt goes on from there.")
        if not operation.queued:
            line = f"{_('The terminal that ran it is gone.')} {left}"
            _give_up(operation, client, line)
            return True
        if operation.attempts >= MAX_ATTEMPTS:
            times = _("The worker stopped in the middle, %(n)d times in a row.")
            advice = _("Have the worker's log looked at, then try again.")
            line = f"{times % {'n': operation.attempts}} {left} {advice}"
            _give_up(operation, client, line)
            return True
        operation.state = OperationState.QUEUED
        operation.save()
        log(operation, f"{_('The worker stopped in the middle.')} {left}")
        hand_on(operation)
    return True


def _give_up(operation: Operation, client: Client, error: str) -> None:
    operation.state = OperationState.FAILED
    operation.finished_at = timezone.now()
    operation.error = error
    operation.save()
    log(operation, error)
    unprovision(operation, client)
