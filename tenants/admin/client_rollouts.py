"""The same for many clients: a selection in the list, a page that asks, a rollout."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from tenants.admin import expectations
from tenants.admin.base import PageMixin, may_provision, refusal, rollout_url
from tenants.admin.selection import MAX_AT_ONCE, LeftOut, joined, keys_in, spelled_out
from tenants.exceptions import TenantError
from tenants.forms.rollouts import WavesForm
from tenants.models import Client, Operation, OperationKind
from tenants.operations.hindrance import hindrance
from tenants.operations.outlook import look_ahead
from tenants.operations.rollout import ALL_AT_ONCE, request_rollout
from tenants.operations.versions import behind

#: What can be started for many; a schema is dropped on a page of its own, by typing its name.
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

    def start_rollout(self: Any, request: HttpRequest, kind: str) -> HttpResponse:
        """Ask about the clients that the address names, or start what was asked about, and lead
        to the page that follows it."""
        if not may_provision(request) or not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in TITLES:
            return _back_to_list()
        if request.method in ("GET", "HEAD"):
            clients = clients_of(request, OperationKind(kind))
            asked = clients is not None and self._confirm(request, clients, OperationKind(kind))
            return asked or _back_to_list()
        keys = keys_in(request.POST.get("clients", ""), at_most=MAX_AT_ONCE)
        if not keys:
            messages.error(request, _t("Nothing was started: select the clients again."))
            return _back_to_list()
        clients = Client.objects.filter(pk__in=keys)
        form = None
        if kind == OperationKind.MIGRATE_SCHEMA:
            form = WavesForm(request.POST, names=dict(clients.values_list("schema_name", "pk")))
            if not form.is_valid():
                asked = self._confirm(request, clients, OperationKind(kind), form=form)
                return asked or _back_to_list()
        chosen, left_out = _sort(clients, OperationKind(kind))
        try:
            result = request_rollout(
                chosen,
                OperationKind(kind),
                acting_user=request.user,
                waves=form.waves() if form else ALL_AT_ONCE,
            )
        except TenantError as error:
            messages.error(request, refusal(error))
            return _back_to_list()
        for client, error in result.refused:
            left_out.refuse(str(client), error)
        for text in left_out.messages():
            messages.warning(request, text)
        if result.rollout is None:
            messages.error(request, _t("Nothing was started."))
            return _back_to_list()
        return HttpResponseRedirect(rollout_url(result.rollout))

    def _confirm(
        self,
        request: HttpRequest,
        queryset: QuerySet[Client],
        kind: OperationKind,
        *,
        form: WavesForm | None = None,
    ) -> HttpResponse | None:
        """The page that asks; ``None``, with a message, where nothing can be done."""
        chosen, left_out = _sort(queryset, kind)
        if not chosen:
            for text in left_out.messages() or [_t("Nothing was started: no client is selected.")]:
                messages.warning(request, text)
            return None
        migrates = kind == OperationKind.MIGRATE_SCHEMA
        outlook = look_ahead(chosen) if migrates else None
        in_parts = outlook is not None and outlook.is_in_parts
        names = {client.schema_name: client.pk for client in chosen}
        return self.page(
            request,
            "tenants/confirm_rollout.html",
            {
                "title": TITLES[kind],
                "creates": not migrates,
                "action": reverse("admin:tenants_client_rollout", args=[kind.value]),
                "back": _list_url(request),
                "count": len(chosen),
                "names": spelled_out([str(client) for client in chosen]),
                "points": expectations.of_many(kind, len(chosen), in_parts=in_parts),
                "left_out": left_out.rows(),
                # Exactly those that were shown are asked for, whatever is added meanwhile.
                "clients": joined(chosen),
                "form": (form or WavesForm.proposed(names)) if migrates else None,
                "outlook": outlook,
            },
        )


def clients_of(request: HttpRequest, kind: OperationKind) -> QuerySet[Client] | None:
    """The clients that an address names, of those in use: ``behind``, by ``version``, ``plan``
    and ``tag``, all of which must hold; ``None`` where it names none in a way that can be read."""
    asked = {name: request.GET[name] for name in ("behind", "version", "plan", "tag")
             if request.GET.get(name)}  # fmt: skip
    if not asked:
        return None
    clients = Client.objects.in_use()
    if kind == OperationKind.MIGRATE_SCHEMA:
        clients = behind(clients.filter(provisioned_at__isnull=False))
    if version := asked.get("version"):
        keys = keys_in(version, at_most=1)
        if not keys:
            return None
        clients = clients.filter(schema_version=keys[0])
    if plan := asked.get("plan"):
        clients = clients.filter(plan__code=plan)
    if tag := asked.get("tag"):
        clients = clients.filter(tags__contains=[tag])
    return clients


def _sort(queryset: QuerySet[Client], kind: OperationKind) -> tuple[list[Client], LeftOut]:
    """Those for whom it can be done, and those who are left out, by reason.

    Two queries, however many clients. The verb has the last word on each.
    """
    clients = list(queryset.order_by("name", "pk"))
    found = Operation.objects.open().filter(client__in=[client.pk for client in clients])
    open_ones = {operation.client_id: operation for operation in found}
    chosen: list[Client] = []
    left_out = LeftOut()
    for client in clients:
        if refused := hindrance(client, kind, open_operation=open_ones.get(client.pk)):
            left_out.refuse(str(client), refused)
        elif len(chosen) == MAX_AT_ONCE:
            reason = _t("Over the limit of %(n)d at a time; start them after these:")
            left_out.add(str(client), reason % {"n": MAX_AT_ONCE})
        else:
            chosen.append(client)
    return chosen, left_out


def _list_url(request: HttpRequest) -> str:
    """The list, under the filter that the selection was made with if it was made there."""
    url = reverse("admin:tenants_client_changelist")
    return request.get_full_path() if request.path == url else url


def _back_to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:tenants_client_changelist"))
