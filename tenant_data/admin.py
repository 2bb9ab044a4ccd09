"""Projects and tasks, as the people of a tenant see them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
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
from tenant_data.models import Project, Task, TaskPriority, TaskStatus
from tenant_data.models.task import REFERENCE
from tenant_data.resources import ProjectResource, TaskResource

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


@admin.register(Project, site=tenant_site)
class ProjectAdmin(ImportExportMixin, ModelAdmin):
    resource_classes = (ProjectResource,)
    list_display = ("name", "key", "task_count", "left_count", "late_count", "created_at")
    search_fields = ("key", "name")
    search_help_text = _("Key or name")
    fields = ("name", "key")
    # One at a time: one that has tasks cannot be deleted, and the page says so.
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                total=Count("tasks"),
                left=Count("tasks", filter=~Q(tasks__status=TaskStatus.DONE)),
                late=Count(
                    "tasks",
                    filter=~Q(tasks__status=TaskStatus.DONE)
                    & Q(tasks__due_on__lt=timezone.localdate()),
                ),
            )
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj is not None and obj.total else ()

    @display(description=_("tasks"), ordering="total")
    def task_count(self, project: Any) -> SafeString:
        url = reverse("admin:tenant_data_task_changelist")
        return format_html(
            '<a class="console-link" href="{}?project__id__exact={}">{}</a>',
            url,
            project.pk,
            project.total,
        )

    @display(description=_("left to do"), ordering="left")
    def left_count(self, project: Any) -> int:
        return project.left

    @display(description=_("late"), ordering="late", label={"late": "danger"})
    def late_count(self, project: Any) -> Any:
        return ("late", str(project.late)) if project.late else None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuses in one sentence: Django's page names every task that stands in the way."""
        project: Any = self.get_object(request, unquote(object_id))
        may = project is not None and self.has_delete_permission(request, project)
        if not may or not project.total:
            return super().delete_view(request, object_id, extra_context)
        messages.error(
            request,
            ngettext(
                "%(project)s has %(n)d task and cannot be deleted. Delete the task first.",
                "%(project)s has %(n)d tasks and cannot be deleted. Delete the tasks first.",
                project.total,
            )
            % {"project": project, "n": project.total},
        )
        url = reverse("admin:tenant_data_project_change", args=[project.pk])
        return HttpResponseRedirect(url)


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
