"""Letting go of what nobody looks at any more: operations that were over long ago, their logs, and
rollouts of which nothing is left. The history of clients says who did what, and stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tenants import stats
from tenants.models import (
    OPEN_STATES,
    Operation,
    OperationEvent,
    OperationState,
    Rollout,
    RolloutState,
)
from tenants.models.operation import OperationQuerySet

logger = logging.getLogger(__name__)

#: So many operations go in one transaction.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Thinned:
    """How many rows went."""

    operations: int
    logs: int
    rollouts: int


def thin_operations() -> Thinned:
    """Delete operations that ended longer ago than ``OPERATIONS_KEPT_DAYS``, and the logs of those
    that succeeded longer ago than ``OPERATION_LOGS_KEPT_DAYS``.

    Whatever their age, these stay as they are: what is not over, each client's newest operation,
    which tells how its schema stands, and a failure that was not made good. A rollout goes when
    it is over, as old, and has no operation left. In short transactions that wait for nobody:
    what somebody holds has its turn the next night.
    """
    old, quiet = _before(settings.OPERATIONS_KEPT_DAYS), _before(settings.OPERATION_LOGS_KEPT_DAYS)
    # The oldest first: a failure goes before the success that made it good.
    gone = _in_batches(over().filter(old).order_by("finished_at", "pk"), _delete)
    has_log = Exists(OperationEvent.objects.filter(operation=OuterRef("pk")))
    succeeded = over().filter(quiet, has_log, state=OperationState.SUCCEEDED)
    logs = _in_batches(succeeded.order_by("finished_at", "pk"), _delete_logs)
    empty = Rollout.objects.filter(
        ~Exists(Operation.objects.filter(rollout=OuterRef("pk"))),
        state=RolloutState.OVER,
        created_at__lt=timezone.now() - timedelta(days=settings.OPERATIONS_KEPT_DAYS),
    )
    rollouts, _each = empty.delete()
    logger.info("%d operations, %d logs and %d rollouts were let go.", gone, logs, rollouts)
    return Thinned(gone, logs, rollouts)


def over() -> OperationQuerySet:
    """Operations that nothing hangs on any more."""
    newer = Operation.objects.filter(client=OuterRef("client")).filter(
        Q(created_at__gt=OuterRef("created_at"))
        | Q(created_at=OuterRef("created_at"), pk__gt=OuterRef("pk"))
    )
    failures = stats.not_made_good(Operation.objects.all())
    return (
        Operation.objects.filter(Exists(newer))
        .exclude(state__in=OPEN_STATES)
        .exclude(pk__in=failures.values("pk"))
    )


def _before(days: int) -> Q:
    return Q(finished_at__lt=timezone.now() - timedelta(days=days))


def _in_batches(rows: OperationQuerySet, do: Callable[[list[int]], None]) -> int:
    """Do it with the rows, some at a time; returns with how many it was done."""
    count = 0
    while True:
        with transaction.atomic():
            held = rows.select_for_update(of=("self",), skip_locked=True)[:BATCH]
            keys = [operation.pk for operation in held.only("pk")]
            do(keys)
        count += len(keys)
        if len(keys) < BATCH:
            return count


def _delete(keys: list[int]) -> None:
    _delete_logs(keys)
    Operation.objects.filter(pk__in=keys).delete()


def _delete_logs(keys: list[int]) -> None:
    OperationEvent.objects.filter(operation__in=keys).delete()
