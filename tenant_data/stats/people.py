"""Who has how much to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from console.accounts.models import User
from tenant_data.models import Task
from tenant_data.stats.questions import NOT_DONE, late


@dataclass(frozen=True, slots=True)
class WorkOf:
    """What one person has left to do; ``None`` stands for nobody."""

    person_id: int | None
    open: int
    late: int
    #: What the estimates of these tasks add up to; those without one count as nothing.
    hours: Decimal


def work_left() -> list[WorkOf]:
    """Of everybody who has something to do, and of nobody; those with most first.

    Reads what is not done, and nothing else, however much is done: from an index that has all of
    these columns, and no other.
    """
    rows = (
        Task.objects.filter(NOT_DONE)
        .order_by()
        .values_list("assignee")
        .annotate(open=Count("*"), late=Count("due_on", filter=late()), hours=Sum("estimate"))
    )
    work = [
        WorkOf(person, open_, late_, hours or Decimal(0)) for person, open_, late_, hours in rows
    ]
    return sorted(work, key=lambda of: (-of.open, -of.late, of.person_id or 0))


def people_named(keys: Iterable[int]) -> dict[int, User]:
    return User.objects.in_bulk(list(keys))
