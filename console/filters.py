"""Filters for the lists of both sides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import RangeDateFilter

from console.days import example, read_day


class DayFilter(RangeDateFilter):
    """A day between two others, both included.

    Unfold's own reads every day as an American one, whatever the calendar writes into the fields.
    What is no day filters nothing, and the page says so.
    """

    def __init__(self, field: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        self.first, self.last = self._day(request, "from"), self._day(request, "to")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": self.first})
        if self.last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lte": self.last})
        return queryset

    def _day(self, request: HttpRequest, end: str) -> date | None:
        text = str(self.used_parameters.get(f"{self.parameter_name}_{end}") or "").strip()
        day = read_day(text)
        if text and day is None and request.method == "GET":
            why = _("“%(text)s” is not a date. Write it like %(example)s.")
            messages.warning(request, why % {"text": text[:40], "example": example()})
        return day


class DaysFilter(DayFilter):
    """The same for a time: from the beginning of the first day to the end of the last."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.parameter_name
        if self.first:
            queryset = queryset.filter(**{f"{name}__gte": _midnight(self.first)})
        if self.last:
            after = _midnight(self.last) + timedelta(days=1)
            queryset = queryset.filter(**{f"{name}__lt": after})
        return queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
