"""Export of the time that people booked. It is not imported: nobody books time by a file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from console.importing.columns import Info
from console.importing.exported import ExportedResource
from console.importing.measures import Amount, Day, Whole
from console.importing.widgets import Text
from tenant_data.models import TimeEntry


class Hours(Amount):
    """Minutes as hours with two digits, for a sheet to calculate with."""

    def render(self, value: int, obj: Any = None, **kwargs: Any) -> Any:
        return super().render((Decimal(value) / 60).quantize(Decimal("0.01")), obj, **kwargs)


def _column(attribute: str, widget: Any, meaning: Any, samples: tuple[str, str]) -> Info:
    return Info(attribute=attribute, widget=widget, meaning=meaning, samples=samples)


class TimeEntryResource(ExportedResource):
    """One row for each entry, the oldest day first."""

    day = _column("spent_on", Day(), _("The day of the work."), ("2026-11-20", "2026-11-20"))
    person = _column("person__email", Text(), _("Who worked."), ("ada@acme.example", ""))
    task = _column("task__reference", Text(), _("The task's reference."), ("WEB-1", "WEB-2"))
    title = _column("task__title", Text(), _("The task's title."), ("", ""))
    minutes = _column("minutes", Whole(), _("The time in minutes."), ("90", "30"))
    hours = _column("minutes", Hours(), _("The same in hours."), ("1.50", "0.50"))
    note = _column("note", Text(), _("What was done."), ("", ""))

    class Meta:
        model = TimeEntry
        fields = export_order = (
            "day",
            "person",
            "task",
            "title",
            "minutes",
            "hours",
            "note",
        )

    def filter_export(self, queryset: QuerySet[TimeEntry], **kwargs: Any) -> QuerySet[TimeEntry]:
        queryset = queryset.select_related("task__project", "person")
        return queryset.order_by("spent_on", "person__email", "pk")
