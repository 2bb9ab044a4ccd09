"""The days by which parts of projects are to be done."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
)
from unfold.decorators import display

from console.filters import DayFilter
from console.importing.admin import ImportExportMixin
from console.others import LeavesOthersWork
from console.sites import tenant_site
from tenant_data.admin.base import WorkAdmin, late_day
from tenant_data.counting import number_of
from tenant_data.models import Milestone, Task, TaskStatus
from tenant_data.resources import MilestoneResource


@admin.register(Milestone, site=tenant_site)
class MilestoneAdmin(ImportExportMixin, WorkAdmin):
    form = LeavesOthersWork
    resource_classes = (MilestoneResource,)
    list_display = ("name", "project_name", "due", "progress", "reached")
    list_select_related = ("project",)
    list_filter = (
        ("is_reached", BooleanRadioFilter),
        ("project", AutocompleteSelectMultipleFilter),
        ("due_on", DayFilter),
    )
    search_fields = ("name", "project__key", "project__name")
    search_help_text = _("Name or project")
    ordering = ("is_reached", "due_on", "pk")
    autocomplete_fields = ("project",)
    fieldsets = ((None, {"fields": ("project", "name", "description", "due_on", "is_reached")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Milestone]:
        done = Q(status=TaskStatus.DONE)
        return (
            super()
            .get_queryset(request)
            .annotate(total=number_of(Task, "milestone"), done=number_of(Task, "milestone", done))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The project stays: the milestone's tasks are in it."""
        return ("project",) if obj is not None else ()

    @display(description=_("project"), ordering="project__name")
    def project_name(self, milestone: Milestone) -> str:
        return milestone.project.name

    @display(description=_("due"), ordering="due_on")
    def due(self, milestone: Milestone) -> Any:
        day = milestone.due_on
        if day is None or milestone.is_reached or day >= timezone.localdate():
            return day
        return late_day(day)

    @display(
        description=_("reached"), ordering="is_reached", label={"yes": "success", "not_yet": ""}
    )
    def reached(self, milestone: Milestone) -> tuple[str, str]:
        """In words: a red cross would say that something went wrong."""
        return ("yes", _t("Reached")) if milestone.is_reached else ("not_yet", _t("Not yet"))

    @display(description=_("tasks done"), ordering="total")
    def progress(self, milestone: Any) -> SafeString:
        url = reverse("admin:tenant_data_task_changelist")
        return format_html(
            '<a class="console-link" href="{}?{}">{}</a>',
            url,
            urlencode({"milestone__id__exact": milestone.pk}),
            _t("%(done)s of %(total)s") % {"done": milestone.done, "total": milestone.total},
        )
