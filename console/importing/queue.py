"""The one place that puts the jobs of imports into the queue, from their own schema.

None of them has a lock: a job that a dead worker left behind would block all later ones. A job
that is run twice finds out from the row what is left to do.
"""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from console.postgres.contexts import platform_context

#: Somebody waits for it: it goes ahead of exports and rollouts, and behind what staff wait for.
PRIORITY = 6


def enqueue_import(schema: str, key: int) -> None:
    """Add a job that checks the file, or imports it, in the caller's transaction if there is
    one."""
    from console.importing.tasks import work

    _add(work.configure(priority=PRIORITY).make_new_job(schema=schema, import_id=key))


def enqueue_again_if_lost(schema: str, key: int) -> None:
    """Add a job for an import that is at work and for which, whatever became of it, there is
    none."""
    mine = {"task_name": "importing.work", "args": {"schema": schema, "import_id": key}}
    with platform_context():
        is_there = ProcrastinateJob.objects.filter(status__in=["todo", "doing"], **mine).exists()
    if not is_there:
        enqueue_import(schema, key)


def enqueue_waking(schema: str) -> None:
    """Add a job that takes up again what waited while the company was closed."""
    from console.importing.tasks import take_up

    _add(take_up.configure(priority=PRIORITY).make_new_job(schema=schema))


def _add(job: Job) -> None:
    with platform_context():
        app.job_manager.defer_job(job)
