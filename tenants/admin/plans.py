"""Plans: what clients pay for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants.admin.base import PageMixin, SecondLook, link
from tenants.models import Plan
from tenants.resources import PlanResource


@admin.register(Plan, site=public_site)
class PlanAdmin(ImportExportMixin, PageMixin, SecondLook, ModelAdmin):
    """A plan that clients have cannot be deleted."""

    actions = None
    list_display = ("name", "code", "price", "number_of_clients")
    list_per_page = 50
    search_fields = ("name", "code")
    fields = ("name", "code", "description", ("price", "currency"))
    resource_classes = (PlanResource,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).annotate(client_count=Count("clients"))

    @display(description=_("price"), ordering="price")
    def price(self, plan: Plan) -> str:
        return f"{number_format(plan.price, 2)} {plan.currency}"

    @display(description=_("clients"), ordering="client_count")
    def number_of_clients(self, plan: Plan) -> SafeString | int:
        return _clients_link(plan, plan.client_count) if plan.client_count else 0

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        plan = self.get_object(request, unquote(object_id))
        if plan is None or not self.has_delete_permission(request, plan):
            return super().delete_view(request, object_id, extra_context)
        if not plan.client_count:
            try:
                return super().delete_view(request, object_id, extra_context)
            except ProtectedError:
                pass  # Somebody has given it to a client since.
        count = plan.clients.count()
        messages.error(
            request,
            format_html(
                ngettext(
                    "{} is the plan of {} and cannot be deleted. Give that client another one "
                    "first.",
                    "{} is the plan of {} and cannot be deleted. Give those clients another one "
                    "first.",
                    count,
                ),
                plan,
                _clients_link(plan, ngettext("%d client", "%d clients", count) % count),
            ),
        )
        return HttpResponseRedirect(reverse("admin:tenants_plan_change", args=[plan.pk]))


def _clients_link(plan: Plan, text: Any) -> SafeString:
    clients = reverse("admin:tenants_client_changelist")
    return link(f"{clients}?plan__id__exact={plan.pk}", text)
