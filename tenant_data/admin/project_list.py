"""The list of projects: how each goes, and what is next in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesCheckboxFilter,
    DropdownFilter,
)
from unfold.decorators import display
from unfold.sections import TemplateSection

from console.changelist import ChangeList
from console.filters import DayFilter
from tenant_data import stats
from tenant_data.counting import number_of
from tenant_data.models import Project, ProjectStatus, Task

#: How many tasks the preview of a project shows.
PREVIEW = 5
STATUS_LABELS: dict[str, str] = {
    ProjectStatus.PLANNED: "",
    ProjectStatus.ACTIVE: "info",
    ProjectStatus.PAUSED: "warning",
    ProjectStatus.DONE: "success",
}


class ProjectsFilter(DropdownFilter):
    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        if self.value() != "mine":
            return queryset
        # By key: joined with the members, a project would be listed once for each.
        led = Q(lead=request.user.pk)
        joined = Q(
            pk__in=Project.members.through.objects.filter(user=request.user.pk).values("project")
        )
        return queryset.filter(led | joined)


class NextTasks(TemplateSection):
    """What is next in a project: read for all projects of the page at once."""

    template_name = "tenant_data/next_tasks.html"

    def get_context_data(self, request: HttpRequest, instance: Any) -> dict[str, Any]:
        left = f"{tasks_url(instance)}&{urlencode({'work': 'open'})}"
        return {"tasks": instance.next_tasks, "url": left, "left": instance.left}


class ProjectList:
    """For the ModelAdmin of projects."""

    list_display = (
        "named",
        "status_label",
        "progress",
        "late_count",
        "lead",
        "customer",
        "due_on",
    )
    list_display_links = ("named",)
    list_select_related = ("lead", "customer")
    list_sections = (NextTasks,)
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ProjectsFilter,
        ("lead", AutocompleteSelectMultipleFilter),
        ("customer", AutocompleteSelectMultipleFilter),
        ("due_on", DayFilter),
    )
    search_fields = ("key", "name", "customer__name")
    search_help_text = _("Key, name or customer")

    def get_queryset(self: Any, request: HttpRequest) -> QuerySet[Project]:
        projects: QuerySet[Project] = super().get_queryset(request)
        return with_counts(projects)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ProjectChangeList

    def changelist_view(
        self: Any, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["work_tabs"] = context["cl"].tabs()
        return response

    # --- Columns ----------------------------------------------------------------------------

    @display(description=_("project"), ordering="name")
    def named(self, project: Project) -> SafeString:
        return format_html(
            '<span class="work-dot is-{}" aria-hidden="true"></span>{} '
            '<span class="console-ref">{}</span>',
            project.colour,
            project.name,
            project.key,
        )

    @display(description=_("status"), ordering="status", label=STATUS_LABELS)
    def status_label(self, project: Project) -> tuple[str, str]:
        return project.status, project.get_status_display()

    @display(description=_("done"), ordering="left")
    def progress(self, project: Any) -> SafeString | str:
        """How much is done, as a bar that leads to the tasks."""
        if not project.total:
            return _t("no tasks yet")
        done = project.total - project.left
        words = _t("%(done)s of %(total)s") % {"done": done, "total": project.total}
        return format_html(
            '<a class="work-progress is-{}" href="{}"><svg viewBox="0 0 100 1"'
            ' preserveAspectRatio="none" aria-hidden="true"><rect width="{}" height="1"/></svg>'
            "<span>{}</span></a>",
            project.colour,
            tasks_url(project),
            100 * done // project.total,
            words,
        )

    @display(description=_("late"), ordering="late", label={"late": "danger"})
    def late_count(self, project: Any) -> Any:
        return ("late", str(project.late)) if project.late else None


class ProjectChangeList(ChangeList):
    def tabs(self) -> list[dict[str, Any]]:
        parameter = "status__exact"
        chosen = self.filter_params.get(parameter, [])
        tabs = [("", _t("All")), *((s.value, s.label) for s in ProjectStatus)]
        return [
            {
                "title": text,
                "link": self.get_query_string({parameter: tab or None, "p": None}),
                "active": chosen == ([tab] if tab else []),
                "has_permission": True,
            }
            for tab, text in tabs
        ]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        add_next_tasks(self.result_list)


def with_counts(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Adds ``total``, ``left`` and ``late``: counted for the rows that are read, not for all."""
    return projects.annotate(
        total=number_of(Task, "project"),
        left=number_of(Task, "project", stats.NOT_DONE),
        late=number_of(Task, "project", stats.late()),
    )


def add_next_tasks(projects: Any) -> None:
    """Give each project its ``next_tasks``: two queries for all of them, whatever is in them."""
    rows = list(projects)
    left = Task.objects.filter(stats.NOT_DONE, project=OuterRef("pk"))
    first = left.order_by("due_on", "-priority", "pk").values("pk")[:PREVIEW]
    keys = Project.objects.filter(pk__in=[row.pk for row in rows]).order_by()
    next_keys = dict(keys.values_list("pk", ArraySubquery(first)))
    tasks = Task.objects.select_related("assignee").in_bulk(
        [key for found in next_keys.values() for key in found]
    )
    for row in rows:
        row.next_tasks = [tasks[key] for key in next_keys.get(row.pk, []) if key in tasks]
        for task in row.next_tasks:
            task.project = row


def tasks_url(project: Project) -> str:
    url = reverse("admin:tenant_data_task_changelist")
    return f"{url}?{urlencode({'project__id__exact': project.pk})}"
