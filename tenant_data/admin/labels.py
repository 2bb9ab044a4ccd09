"""The words that tasks can carry."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.others import LeavesOthersWork
from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin
from tenant_data.counting import number_of
from tenant_data.models import Label, Task
from tenant_data.resources import LabelResource


@admin.register(Label, site=tenant_site)
class LabelAdmin(ImportExportMixin, WorkAdmin):
    form = LeavesOthersWork
    resource_classes = (LabelResource,)
    list_display = ("shown", "task_count")
    list_display_links = ("shown",)
    search_fields = ("name",)
    search_help_text = _("Name")
    fieldsets = ((None, {"fields": ("name", "colour")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return (
            super()
            .get_queryset(request)
            .annotate(task_total=number_of(Task.labels.through, "label"))
        )

    @display(description=_("name"), ordering="name")
    def shown(self, label: Label) -> SafeString:
        return format_html('<span class="work-label is-{}">{}</span>', label.colour, label.name)

    @display(description=_("tasks"), ordering="task_total")
    def task_count(self, label: Any) -> SafeString:
        url = reverse("admin:tenant_data_task_changelist")
        query = urlencode({"labels__id__exact": label.pk})
        return format_html(
            '<a class="console-link" href="{}?{}">{}</a>', url, query, label.task_total
        )
