"""Tasks, as the people of a company see them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesCheckboxFilter,
    RadioFilter,
    RangeDateFilter,
)
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import tenant_site
from tenant_data import stats
from tenant_data.models import Task, TaskPriority, TaskStatus
from tenant_data.models.task import REFERENCE
from tenant_data.resources import TaskResource

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


class WorkFilter(RadioFilter):
    """The questions that the home page answers in numbers."""

    title = _("what is left to do")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", _("Not done")),
            ("late", _("Late")),
            ("mine", _("Mine")),
            ("unassigned", _("Nobody's")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        questions = {
            "open": stats.NOT_DONE,
            "late": stats.late(),
            "mine": stats.NOT_DONE & Q(assignee=request.user.pk),
            "unassigned": stats.NOT_DONE & Q(assignee=None),
        }
        question = questions.get(self.value() or "")
        return queryset if question is None else queryset.filter(question)


@admin.register(Task, site=tenant_site)
class TaskAdmin(ImportExportMixin, ModelAdmin):
    resource_classes = (TaskResource,)
    list_display = (
        "reference",
        "title",
        "status_label",
        "priority_label",
        "assignee",
        "due",
    )
    list_display_links = ("reference", "title")
    list_select_related = ("project", "assignee")
    list_filter = (
        WorkFilter,
        ("status", ChoicesCheckboxFilter),
        ("priority", ChoicesCheckboxFilter),
        ("project", AutocompleteSelectMultipleFilter),
        ("assignee", AutocompleteSelectMultipleFilter),
        ("due_on", RangeDateFilter),
    )
    search_fields = ("title", "project__key", "project__name")
    search_help_text = _("Title, project, or a reference such as WEB-12")
    autocomplete_fields = ("project", "assignee")
    # The reference stays what it was when the task was added: people have written it down.
    readonly_fields = ("reference",)
    fieldsets = (
        (None, {"fields": ("reference", "title", "description")}),
        (_("Progress"), {"fields": ("status", "priority", "assignee", "due_on")}),
    )
    add_fieldsets = (
        (None, {"fields": ("project", "number", "title", "description")}),
        (_("Progress"), {"fields": ("status", "priority", "assignee", "due_on")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """A reference finds that task alone; anything else is looked for in titles and projects."""
        reference = REFERENCE.fullmatch(search_term.strip().upper())
        if reference is None:
            return super().get_search_results(request, queryset, search_term)
        found = queryset.filter(project__key=reference["key"], number=int(reference["number"]))
        return found, False

    @display(description=_("task"), ordering="project__key")
    def reference(self, task: Task) -> str:
        return task.reference

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
        is_late = task.status != TaskStatus.DONE and task.due_on < timezone.localdate()
        if not is_late:
            return task.due_on
        return format_html(
            '<span class="console-late">{} <span class="console-late-word">{}</span></span>',
            date_format(task.due_on),
            _t("late"),
        )
