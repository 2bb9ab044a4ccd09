"""Tasks, as the people of a company see them."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console.importing.admin import ImportExportMixin
from console.others import LeavesOthersWork
from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin
from tenant_data.admin.task_list import TaskList
from tenant_data.admin.task_many import ManyTasks
from tenant_data.admin.task_panels import TaskPanels
from tenant_data.admin.task_status import StatusInList
from tenant_data.models import Task, TimeEntry
from tenant_data.resources import TaskResource


@admin.register(Task, site=tenant_site)
class TaskAdmin(TaskPanels, StatusInList, ManyTasks, TaskList, ImportExportMixin, WorkAdmin):
    form = LeavesOthersWork
    resource_classes = (TaskResource,)
    autocomplete_fields = ("project", "assignee", "milestone", "parent", "labels")
    # The reference stays what it was when the task was added: people have written it down.
    readonly_fields = ("reference",)
    progress = ("status", "priority", "assignee", "due_on", "estimate", "milestone")
    more = ("labels", "parent", "position")
    fieldsets = (
        (None, {"fields": ("reference", "title", "description")}),
        (_("Progress"), {"fields": progress}),
        (_("More"), {"fields": more}),
    )
    add_fieldsets = (
        (None, {"fields": ("project", "number", "title", "description")}),
        (_("Progress"), {"fields": progress}),
        (_("More"), {"fields": more}),
    )

    class Media:
        js: ClassVar[tuple[str, ...]] = ("tenant_data/work.js",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Milestones and wholes on offer are those of the task's project, once it has one."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        match = request.resolver_match
        task = match.kwargs.get("object_id", "") if match else ""
        if db_field.name in ("milestone", "parent") and task.isdecimal():
            _ask_for(field.widget, task)
        return field

    def why_not_deleted(self, rows: QuerySet[Task]) -> str:
        """Booked time is kept, and so is what it was booked for."""
        number = rows.filter(Exists(TimeEntry.objects.filter(task=OuterRef("pk")))).count()
        if not number:
            return ""
        text = ngettext(
            "Time was booked on %(n)d of these tasks, so it cannot be deleted. Close it instead.",
            "Time was booked on %(n)d of these tasks, so they cannot be deleted. Close them.",
            number,
        )
        return text % {"n": number}

    def choices_for(
        self, field: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any]:
        """What an autocomplete field offers: people who are here, things of the same project."""
        if field == "assignee":
            return queryset.filter(is_active=True)
        task = request.GET.get("task", "")
        if field in ("milestone", "parent") and task.isdecimal() and len(task) < 19:
            queryset = queryset.filter(project__tasks=int(task))
        if field == "parent":
            queryset = queryset.filter(parent=None).select_related("project")
            if task.isdecimal() and len(task) < 19:
                queryset = queryset.exclude(pk=int(task))
        return queryset


def _ask_for(widget: Any, task: str) -> None:
    """Have the box that offers choices say for which task."""
    address = widget.get_url
    widget.get_url = lambda: f"{address()}?{urlencode({'task': task})}"
