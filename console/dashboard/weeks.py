"""Where a company's weeks begin."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.formats import get_format


def first_weekday(request: HttpRequest) -> int:
    """The first day of a week, from 0 for Sunday to 6: what is usual in the company's language."""
    return int(get_format("FIRST_DAY_OF_WEEK"))
