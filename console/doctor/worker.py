"""The worker and its queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)

from console.doctor.findings import Finding, Verdict, found
from tenants.stats import WORKER_GONE_AFTER

#: Somebody waits at a page: this is longer than a schema takes.
LONG_WAIT = timedelta(minutes=5)


def worker() -> Iterator[Finding]:
    now = timezone.now()
    alive_since = now - WORKER_GONE_AFTER
    workers = ProcrastinateWorker.objects.filter(last_heartbeat__gte=alive_since).count()
    yield found(
        "worker.alive",
        f"Look for workers that were heard of in the last {WORKER_GONE_AFTER.seconds} seconds.",
        f"{workers} of them." if workers else "There is none.",
        fine=workers > 0,
        to_do="Start one: CONSOLE_LOGIN=owner python manage.py worker. Until then nothing is "
        "created, migrated, exported or mailed.",
    )
    due = ProcrastinateJob.objects.filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=now), status="todo"
    )
    waiting = due.count()
    long_ago = now - LONG_WAIT
    asked_long_ago = Exists(
        ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="deferred", at__lt=long_ago)
    )
    # What was to be done later, or again later, waits from then on.
    late = due.filter(
        Q(scheduled_at__lt=long_ago) | Q(scheduled_at=None) & Q(asked_long_ago)
    ).count()
    yield found(
        "worker.queue",
        "Count the jobs that wait.",
        f"{waiting} wait, {late} of them for more than {LONG_WAIT.seconds // 60} minutes.",
        fine=not late,
        bad=Verdict.WARNING,
        to_do="Start more workers, or see in the worker's log what it is busy with.",
    )
    left_behind = ProcrastinateJob.objects.filter(
        Q(worker=None) | Q(worker__last_heartbeat__lt=alive_since), status="doing"
    )
    names = sorted({f"{job.task_name} ({job.pk})" for job in left_behind[:20]})
    yield found(
        "worker.stalled",
        "Look for jobs whose worker is gone.",
        ", ".join(names) + "." if names else "There is none.",
        fine=not names,
        bad=Verdict.WARNING,
        to_do="A worker that runs closes them, and runs again what they were for, within a minute.",
    )
