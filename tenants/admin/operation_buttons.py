"""The buttons that try again or cancel all that a list of operations shows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.urls import reverse
from django.utils.translation import ngettext

from tenants.admin.operation_filters import OPEN, UNRESOLVED, StateFilter
from tenants.admin.operation_page import Button
from tenants.models import OperationState

RETRY, CANCEL = "retry", "cancel"
ROLLOUT = "rollout__id__exact"


def many_url(verb: str, **query: Any) -> str:
    """The page that asks whether to retry or cancel what the list shows under this filter."""
    return reverse(f"admin:tenants_operation_{verb}_many", query=query or None)


def buttons_for_all(cl: ChangeList, counts: dict[str, int]) -> list[Button]:
    """What can be done to all that the list shows; ``counts`` are those of ``state_counts``."""
    parameter = StateFilter.parameter_name
    chosen = cl.filter_params.get(parameter, [""])[-1]
    buttons = []
    failed = cl.result_count if chosen == UNRESOLVED else counts.get(OperationState.FAILED, 0)
    if failed and chosen in ("", OperationState.FAILED, UNRESOLVED):
        query = cl.get_query_string({parameter: chosen or OperationState.FAILED, PAGE_VAR: None})
        buttons.append(retry_button(many_url(RETRY) + query, failed))
    waiting = counts.get(OperationState.QUEUED, 0)
    if waiting and chosen in ("", OperationState.QUEUED, OPEN):
        query = cl.get_query_string({parameter: OperationState.QUEUED, PAGE_VAR: None})
        buttons.append(cancel_button(many_url(CANCEL) + query, waiting))
    return buttons


def retry_button(url: str, count: int) -> Button:
    text = ngettext("Try %(n)d failed one again", "Try all %(n)d failed ones again", count)
    return Button(url, text % {"n": count}, "replay")


def cancel_button(url: str, count: int) -> Button:
    text = ngettext("Cancel %(n)d that waits", "Cancel all %(n)d that wait", count)
    return Button(url, text % {"n": count}, "cancel")
