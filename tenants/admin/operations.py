"""Operations: the history, and the page that follows one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from console.sites import public_site
from tenants.admin.base import (
    STATE_LABELS,
    HistoryAdmin,
    client_url,
    link,
    may_invite,
    may_provision,
    operation_url,
    origin_of,
    report_refusal,
)
from tenants.admin.live import live_answer, signed_out
from tenants.exceptions import TenantError
from tenants.models import Operation, OperationKind, OperationState
from tenants.operations.invite import address
from tenants.operations.request import retry_operation

#: How many lines of the log a page shows; the newest, if there are more.
LINES_SHOWN = 200


@admin.register(Operation, site=public_site)
class OperationAdmin(HistoryAdmin):
    list_display = (
        "title",
        "client_link",
        "state_label",
        "requested_by_email",
        "created_at",
        "took",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("client", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("client",)
    list_per_page = 50
    search_fields = ("client__name", "client__schema_name", "requested_by_email")
    search_help_text = _("Client, schema name or who asked")
    ordering = ("-created_at", "-pk")

    @display(description=_("operation"), ordering="pk")
    def title(self, operation: Operation) -> str:
        return str(operation)

    @display(description=_("client"), ordering="client__name")
    def client_link(self, operation: Operation) -> SafeString:
        return link(client_url(operation.client), operation.client)

    @display(description=_("state"), ordering="state", label=STATE_LABELS)
    def state_label(self, operation: Operation) -> tuple[str, str]:
        return operation.state, operation.get_state_display()

    @display(description=_("duration"))
    def took(self, operation: Operation) -> str | None:
        return duration_in_words(operation.duration)

    def get_urls(self) -> list[URLPattern]:
        retry = self.admin_site.admin_view(self.retry_view)
        return [
            # Not behind `admin_view`: its answer to a signed-out browser is the sign-in page,
            # which would be put into the middle of this one.
            path("<int:pk>/live/", never_cache(self.live_view), name="tenants_operation_live"),
            path("<int:pk>/retry/", retry, name="tenants_operation_retry"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page that follows the operation, in place of a form."""
        if object_id is None or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        operation = self.get_object(request, unquote(object_id))
        if operation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, operation):
            raise PermissionDenied
        context = {"title": str(operation), "original": operation, **_facts(request, operation)}
        return self.page(request, "tenants/operation.html", {**context, **(extra_context or {})})

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that changes; see ``tenants.admin.live`` for the answers."""
        if not self.admin_site.has_permission(request) or not self.has_view_permission(request):
            return signed_out()
        operation = self._operations(request).filter(pk=pk).first()
        if operation is None:
            raise Http404
        facts = _facts(request, operation)
        return live_answer(
            request,
            version=facts["version"],
            is_open=operation.is_open,
            draw=lambda: render(request, "tenants/operation_live.html", {**facts, "swapped": True}),
        )

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a failed operation back into the queue. A GET only leads to its page."""
        if not may_provision(request):
            raise PermissionDenied
        operation = self._operations(request).filter(pk=pk).first()
        if operation is None:
            raise Http404
        if request.method == "POST":
            try:
                retry_operation(operation, acting_user=request.user)
            except TenantError as error:
                report_refusal(request, error)
            else:
                messages.success(request, _t("It is in the queue again."))
        return HttpResponseRedirect(operation_url(operation))

    def _operations(self, request: HttpRequest) -> QuerySet[Operation]:
        return self.get_queryset(request).select_related("client", "rollout")


def _facts(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """What the page and its live part show, with a ``version`` that changes when they would."""
    newest = list(operation.events.order_by("-pk")[: LINES_SHOWN + 1])
    lines = newest[:LINES_SHOWN][::-1]
    facts = {
        "operation": operation,
        "client": operation.client,
        "client_url": client_url(operation.client),
        "label": STATE_LABELS[operation.state],
        "lines": lines,
        "lines_are_cut": len(newest) > LINES_SHOWN,
        "took": duration_in_words(operation.duration),
        # Seconds, for the page to go on counting from.
        "elapsed": f"{operation.duration.total_seconds():.1f}" if _is_running(operation) else "",
        "version": f"{operation.state}.{operation.attempts}.{newest[0].pk if newest else 0}",
        "live_url": reverse("admin:tenants_operation_live", args=[operation.pk]),
        "may_retry": operation.state == OperationState.FAILED and may_provision(request),
    }
    if (
        operation.state == OperationState.SUCCEEDED
        and operation.kind == OperationKind.CREATE_SCHEMA
    ):
        domain = operation.client.get_primary_domain()
        if domain is not None:
            facts["tenant_url"] = address(domain.domain, origin_of(request))
            facts["may_invite"] = may_invite(request)
    return facts


def _is_running(operation: Operation) -> bool:
    return operation.state == OperationState.RUNNING and operation.started_at is not None


def duration_in_words(duration: timedelta | None) -> str | None:
    """As short as it can be read: “0.8 s”, “12 s”, “3 min 5 s”, “2 h 10 min”."""
    if duration is None:
        return None
    seconds = max(duration.total_seconds(), 0)
    if seconds < 10:
        return _t("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return _t("%(seconds)d s") % {"seconds": rest}
    if minutes < 60:
        return _t("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _t("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
