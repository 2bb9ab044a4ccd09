"""The questions that the list of tasks answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter

from tenant_data import stats
from tenant_data.models import Task, TaskStatus

A_WEEK = timedelta(days=7)

#: The tabs above the list, and the longer list of the filter, which the home page links to.
TABS = ("open", "mine", "late", "unassigned", "done")
QUESTIONS: dict[str, Any] = {
    "open": _("Not done"),
    "mine": _("Mine"),
    "late": _("Late"),
    "unassigned": _("Nobody's"),
    "due_week": _("Due in the next seven days"),
    "done": _("Done"),
    "done_week": _("Done in the last seven days"),
}


def condition(question: str, user: Any) -> Q | None:
    """What tasks have in common that answer the question; ``None`` for what is no question."""
    today = timezone.localdate()
    conditions = {
        "open": stats.NOT_DONE,
        "mine": stats.NOT_DONE & Q(assignee=user.pk),
        "late": stats.late(today),
        "unassigned": stats.NOT_DONE & Q(assignee=None),
        "due_week": stats.NOT_DONE & Q(due_on__gte=today, due_on__lte=today + A_WEEK),
        "done": Q(status=TaskStatus.DONE),
        "done_week": stats.done_since(today - A_WEEK + timedelta(days=1)),
    }
    return conditions.get(question)


class WorkFilter(RadioFilter):
    """The questions that the home page answers in numbers."""

    title = _("what is left to do")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(QUESTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        wanted = condition(self.value() or "", request.user)
        return queryset if wanted is None else queryset.filter(wanted)
