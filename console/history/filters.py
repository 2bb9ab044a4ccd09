"""The filters of the log. What can be chosen is known beforehand: reading it from the entries would
be a walk through all of them on every view."""

from __future__ import annotations

from typing import Any

from auditlog.registry import auditlog
from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from console.history.access import visible_models
from console.history.acting import nobody
from console.history.events import named_events
from console.history.models import LogEntry

Action = LogEntry.Action
IN_A_TERMINAL = "terminal"
#: How many people the filter offers; the search finds the others.
PEOPLE = 100

ACTIONS = {
    "added": (Action.CREATE, _("Added")),
    "changed": (Action.UPDATE, _("Changed")),
    "removed": (Action.DELETE, _("Removed")),
}


class KindFilter(DropdownFilter):
    """What the entry is about: a client, a domain, a plan."""

    title = _("about")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [
            (model._meta.label_lower, capfirst(model._meta.verbose_name_plural))
            for model in visible_models(request, model_admin.admin_site)
            if auditlog.contains(model)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = self.value()
        if value not in {key for key, _text in self.lookup_choices}:
            return queryset
        kind = ContentType.objects.get_by_natural_key(*str(value).split("."))
        return queryset.filter(content_type=kind)


class ActionFilter(DropdownFilter):
    """Added, changed, removed; or one of the events that have a name."""

    title = _("what happened")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        events = named_events(visible_models(request, model_admin.admin_site))
        return [*((code, text) for code, (_action, text) in ACTIONS.items()), *events]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = str(self.value() or "")
        if value in ACTIONS:
            return queryset.filter(action=ACTIONS[value][0])
        known = {key for key, _text in self.lookup_choices}
        return queryset.filter(event=value) if value in known else queryset


class WhoFilter(DropdownFilter):
    """One of the side's users. An address that is no longer in use is found by the search."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        staff = get_user_model().objects.filter(is_staff=True).order_by("email")
        people = staff.values_list("email", flat=True)[:PEOPLE]
        return [(IN_A_TERMINAL, capfirst(nobody())), *((who, who) for who in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = self.value()
        if value == IN_A_TERMINAL:
            return queryset.filter(actor_email=None)
        return queryset.filter(actor_email=value) if value else queryset
