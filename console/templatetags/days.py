"""Days as short as they can be understood."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.filter
def short_day(day: date) -> str:
    """“3 Aug”, with the year where it is not this one."""
    return date_format(day, "j M" if day.year == timezone.localdate().year else "j M Y")
