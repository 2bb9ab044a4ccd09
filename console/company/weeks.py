"""Where a company's weeks begin. Days are counted as Django's formats do: 0 is Sunday."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.formats import get_format
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog

#: The values of `tenants.models.WeekStart`; any other means what is usual in the language.
_DAYS = {"sunday": 0, "monday": 1, "saturday": 6}


def first_weekday(request: HttpRequest) -> int:
    """The first day of a week for the company whose page this is, from 0 for Sunday to 6."""
    chosen = _DAYS.get(request.tenant.week_starts_on)
    return int(get_format("FIRST_DAY_OF_WEEK")) if chosen is None else chosen


def start_of_week(day: date, first: int) -> date:
    """The first day of the week that the day is in."""
    return day - timedelta(days=(day.isoweekday() - first) % 7)


class _Catalog(JavaScriptCatalog):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        first = str(first_weekday(self.request))
        return {**context, "formats": {**context["formats"], "FIRST_DAY_OF_WEEK": first}}


@never_cache
def calendar_words(request: HttpRequest) -> HttpResponse:
    """Django's texts and formats for the scripts of the admin, with the company's own week.

    Kept by no browser: the address is the same whatever the company chooses.
    """
    return _Catalog.as_view(packages=["django.contrib.admin"])(request)
