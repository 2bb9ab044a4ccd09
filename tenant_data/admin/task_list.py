"""The list of tasks: its columns, its tabs, what its search looks in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesCheckboxFilter,
)
from unfold.decorators import display

from console.changelist import ChangeList
from console.filters import DayFilter, DaysFilter
from tenant_data.admin.base import late_day
from tenant_data.admin.task_filters import QUESTIONS, TABS, WorkFilter
from tenant_data.admin.task_status import status_box
from tenant_data.models import Task, TaskPriority, TaskStatus
from tenant_data.models.task import REFERENCE

STATUS_LABELS: dict[str, str] = {
    TaskStatus.OPEN: "info",
    TaskStatus.IN_PROGRESS: "primary",
    TaskStatus.REVIEW: "warning",
    TaskStatus.DONE: "success",
}
# Low and normal have no colour: what is coloured is what to look at.
PRIORITY_LABELS: dict[int, str] = {
    TaskPriority.LOW: "",
    TaskPriority.NORMAL: "",
    TaskPriority.HIGH: "warning",
    TaskPriority.URGENT: "danger",
}
#: How many labels a row of the list shows.
LABELS_SHOWN = 3


class TaskChangeList(ChangeList):
    """Tabs for the questions that are asked most. They carry no numbers: each would be a count of
    its own on every page, and the home page has them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.multi_page and not self.show_all:
            # Sorting is done with keys alone; the rest is read for the rows of the page.
            self.result_list = self.queryset.filter(pk__in=self.result_list.values("pk"))

    def tabs(self) -> list[dict[str, Any]]:
        parameter = WorkFilter.parameter_name
        chosen = self.filter_params.get(parameter, [""])[-1]
        tabs = [("", _t("All")), *((tab, QUESTIONS[tab]) for tab in TABS)]
        if chosen in QUESTIONS and chosen not in TABS:
            tabs.append((chosen, QUESTIONS[chosen]))
        return [
            {
                "title": text,
                "link": self.get_query_string({parameter: tab or None, PAGE_VAR: None}),
                "active": chosen == tab,
                "has_permission": True,
            }
            for tab, text in tabs
        ]


class TaskList:
    """For the ModelAdmin of tasks."""

    list_display = (
        "reference",
        "titled",
        "status_cell",
        "priority_label",
        "assignee",
        "due",
        "milestone_name",
    )
    list_display_links = ("reference", "titled")
    list_select_related = ("project", "assignee", "milestone", "parent")
    # The newest first: it is the order of an index, whatever the number of tasks.
    ordering = ("-pk",)
    list_before_template = "tenant_data/tabs.html"
    list_filter = (
        WorkFilter,
        ("status", ChoicesCheckboxFilter),
        ("priority", ChoicesCheckboxFilter),
        ("project", AutocompleteSelectMultipleFilter),
        ("milestone", AutocompleteSelectMultipleFilter),
        ("assignee", AutocompleteSelectMultipleFilter),
        ("labels", AutocompleteSelectMultipleFilter),
        ("due_on", DayFilter),
        ("updated_at", DaysFilter),
    )
    search_fields = ("title", "project__key", "project__name")
    search_help_text = _("Title, project or WEB-12")
    # Each count beside a filter's choice would be one more walk through the tasks.
    show_facets = ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskChangeList

    def get_queryset(self: Any, request: HttpRequest) -> QuerySet[Task]:
        tasks: QuerySet[Task] = super().get_queryset(request)
        return tasks.prefetch_related("labels")

    def changelist_view(
        self: Any, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.may_change_tasks = self.has_change_permission(request)
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["work_tabs"] = context["cl"].tabs()
        return response

    def get_list_display(self: Any, request: HttpRequest) -> tuple[str, ...]:
        """Who may not change tasks sees the status as a badge."""
        if self.has_change_permission(request) and "_popup" not in request.GET:
            return self.list_display
        return tuple("status_label" if n == "status_cell" else n for n in self.list_display)

    def get_search_results(
        self: Any, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """A reference finds that task alone; anything else is looked for in titles and projects."""
        reference = REFERENCE.fullmatch(search_term.strip().upper())
        if reference is None:
            return super().get_search_results(request, queryset, search_term)
        found = queryset.filter(project__key=reference["key"], number=int(reference["number"]))
        return found, False

    # --- Columns ----------------------------------------------------------------------------

    @display(description=_("task"), ordering="project__key")
    def reference(self, task: Task) -> SafeString:
        return format_html('<span class="work-reference">{}</span>', task.reference)

    @display(description=_("title"), ordering="title")
    def titled(self, task: Task) -> SafeString:
        """The title, what it is a part of, and its labels."""
        return format_html(
            '<span class="work-title">{}</span>{}{}', task.title, _part_of(task), _labels(task)
        )

    @display(description=_("status"), ordering="status")
    def status_cell(self, task: Task) -> SafeString:
        return status_box(task)

    @display(description=_("status"), ordering="status", label=STATUS_LABELS)
    def status_label(self, task: Task) -> tuple[str, str]:
        return task.status, task.get_status_display()

    @display(description=_("priority"), ordering="priority", label=PRIORITY_LABELS)
    def priority_label(self, task: Task) -> tuple[int, str]:
        return task.priority, task.get_priority_display()

    @display(description=_("due"), ordering="due_on")
    def due(self, task: Task) -> Any:
        if task.due_on is None:
            return None
        if not task.is_late:
            return task.due_on
        return late_day(task.due_on)

    @display(description=_("milestone"), ordering="milestone__name")
    def milestone_name(self, task: Task) -> str | None:
        return task.milestone.name if task.milestone else None


def _part_of(task: Task) -> SafeString | str:
    if task.parent is None:
        return ""
    whole = f"{task.project.key}-{task.parent.number}"
    text = _t("part of %(task)s") % {"task": whole}
    return format_html('<span class="work-part">{}</span>', text)


def _labels(task: Task) -> SafeString | str:
    labels = list(task.labels.all())
    if not labels:
        return ""
    shown = format_html_join(
        "",
        '<span class="work-label is-{}">{}</span>',
        ((label.colour, label.name) for label in labels[:LABELS_SHOWN]),
    )
    more = len(labels) - LABELS_SHOWN
    rest = format_html('<span class="work-part">+{}</span>', more) if more > 0 else ""
    return format_html('<span class="work-labels">{}{}</span>', shown, rest)
