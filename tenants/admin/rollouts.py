"""Rollouts: the history, and the page that follows one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from console.filters import DaysFilter
from console.live import live_answer, signed_out
from console.sites import public_site
from tenants.admin.base import AskedBy, HistoryAdmin, may_ask_for, report_refusal, rollout_url
from tenants.admin.rollout_page import ORDER, buttons_for, progress_of, table
from tenants.exceptions import TenantError
from tenants.models import Rollout, RolloutState
from tenants.operations import steering

#: What a button on the page does, by the last part of its address.
STEERING = {"pause": steering.pause, "go_on": steering.go_on}


@admin.register(Rollout, site=public_site)
class RolloutAdmin(AskedBy, HistoryAdmin):
    page_template = "tenants/rollout.html"
    list_display = ("title", "kind", "total", "progress", "asked_by", "created_at")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("created_at", DaysFilter),
    )
    search_fields = ("requested_by_email", "id__exact")
    search_help_text = _("Who asked, or number")
    ordering = ("-created_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rollout]:
        return super().get_queryset(request).with_counts()

    @display(description=_("rollout"), ordering="pk")
    def title(self, rollout: Rollout) -> str:
        return str(rollout)

    @display(description=_("operations"), ordering="total")
    def total(self, rollout: Rollout) -> int:
        return rollout.total

    @display(description=_("state"))
    def progress(self, rollout: Rollout) -> SafeString:
        counts = ((state.label, getattr(rollout, f"{state.value}_count")) for state in ORDER)
        parts = [(f"{n} {label}",) for label, n in counts if n]
        if rollout.state == RolloutState.PAUSED:
            parts.insert(0, (RolloutState.PAUSED.label,))
        return format_html_join(" · ", "{}", parts)

    def get_urls(self) -> list[URLPattern]:
        return [
            # Not behind `admin_view`, as with operations.
            path("<int:pk>/live/", never_cache(self.live_view), name="tenants_rollout_live"),
            path(
                "<int:pk>/steer/<str:verb>/",
                self.admin_site.admin_view(self.steer),
                name="tenants_rollout_steer",
            ),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, row: Rollout) -> dict[str, Any]:
        progress = progress_of(row)
        buttons = buttons_for(request, row, progress)
        return {**progress, **table(request, row, progress), "buttons": buttons}

    def steer(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Pause the rollout, or have it go on, and lead back to its page."""
        rollout = Rollout.objects.filter(pk=pk).first()
        if rollout is None or verb not in STEERING:
            raise Http404
        if not may_ask_for(request, rollout.kind):
            raise PermissionDenied
        if request.method == "POST":
            try:
                STEERING[verb](rollout, acting_user=request.user)
            except TenantError as error:
                report_refusal(request, error)
        return HttpResponseRedirect(rollout_url(rollout))

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes; see ``console.live`` for the answers."""
        if not self.admin_site.has_permission(request) or not self.has_view_permission(request):
            return signed_out()
        rollout = Rollout.objects.filter(pk=pk).first()
        if rollout is None:
            raise Http404
        progress = progress_of(rollout)

        def draw() -> HttpResponse:
            context = {"rollout": rollout, "swapped": True, **progress}
            context |= table(request, rollout, progress)
            context["buttons"] = buttons_for(request, rollout, progress)
            return render(request, "tenants/rollout_live.html", context)

        return live_answer(
            request, version=progress["version"], is_open=progress["is_open"], draw=draw
        )
