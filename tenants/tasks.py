"""What the worker runs. Each task calls a verb and nothing else."""

from __future__ import annotations

import logging

from django.conf import settings
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from tenants.exceptions import SchemaBusy
from tenants.models import CheckReason
from tenants.operations import run, share
from tenants.operations.fleet_check import verify_fleet
from tenants.operations.reconcile import reconcile
from tenants.operations.thinning import thin_operations

logger = logging.getLogger(__name__)

#: A worker that has not been heard of for this long (seconds) is gone.
STALLED_AFTER = 30
#: Upkeep goes ahead of all schema work, which may be hours of it.
UPKEEP = 100
#: Queues whose jobs are run again as they are when their worker is gone: their verbs find out by
#: themselves what it has left. An operation's job is not, for `reconcile` gives it another.
RUN_AGAIN = {"exports", "imports"}


@app.task(
    queue="schemas",
    name="tenants.run_operation",
    retry=RetryStrategy(max_attempts=100, wait=3, retry_exceptions=[SchemaBusy, run.TryAgain]),
)
def run_operation(operation_id: int) -> None:
    run.run_operation(operation_id)


@app.task(queue="schemas", name="tenants.run_rollout")
def run_rollout(rollout_id: int) -> None:
    share.run_rollout(rollout_id)


@app.task(queue="upkeep", name="tenants.check_fleet")
def check_fleet(asked_by: str) -> None:
    verify_fleet(reason=CheckReason.ASKED, asked_by=asked_by, report=logger.info)


# When few people are at work; behind all schema work, for it takes a while.
@app.periodic(cron="17 3 * * *")
@app.task(
    queue="upkeep", name="tenants.check_fleet_nightly", queueing_lock="tenants.check_fleet_nightly"
)
def check_fleet_nightly(timestamp: int) -> None:
    verify_fleet(reason=CheckReason.NIGHTLY, report=logger.info)


# Six fields: the last is seconds.
@app.periodic(cron="* * * * * */15")
@app.task(
    queue="upkeep", name="tenants.reconcile", queueing_lock="tenants.reconcile", priority=UPKEEP
)
def reconcile_operations(timestamp: int) -> None:
    reconcile()


@app.periodic(cron="* * * * *")
@app.task(
    queue="upkeep",
    name="tenants.close_stalled_jobs",
    queueing_lock="tenants.close_stalled_jobs",
    priority=UPKEEP,
    pass_context=True,
)
async def close_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Close the jobs of workers that are gone, or have them run again; `reconcile` has given the
    operations among them new ones."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        logger.warning("Job %s was left behind by a worker that is gone.", job.id)
        if job.queue in RUN_AGAIN:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="17 3 * * *")
@app.task(queue="upkeep", name="tenants.thin", queueing_lock="tenants.thin")
def thin(timestamp: int) -> None:
    thin_operations()


@app.periodic(cron="47 3 * * *")
@app.task(
    queue="upkeep", name="tenants.thin_jobs", queueing_lock="tenants.thin_jobs", pass_context=True
)
async def thin_jobs(context: JobContext, timestamp: int) -> None:
    """Delete the jobs that ended long ago, with their events; those that succeed go at once."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=24 * settings.JOBS_KEPT_DAYS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )
