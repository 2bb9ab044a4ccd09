"""Operations: the history, and the page that follows one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import CharField, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from console.filters import DaysFilter
from console.live import live_answer, signed_out
from console.sites import public_site
from tenants.admin.base import (
    STATE_LABELS,
    AskedBy,
    HistoryAdmin,
    client_url,
    link,
    may_ask_for,
)
from tenants.admin.durations import duration_in_words
from tenants.admin.operation_buttons import CANCEL, RETRY, buttons_for_all
from tenants.admin.operation_filters import (
    RequestedByFilter,
    StateFilter,
    state_counts,
    tabs,
)
from tenants.admin.operation_many import ManyOperations
from tenants.admin.operation_page import facts
from tenants.models import Operation, OperationKind, OperationState


@admin.register(Operation, site=public_site)
class OperationAdmin(AskedBy, ManyOperations, HistoryAdmin):
    page_template = "tenants/operation.html"
    list_display = (
        "title",
        "client_link",
        "state_label",
        "asked_by",
        "requested",
        "took",
        "what_next",
    )
    list_filter = (
        StateFilter,
        ("kind", ChoicesDropdownFilter),
        ("client", AutocompleteSelectFilter),
        ("rollout", AutocompleteSelectFilter),
        RequestedByFilter,
        ("created_at", DaysFilter),
    )
    list_select_related = ("client",)
    list_before_template = "tenants/operation_tabs.html"
    search_fields = ("client__name", "client__schema_name", "requested_by_email", "id__exact")
    search_help_text = _("Client, who asked or number")
    ordering = ("-created_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        # What the user may do, carried by the row: a ModelAdmin is shared by all requests.
        kinds = ",".join(kind for kind in OperationKind.values if may_ask_for(request, kind))
        queryset = super().get_queryset(request)
        return queryset.annotate(may_ask_for=Value(kinds, output_field=CharField()))

    @display(description=_("operation"), ordering="pk")
    def title(self, operation: Operation) -> str:
        return str(operation)

    @display(description=_("client"), ordering="client__name")
    def client_link(self, operation: Operation) -> SafeString:
        return link(client_url(operation.client), operation.client)

    @display(description=_("state"), ordering="state", label=STATE_LABELS)
    def state_label(self, operation: Operation) -> tuple[str, str]:
        return operation.state, operation.get_state_display()

    @display(description=_("requested"), ordering="created_at")
    def requested(self, operation: Operation) -> datetime | SafeString:
        if operation.asked_again_at is None:
            return operation.created_at
        first, again = (
            date_format(localtime(moment), "DATETIME_FORMAT")
            for moment in (operation.created_at, operation.asked_again_at)
        )
        text = _t("again %(moment)s") % {"moment": again}
        return format_html('{}<span class="tenants-second">{}</span>', first, text)

    @display(description=_("duration"))
    def took(self, operation: Operation) -> str | None:
        return duration_in_words(operation.duration)

    @display(description=_("next"))
    def what_next(self, operation: Operation) -> SafeString | None:
        """A way to try a failed one again, and to cancel one that waits."""
        words = {
            OperationState.FAILED: (RETRY, _t("Try again")),
            OperationState.QUEUED: (CANCEL, _t("Cancel")),
        }
        if operation.state not in words or operation.kind not in operation.may_ask_for.split(","):
            return None
        verb, text = words[operation.state]
        url = reverse(f"admin:tenants_operation_{verb}", args=[operation.pk])
        hidden = format_html('<span class="tenants-hidden"> {}</span>', operation)
        return link(url, format_html("{}{}", text, hidden))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            counts = state_counts(request, context["cl"])
            context["state_tabs"] = tabs(context["cl"], counts)
            if self.has_manage_permission(request):
                context["list_buttons"] = buttons_for_all(context["cl"], counts)
        return response

    def get_urls(self) -> list[URLPattern]:
        return [
            # Not behind `admin_view`: its answer to a signed-out browser is the sign-in page,
            # which would be put into the middle of this one.
            path("<int:pk>/live/", never_cache(self.live_view), name="tenants_operation_live"),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, row: Operation) -> dict[str, Any]:
        return facts(request, row)

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes; see ``console.live`` for the answers."""
        if not self.admin_site.has_permission(request) or not self.has_view_permission(request):
            return signed_out()
        operation = Operation.objects.select_related("client").filter(pk=pk).first()
        if operation is None:
            raise Http404
        shown = facts(request, operation)
        return live_answer(
            request,
            version=shown["version"],
            is_open=operation.is_open,
            draw=lambda: render(request, "tenants/operation_live.html", {**shown, "swapped": True}),
        )
