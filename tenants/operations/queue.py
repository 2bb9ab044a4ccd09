"""The one place that puts operations, rollouts and checks into the queue."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from tenants import stats
from tenants.models import Operation, Rollout

#: Somebody waits for an operation that was asked for by itself: it goes ahead of rollouts.
AHEAD = 10
#: As many workers as this share a rollout; more would wait for the database.
MOST_SHARES = 8


def enqueue(operation: Operation) -> bool:
    """Add a job for the operation, in the caller's transaction if there is one.

    Returns ``False`` where a job for it is waiting already. There is no lock on the job: a job
    that a dead worker left behind would block all later ones. The verb's own lock on the schema
    keeps two workers off it, and an operation that is not waiting is not run again.
    """
    try:
        with transaction.atomic():
            app.job_manager.defer_job(_job(operation))
    except exceptions.AlreadyEnqueued:
        return False
    return True


def enqueue_many(operations: Iterable[Operation]) -> int:
    """Add jobs for those of the operations for which none is waiting, by one statement: 5,000
    take 0.6 s. Returns how many were added."""
    jobs = {operation: _job(operation) for operation in operations}
    there = _waiting(jobs.values())
    missing = {one: job for one, job in jobs.items() if job.queueing_lock not in there}
    if missing:
        try:
            with transaction.atomic():
                app.job_manager.batch_defer_jobs(list(missing.values()))
        except exceptions.AlreadyEnqueued:
            # Somebody else added one since it was asked, and so none of them came in.
            return sum(enqueue(operation) for operation in missing)
    return len(missing)


def enqueue_shares(rollout: Rollout) -> int:
    """Add a job for each worker that there is, so that they share the rollout; those that wait
    already are enough for themselves. Returns how many were added."""
    from tenants.tasks import run_rollout

    added = 0
    for number in range(sharers()):
        job = run_rollout.configure(queueing_lock=f"rollout:{rollout.pk}:{number}")
        try:
            with transaction.atomic():
                app.job_manager.defer_job(job.make_new_job(rollout_id=rollout.pk))
        except exceptions.AlreadyEnqueued:
            continue
        added += 1
    return added


def sharers() -> int:
    """How many workers share a rollout, at the least the one that is yet to be started."""
    return min(max(stats.workers(), 1), MOST_SHARES)


def enqueue_fleet_check(*, asked_by: str) -> bool:
    """Add a job that looks at all schemas, for whoever has this address; ``False`` where one is
    waiting already."""
    from tenants.tasks import check_fleet

    job = check_fleet.configure(queueing_lock="tenants.check_fleet", priority=AHEAD)
    try:
        with transaction.atomic():
            app.job_manager.defer_job(job.make_new_job(asked_by=asked_by))
    except exceptions.AlreadyEnqueued:
        return False
    return True


def _waiting(jobs: Iterable[Job]) -> set[str | None]:
    """The locks of those of the jobs that wait already."""
    waiting = ProcrastinateJob.objects.filter(status="todo")
    waiting = waiting.filter(queueing_lock__in=[job.queueing_lock for job in jobs])
    return set(waiting.values_list("queueing_lock", flat=True))


def _job(operation: Operation) -> Job:
    from tenants.tasks import run_operation

    return run_operation.configure(
        queueing_lock=f"operation:{operation.pk}",
        priority=0 if operation.rollout_id else AHEAD,
    ).make_new_job(operation_id=operation.pk)
