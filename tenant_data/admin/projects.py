"""Projects, as the people of a company see them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import tenant_site
from tenant_data.models import Project, TaskStatus
from tenant_data.resources import ProjectResource


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
