"""Time that people booked: a list with its total, and an export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectMultipleFilter
from unfold.decorators import display

from console.filters import DayFilter
from console.importing.exporting import ExportMixin
from console.sites import tenant_site
from tenant_data.admin.task_parts import OwnPartAdmin
from tenant_data.durations import MinutesField
from tenant_data.models import TimeEntry
from tenant_data.models.time_entry import hours
from tenant_data.resources.time_entries import TimeEntryResource

#: The total of a longer list would take too long; whoever filters it has one.
LONGEST_TOTAL = 100_000


class TimeEntryForm(forms.ModelForm):
    minutes = MinutesField()

    class Meta:
        model = TimeEntry
        fields = ("task", "person", "spent_on", "minutes", "note")


@admin.register(TimeEntry, site=tenant_site)
class TimeEntryAdmin(ExportMixin, OwnPartAdmin):
    owner = "person"
    panel = "time"
    feature = "time_tracking"
    #: What the sidebar calls it.
    menu_title = _("Time")
    resource_classes = (TimeEntryResource,)
    form = TimeEntryForm
    list_display = ("spent_on", "person", "time", "task_reference", "note")
    list_select_related = ("task__project", "person")
    list_before_template = "tenant_data/time_total.html"
    list_filter = (
        ("task__project", AutocompleteSelectMultipleFilter),
        ("task", AutocompleteSelectMultipleFilter),
        ("person", AutocompleteSelectMultipleFilter),
        ("spent_on", DayFilter),
    )
    search_fields = ("note", "task__title")
    search_help_text = _("A note, a task's title, or a reference such as WEB-12")
    fields = ("task", "person", "spent_on", "minutes", "note")
    autocomplete_fields = ("task", "person")

    def may_book_for_others(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tenant_data.change_timeentry"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_add_to_task(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        readonly = [] if self.may_book_for_others(request) else ["person"]
        return (*readonly, *([] if self.may_see_tasks(request) else ["task"]))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whoever may book for nobody else is not asked whose time it is."""
        fields = list(super().get_fields(request, obj))
        if obj is None and not self.may_book_for_others(request):
            fields.remove("person")
        return fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"person": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: TimeEntry, form: Any, change: bool) -> None:
        if not change and not self.may_book_for_others(request):
            obj.person = request.user
        super().save_model(request, obj, form, change)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        # What leads elsewhere, and what an action answers, has no list.
        context = getattr(response, "context_data", None) or {}
        if changelist := context.get("cl"):
            context["time_total"] = self._total(changelist)
        return response

    def _total(self, changelist: Any) -> str:
        """The hours of all that is listed, on whatever page; empty where that is too much."""
        some = changelist.queryset.order_by().values("minutes")[: LONGEST_TOTAL + 1]
        found = some.aggregate(sum=Sum("minutes"), number=Count("*"))
        return "" if found["number"] > LONGEST_TOTAL else hours(found["sum"] or 0)

    @display(description=_("time"), ordering="minutes")
    def time(self, entry: TimeEntry) -> str:
        return hours(entry.minutes)
