"""Read-only questions about a tenant's work, for its home page."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from console.accounts.models import User
from tenant_data.models import Project, Task, TaskStatus

NOT_DONE = ~Q(status=TaskStatus.DONE)


def late(today: datetime.date | None = None) -> Q:
    """Tasks that should have been done before today, in the server's time zone."""
    return NOT_DONE & Q(due_on__lt=today or timezone.localdate())


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Numbers of tasks. All but ``total`` count tasks that are not done."""

    total: int
    open: int
    late: int
    mine: int
    unassigned: int


def task_counts(user: User) -> TaskCounts:
    """All numbers in one query."""
    counts = Task.objects.aggregate(
        total=Count("pk"),
        open=Count("pk", filter=NOT_DONE),
        late=Count("pk", filter=late()),
        mine=Count("pk", filter=NOT_DONE & Q(assignee=user)),
        unassigned=Count("pk", filter=NOT_DONE & Q(assignee=None)),
    )
    return TaskCounts(**counts)


def my_tasks(user: User, limit: int) -> list[Task]:
    """The user's tasks that are not done, those due first at the top."""
    tasks = Task.objects.filter(NOT_DONE, assignee=user).select_related("project")
    return list(tasks.order_by("due_on", "-priority", "pk")[:limit])


def busiest_projects(limit: int) -> list[Project]:
    """Projects with most left to do, each with ``total``, ``late``, and ``<status>_count``."""
    by_status = {
        f"{status.value}_count": Count("tasks", filter=Q(tasks__status=status))
        for status in TaskStatus
    }
    left = Count("tasks", filter=~Q(tasks__status=TaskStatus.DONE))
    overdue = Q(tasks__due_on__lt=timezone.localdate()) & ~Q(tasks__status=TaskStatus.DONE)
    projects: QuerySet[Project] = Project.objects.annotate(
        total=Count("tasks"), left=left, late=Count("tasks", filter=overdue), **by_status
    )
    return list(projects.order_by("-left", "name")[:limit])


def has_projects() -> bool:
    return Project.objects.exists()


def has_other_users(user: User) -> bool:
    return User.objects.exclude(pk=user.pk).exists()
