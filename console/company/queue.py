"""The one place that puts the company's jobs into the queue, from its own schema or from public.

None of them has a lock: a job that a dead worker left behind would block all later ones. A job
that is run twice finds out from the row what is left to do.
"""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from console.company.models import KEPT_FOR
from console.postgres.contexts import platform_context

#: How long after its time a file is deleted. It must be over by the worker's clock too, which may
#: be behind the database's: the job runs once.
_LEEWAY = timedelta(hours=1)
#: Somebody waits for an export: it goes ahead of rollouts, and behind what staff wait for.
PRIORITY = 5


def enqueue_export(schema: str, key: int) -> None:
    """Add a job that makes the export, in the caller's transaction if there is one."""
    from console.company.tasks import make_export

    job = make_export.configure(priority=PRIORITY).make_new_job(schema=schema, export_id=key)
    _add(job)


def enqueue_again_if_lost(schema: str, key: int) -> None:
    """Add a job for an export that is not over and for which, whatever became of it, there is
    none."""
    mine = {"task_name": "company.make_export", "args": {"schema": schema, "export_id": key}}
    with platform_context():
        is_there = ProcrastinateJob.objects.filter(status__in=["todo", "doing"], **mine).exists()
    if not is_there:
        enqueue_export(schema, key)


def enqueue_deletion(schema: str, key: int) -> None:
    """Add a job that deletes the file of the export when its time is over."""
    from console.company.tasks import delete_export

    later = {"seconds": int((KEPT_FOR + _LEEWAY).total_seconds())}
    _add(delete_export.configure(schedule_in=later).make_new_job(schema=schema, export_id=key))


def enqueue_waking(schema: str) -> None:
    """Add a job that takes up again what waited while the company was closed."""
    from console.company.tasks import take_up_exports

    _add(take_up_exports.configure(priority=PRIORITY).make_new_job(schema=schema))


def _add(job: Job) -> None:
    with platform_context():
        app.job_manager.defer_job(job)
