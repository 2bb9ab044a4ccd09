"""Where the numbers of a company's home page lead: its tasks under the filter that makes them
true."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.defaultfilters import floatformat
from django.urls import reverse


def tasks_url(**query: Any) -> str:
    return reverse("admin:tenant_data_task_changelist", query=query or None)


def sees(request: HttpRequest, model: str) -> bool:
    """Whether the user may open the list of a model of the company's work."""
    may = request.user.has_perm
    return may(f"tenant_data.view_{model}") or may(f"tenant_data.change_{model}")


def in_hours(hours: Any) -> str:
    """Hours as people write them: with one decimal at the most, and none that is zero."""
    return str(floatformat(hours, "-1g"))
