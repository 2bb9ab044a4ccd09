"""The filters of the list of clients. What is nothing that a filter knows filters nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter

from tenants import schema_state, stats
from tenants.models import Client, ClientStatus

IN_USE = ""
EVERYTHING = "all"


class StatusFilter(DropdownFilter):
    """The same as the tabs. The list leaves out the archived ones where nothing is chosen.

    ``ClientChangeList`` applies it, after it has counted the clients of each status.
    """

    title = _("status")
    parameter_name = "status"
    all_option = (IN_USE, _("In use"))

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [*ClientStatus.choices, (EVERYTHING, _("In use or archived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        return queryset

    def statuses(self) -> set[str]:
        """The statuses that are chosen."""
        chosen = self.value() or IN_USE
        if chosen == EVERYTHING:
            return set(ClientStatus.values)
        if chosen in ClientStatus.values:
            return {chosen}
        return set(ClientStatus.values) - {ClientStatus.ARCHIVED.value}


class SchemaStateFilter(DropdownFilter):
    title = _("schema")
    parameter_name = "schema"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return list(schema_state.STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if self.value() in schema_state.STATES:
            return queryset.filter(schema_state=self.value())
        return queryset


class PlanFilter(RelatedDropdownFilter):
    """By plan; and for links from elsewhere, those that have none, which Unfold's own passes
    over."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client] | None:
        if self.lookup_val_isnull:
            return queryset.filter(**{self.lookup_kwarg_isnull: True})
        return super().queryset(request, queryset)


class TagFilter(DropdownFilter):
    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(tag, tag) for tag in Client.objects.tags_in_use()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


class TrialFilter(DropdownFilter):
    title = _("trial")
    parameter_name = "trial"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("soon", _t("Ends within %(n)d days") % {"n": stats.TRIAL_SOON.days}),
            ("running", _("Running")),
            ("over", _("Over")),
            ("none", _("No trial")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        today = timezone.localdate()
        conditions = {
            "soon": Q(trial_ends_on__range=(today, today + stats.TRIAL_SOON)),
            "running": Q(trial_ends_on__gte=today),
            "over": Q(trial_ends_on__lt=today),
            "none": Q(trial_ends_on=None),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class ActivityFilter(DropdownFilter):
    title = _("activity")
    parameter_name = "activity"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("week", _("In the last 7 days")),
            ("quiet", _t("None for %(n)d days") % {"n": stats.QUIET_AFTER.days}),
            ("never", _("Never")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        now = timezone.now()
        conditions = {
            "week": Q(last_active_at__gte=now - timedelta(days=7)),
            "quiet": Q(last_active_at__lt=now - stats.QUIET_AFTER),
            "never": Q(last_active_at=None),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))
