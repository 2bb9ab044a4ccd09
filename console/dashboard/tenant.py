"""The home page of a company's people: what is to do, who does it, and how it goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from console.dashboard.cards import Card
from console.dashboard.changes import may_see_changes, newest_changes
from console.dashboard.company_limits import near_limits
from console.dashboard.company_lists import in_hours, sees, tasks_url
from console.dashboard.company_milestones import milestones_due
from console.dashboard.company_people import loads
from console.dashboard.company_projects import WEEKS, projects_going
from console.dashboard.company_steps import SETTLED, next_steps
from console.sites import tenant_site
from tenant_data import stats
from tenant_data.models import Comment
from tenant_data.stats import TaskCounts

MY_TASKS = 8
LATEST = 8


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, within what the user may see.

    The same queries for any data, but for one more where nothing is the user's own, and one for
    each model that the newest changes name.
    """
    context["limits"] = near_limits(request)
    context["is_used_up"] = any(limit.tone == "bad" for limit in context["limits"])
    sees_tasks = sees(request, "task")
    context["sees_nothing"] = not sees_tasks
    if not sees_tasks:
        return context
    tasks = stats.how_many_tasks(SETTLED)
    context["steps"] = next_steps(request, tasks)
    if not tasks:
        return context
    work = stats.work_left()
    counts = stats.task_counts(request.user, work)
    context["cards"] = _cards(counts)
    context["today"] = timezone.localdate()
    context["my_tasks"] = stats.my_tasks(request.user, MY_TASKS)
    if not context["my_tasks"]:
        context["to_take"] = stats.nobodys_tasks(MY_TASKS)
    context["loads"] = loads(work)
    context["has_hours"] = bool(counts.hours)
    if sees(request, "project"):
        context["projects"] = projects_going(request)
        context["weeks"] = WEEKS
    if sees(request, "milestone"):
        context |= milestones_due(request)
    context |= _news(request)
    return context


def _cards(counts: TaskCounts) -> list[Card]:
    # Today and the six days before it, as the list understands a week.
    week = timezone.localdate() - timedelta(days=6)
    hours = _("%(hours)s h estimated") % {"hours": in_hours(counts.hours)} if counts.hours else ""
    return [
        Card(_("To do"), counts.open, tasks_url(work="open"), "checklist", hours),
        Card(_("Late"), counts.late, tasks_url(work="late"), "schedule", tone="bad"),
        Card(_("Mine"), counts.mine, tasks_url(work="mine"), "person"),
        Card(
            _("Nobody's"),
            counts.unassigned,
            tasks_url(work="unassigned"),
            "person_off",
            tone="warn",
        ),
        Card(
            _("Done in 7 days"),
            stats.number_done_since(week),
            tasks_url(work="done_week"),
            "task_alt",
        ),
    ]


def _news(request: HttpRequest) -> dict[str, Any]:
    """What changed, for those who may see the history; for the others what was said."""
    if may_see_changes(request, tenant_site):
        return {"changes": newest_changes(request, tenant_site, LATEST)}
    if sees(request, "comment"):
        return {"comments": [_said(comment) for comment in stats.newest_comments(LATEST)]}
    return {}


def _said(comment: Comment) -> dict[str, Any]:
    return {
        "comment": comment,
        "is_new": timezone.now() - comment.created_at < timedelta(minutes=1),
    }
