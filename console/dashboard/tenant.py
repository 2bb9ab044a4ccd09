"""The home page of a tenant's people."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from console.dashboard.steps import Step, link_if
from tenant_data import stats
from tenant_data.models import Project, TaskStatus

MY_TASKS = 8
PROJECTS = 6


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, within what the user may see; the same queries for any data."""
    may = request.user.has_perm
    sees_tasks = may("tenant_data.view_task") or may("tenant_data.change_task")
    context["sees_nothing"] = not sees_tasks
    if not sees_tasks:
        return context
    counts = stats.task_counts(request.user)
    context["tasks"] = counts
    if not counts.total:
        context["steps"] = _first_steps(request)
        return context
    context["today"] = timezone.localdate()
    context["my_tasks"] = stats.my_tasks(request.user, MY_TASKS)
    if may("tenant_data.view_project") or may("tenant_data.change_project"):
        context["projects"] = [_with_shares(row) for row in stats.busiest_projects(PROJECTS)]
    return context


def _with_shares(project: Project) -> dict[str, Any]:
    """The project with the number of its tasks in each status."""
    shares = [
        {"status": value, "label": label, "count": getattr(project, f"{value}_count")}
        for value, label in TaskStatus.choices
    ]
    return {"project": project, "shares": shares}


def _first_steps(request: HttpRequest) -> list[Step]:
    may = request.user.has_perm
    return [
        Step(
            _("Add a project"),
            _("Its key begins the reference of every task in it, as WEB in WEB-12."),
            stats.has_projects(),
            link_if(
                may("tenant_data.add_project"), "admin:tenant_data_project_add", _("Add a project")
            ),
        ),
        Step(
            _("Fill it with tasks"),
            _("One by one, or from a CSV or Excel file; the file may bring its projects along."),
            False,
            link_if(may("tenant_data.add_task"), "admin:tenant_data_task_add", _("Add a task"))
            + link_if(
                may("tenant_data.import_task"), "admin:tenant_data_task_import", _("Import a file")
            ),
        ),
        Step(
            _("Bring in your people"),
            _("Everybody gets an account of their own, and the rights that you give them."),
            stats.has_other_users(request.user),
            link_if(may("accounts.add_user"), "admin:accounts_user_add", _("Add a user")),
        ),
    ]
