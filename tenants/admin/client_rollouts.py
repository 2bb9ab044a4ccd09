"""The same for many clients: a selection in the list, a page that asks, a rollout."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants.admin.base import PageMixin, link, may_provision, refusal, rollout_url
from tenants.exceptions import TenantError
from tenants.models import OPEN_STATES, Client, Operation, OperationKind
from tenants.operations.request import request_rollout

#: How many operations one button starts; the rows for them are written while the browser waits.
MAX_CLIENTS = 500
#: How many names a page or a message spells out.
NAMES_SHOWN = 10

TITLES = {
    OperationKind.CREATE_SCHEMA: _("Create schemas"),
    OperationKind.MIGRATE_SCHEMA: _("Migrate schemas"),
}


class ClientRollouts(PageMixin):
    """The actions on a selection of clients, for their ModelAdmin."""

    actions = ("create_schemas", "migrate_schemas")

    @admin.action(description=_("Create schemas"), permissions=["provision"])
    def create_schemas(
        self, request: HttpRequest, queryset: QuerySet[Client]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, OperationKind.CREATE_SCHEMA)

    @admin.action(description=_("Migrate schemas"), permissions=["provision"])
    def migrate_schemas(
        self, request: HttpRequest, queryset: QuerySet[Client]
    ) -> HttpResponse | None:
        return self._confirm(request, queryset, OperationKind.MIGRATE_SCHEMA)

    def get_urls(self: Any) -> list[URLPattern]:
        start = self.admin_site.admin_view(self.start_rollout)
        return [
            path("rollout/<str:kind>/", start, name="tenants_client_rollout"),
            *super().get_urls(),
        ]

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet[Client], kind: OperationKind
    ) -> HttpResponse | None:
        """The page that asks; with a message and back to the list where nothing can be done."""
        chosen, left_out = _sort(queryset, kind)
        if not chosen:
            for reason, clients in left_out:
                messages.warning(request, format_html("{} {}", reason, _names(clients)))
            return None
        return self.page(
            request,
            "tenants/confirm_rollout.html",
            {
                "title": TITLES[kind],
                "creates": kind == OperationKind.CREATE_SCHEMA,
                "action": reverse("admin:tenants_client_rollout", args=[kind.value]),
                "back": request.get_full_path(),
                "count": len(chosen),
                "names": _names(chosen),
                "left_out": [(reason, len(them), _names(them)) for reason, them in left_out],
                # Exactly those that were shown are asked for, whatever is added meanwhile.
                "clients": ",".join(str(client.pk) for client in chosen),
            },
        )

    def start_rollout(self: Any, request: HttpRequest, kind: str) -> HttpResponse:
        """Start what the page asked about, and lead to the page that follows it."""
        if not may_provision(request) or not self.has_view_permission(request):
            raise PermissionDenied
        back = HttpResponseRedirect(reverse("admin:tenants_client_changelist"))
        if request.method != "POST" or kind not in OperationKind.values:
            return back
        chosen = [int(pk) for pk in request.POST.get("clients", "").split(",") if pk.isdecimal()]
        if not chosen or len(chosen) > MAX_CLIENTS:
            messages.error(request, _t("Nothing was started: select the clients again."))
            return back
        clients, left_out = _sort(Client.objects.filter(pk__in=chosen), OperationKind(kind))
        try:
            result = request_rollout(clients, OperationKind(kind), acting_user=request.user)
        except TenantError as error:
            messages.error(request, refusal(error))
            return back
        for reason, them in left_out:
            messages.warning(request, format_html("{} {}", reason, _names(them)))
        for _client, error in result.refused[:NAMES_SHOWN]:
            messages.warning(request, refusal(error))
        if result.rollout is None:
            messages.error(request, _t("Nothing was started."))
            return back
        return HttpResponseRedirect(rollout_url(result.rollout))


def _sort(
    queryset: QuerySet[Client], kind: OperationKind
) -> tuple[list[Client], list[tuple[str, list[Client]]]]:
    """Those for whom it can be done, and those who are left out, by reason.

    Two queries, however many clients. The verb has the last word on each.
    """
    clients = list(queryset.order_by("name", "pk"))
    busy = dict(
        Operation.objects.filter(
            client__in=[client.pk for client in clients], state__in=OPEN_STATES
        ).values_list("client_id", "pk")
    )
    chosen: list[Client] = []
    left_out: dict[str, list[Client]] = {}
    for client in clients:
        reason = ""
        if client.is_public:
            reason = _t("Stands for the console itself:")
        elif kind == OperationKind.CREATE_SCHEMA and client.is_provisioned:
            reason = _t("Has its schema already:")
        elif kind == OperationKind.MIGRATE_SCHEMA and not client.is_provisioned:
            reason = _t("Has no schema yet:")
        elif client.pk in busy:
            client.follow = reverse("admin:tenants_operation_change", args=[busy[client.pk]])
            reason = _t("Has an operation that is not over yet:")
        elif len(chosen) == MAX_CLIENTS:
            reason = _t("Over the limit of %(n)d at a time; start them after these:") % {
                "n": MAX_CLIENTS
            }
        if reason:
            left_out.setdefault(reason, []).append(client)
        else:
            chosen.append(client)
    return chosen, list(left_out.items())


def _names(clients: list[Client]) -> SafeString:
    """The first names, shortened, and how many more; who is being worked on links to that."""
    shown = format_html_join(
        ", ",
        "{}",
        (
            (link(client.follow, _short(client)) if hasattr(client, "follow") else _short(client),)
            for client in clients[:NAMES_SHOWN]
        ),
    )
    if (more := len(clients) - NAMES_SHOWN) <= 0:
        return shown
    return format_html(
        "{} {}", shown, ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
    )


def _short(client: Client) -> str:
    return Truncator(client.name).chars(60)
