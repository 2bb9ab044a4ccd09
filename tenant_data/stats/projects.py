"""How projects go: how much there was to do, and how much was done, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, FilteredRelation, Q, Sum

from tenant_data.models import Project, ProjectStatus, Task, TimeEntry
from tenant_data.stats.questions import late

#: Projects that nobody works on now.
RESTING = (ProjectStatus.PAUSED, ProjectStatus.DONE)


@dataclass(frozen=True, slots=True)
class Progress:
    """A project's numbers of tasks. ``scope`` and ``done`` are those at the end of each week that
    was asked for and, the last one, those of now."""

    project: Project
    scope: tuple[int, ...] = (0,)
    done: tuple[int, ...] = (0,)
    late: int = 0
    #: What the estimates of all its tasks add up to.
    hours: Decimal = Decimal(0)
    #: What was booked on all its tasks; ``None`` where it was not asked for.
    minutes: int | None = None


def most_active_projects(limit: int, since: datetime) -> list[Project]:
    """Those with most tasks added or done since then, and the newest of the others; without the
    paused and the done ones."""
    touched = Q(tasks__created_at__gte=since) | Q(tasks__done_at__gte=since)
    projects = (
        Project.objects.exclude(status__in=RESTING)
        .annotate(touched=FilteredRelation("tasks", condition=touched))
        .annotate(moves=Count("touched"))
    )
    return list(projects.order_by("-moves", "-created_at", "-pk")[:limit])


def progress_of(
    projects: Sequence[Project], ends: Sequence[datetime], *, with_time: bool
) -> list[Progress]:
    """Of each project, in their order; one query, and one more for the time."""
    keys = [project.pk for project in projects]
    weeks = {}
    for number, end in enumerate(ends):
        weeks[f"scope_{number}"] = Count("pk", filter=Q(created_at__lt=end))
        weeks[f"done_{number}"] = Count("pk", filter=Q(done_at__lt=end))
    rows = (
        Task.objects.filter(project__in=keys)
        .order_by()
        .values("project")
        .annotate(
            total=Count("*"),
            all_done=Count("done_at"),
            late=Count("pk", filter=late()),
            hours=Sum("estimate"),
            **weeks,
        )
    )
    by_project = {row["project"]: row for row in rows}
    booked = _minutes(keys) if with_time else {}
    found = []
    for project in projects:
        minutes = booked.get(project.pk, 0) if with_time else None
        row = by_project.get(project.pk)
        if row is None:
            found.append(Progress(project, minutes=minutes))
            continue
        scope = [row[f"scope_{number}"] for number in range(len(ends))]
        done = [row[f"done_{number}"] for number in range(len(ends))]
        found.append(
            Progress(
                project,
                (*scope, row["total"]),
                (*done, row["all_done"]),
                row["late"],
                row["hours"] or Decimal(0),
                minutes,
            )
        )
    return found


def _minutes(projects: list[int]) -> dict[int, int]:
    """The booked time by project."""
    rows = (
        TimeEntry.objects.filter(task__project__in=projects)
        .order_by()
        .values_list("task__project")
        .annotate(minutes=Sum("minutes"))
    )
    return dict(rows)
