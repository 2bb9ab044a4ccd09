"""What is due, and how much of it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from tenant_data.models import Milestone, Task
from tenant_data.stats.projects import RESTING


@dataclass(frozen=True, slots=True)
class Ahead:
    """A milestone that is not reached, and its tasks."""

    milestone: Milestone
    total: int
    done: int


def milestones_ahead(within: timedelta, limit: int) -> list[Ahead]:
    """Those that are overdue or due soon, the oldest first; not those of projects that rest.

    Two queries: the tasks of no other milestone are counted.
    """
    milestones = list(
        Milestone.objects.filter(is_reached=False, due_on__lte=timezone.localdate() + within)
        .exclude(project__status__in=RESTING)
        .select_related("project")
        .order_by("due_on", "pk")[:limit]
    )
    rows = (
        Task.objects.filter(milestone__in=[milestone.pk for milestone in milestones])
        .order_by()
        .values_list("milestone")
        .annotate(total=Count("*"), done=Count("done_at"))
    )
    numbers = {key: (total, done) for key, total, done in rows}
    return [Ahead(milestone, *numbers.get(milestone.pk, (0, 0))) for milestone in milestones]
