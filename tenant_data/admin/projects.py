"""Projects, as the people of a company see them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from console import limits
from console.importing.admin import ImportExportMixin
from console.others import LeavesOthersWork
from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin
from tenant_data.admin.project_list import ProjectList
from tenant_data.models import Project, Task
from tenant_data.resources import ProjectResource


class KeyField(forms.CharField):
    """A key, in capitals however it was typed."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value).upper()


class ProjectForm(LeavesOthersWork):
    class Meta:
        field_classes: ClassVar[dict[str, Any]] = {"key": KeyField}


@admin.register(Project, site=tenant_site)
class ProjectAdmin(ProjectList, ImportExportMixin, WorkAdmin):
    form = ProjectForm
    resource_classes = (ProjectResource,)
    list_before_template = "tenant_data/tabs.html"
    autocomplete_fields = ("lead", "members", "customer")
    fieldsets = (
        (None, {"fields": ("name", "key", "description", "colour")}),
        (_("People"), {"fields": ("lead", "members", "customer")}),
        (_("Progress"), {"fields": ("status", "starts_on", "due_on")}),
    )
    # One at a time: one that has tasks cannot be deleted, and the page says so.
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = ("key",) if obj is not None and obj.total else ()
        return fixed if limits.has_feature("customers") else (*fixed, "customer")

    def choices_for(
        self, field: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any]:
        return queryset.filter(is_active=True) if field in ("lead", "members") else queryset

    def why_not_deleted(self, rows: QuerySet[Project]) -> str:
        number = Task.objects.filter(project__in=rows).count()
        if not number:
            return ""
        text = ngettext(
            "%(project)s has %(n)d task and cannot be deleted. Delete the task first.",
            "%(project)s has %(n)d tasks and cannot be deleted. Delete the tasks first.",
            number,
        )
        return text % {"project": rows.get(), "n": number}
