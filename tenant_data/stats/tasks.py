"""How many tasks there are of a kind, and whose are next."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from console.accounts.models import User
from tenant_data.models import Task
from tenant_data.stats.people import WorkOf, work_left
from tenant_data.stats.questions import NOT_DONE, done_since


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Numbers of tasks that are not done."""

    open: int
    late: int
    mine: int
    unassigned: int
    #: What the estimates of those that are not done add up to.
    hours: Decimal


def task_counts(user: User, work: Iterable[WorkOf] | None = None) -> TaskCounts:
    """All numbers in one query, or out of ``work_left()`` where that was asked already."""
    by_person = {of.person_id: of for of in (work_left() if work is None else work)}
    mine, unassigned = by_person.get(user.pk), by_person.get(None)
    return TaskCounts(
        open=sum(of.open for of in by_person.values()),
        late=sum(of.late for of in by_person.values()),
        mine=mine.open if mine else 0,
        unassigned=unassigned.open if unassigned else 0,
        hours=sum((of.hours for of in by_person.values()), Decimal(0)),
    )


def number_done_since(day: datetime.date) -> int:
    return Task.objects.filter(done_since(day)).count()


def my_tasks(user: User, limit: int) -> list[Task]:
    """The user's tasks that are not done, those due first at the top."""
    return _next(user, limit)


def nobodys_tasks(limit: int) -> list[Task]:
    """Tasks that somebody should take, those due first at the top."""
    return _next(None, limit)


def _next(assignee: User | None, limit: int) -> list[Task]:
    tasks = Task.objects.filter(NOT_DONE, assignee=assignee).select_related("project")
    return list(tasks.order_by("due_on", "-priority", "pk")[:limit])
