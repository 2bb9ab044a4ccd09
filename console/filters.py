"""Filters for the lists of both sides."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DaysFilter(RangeDateFilter):
    """A time between two days, both included; Unfold's own leaves out the last one. What is no
    day filters nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.parameter_name
        if first := _midnight(self.used_parameters.get(f"{name}_from")):
            queryset = queryset.filter(**{f"{name}__gte": first})
        if last := _midnight(self.used_parameters.get(f"{name}_to")):
            queryset = queryset.filter(**{f"{name}__lt": last + timedelta(days=1)})
        return queryset


def _midnight(text: Any) -> datetime | None:
    """The beginning of the day that somebody named; ``None`` for anything that is no day."""
    day = parse_date_str(str(text or ""))
    if day is None or not 1900 <= day.year <= 2200:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
