"""The filters of the list of operations, and the tabs above it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from console.accounts.models import User
from tenants import stats
from tenants.models import Operation, OperationState

OPEN = "open"
UNRESOLVED = "unresolved"
IN_A_TERMINAL = "terminal"


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [
            *OperationState.choices,
            (OPEN, _("Waiting or running")),
            (UNRESOLVED, _("Failed last, and not made good since")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Operation]) -> QuerySet[Operation]:
        value = self.value()
        if value in OperationState.values:
            return queryset.filter(state=value)
        if value == OPEN:
            return queryset.open()
        return stats.unresolved(queryset) if value == UNRESOLVED else queryset


class RequestedByFilter(DropdownFilter):
    """Who asked: a member of staff who ever did, or somebody in a terminal."""

    title = _("who asked")
    parameter_name = "requested_by"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        asked = Operation.objects.filter(requested_by=OuterRef("pk"))
        users = User.objects.filter(Exists(asked)).order_by("email")
        return [*users.values_list("pk", "email"), (IN_A_TERMINAL, _("An operator, in a terminal"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Operation]) -> QuerySet[Operation]:
        value = self.value()
        if value == IN_A_TERMINAL:
            return queryset.filter(requested_by=None)
        known = {str(key) for key, _text in self.lookup_choices}
        return queryset.filter(requested_by=value) if value in known else queryset


#: The tabs: every state, in the order in which an operation goes through them.
_TABS = (
    OperationState.QUEUED,
    OperationState.RUNNING,
    OperationState.FAILED,
    OperationState.SUCCEEDED,
    OperationState.CANCELLED,
)


def state_counts(request: HttpRequest, cl: ChangeList) -> dict[str, int]:
    """How many operations of each state there are under all the other filters; one query."""
    rows = cl.get_queryset(request, exclude_parameters=[StateFilter.parameter_name])
    return dict(rows.order_by().values_list("state").annotate(Count("pk")))


def tabs(cl: ChangeList, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Links that filter by state, with the number of operations behind each."""
    parameter = StateFilter.parameter_name
    chosen = cl.filter_params.get(parameter, [""])[-1]
    rows = [("", _t("All"), sum(counts.values()))]
    rows += [(state.value, str(state.label), counts.get(state, 0)) for state in _TABS]
    return [
        {
            "title": f"{text} ({count})",
            "link": cl.get_query_string({parameter: state or None, PAGE_VAR: None}),
            "active": chosen == state,
            "has_permission": True,
        }
        for state, text, count in rows
    ]
