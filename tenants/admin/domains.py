"""Domains: host names, and whose they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants.admin.base import PageMixin, SecondLook, client_url, link
from tenants.forms import DomainForm
from tenants.models import Client, Domain


@admin.register(Domain, site=public_site)
class DomainAdmin(PageMixin, SecondLook, ModelAdmin):
    """The console's own domain can only be looked at. A primary domain gives up that place on
    its client's page before it can be deleted."""

    form = DomainForm
    actions = None
    list_display = ("domain", "client_link", "is_primary")
    list_filter = ("is_primary",)
    list_select_related = ("tenant",)
    list_per_page = 50
    search_fields = ("domain", "tenant__name", "tenant__schema_name")
    search_help_text = _("Domain, client or schema name")
    autocomplete_fields = ("tenant",)

    @display(description=_("client"), ordering="tenant__name")
    def client_link(self, domain: Domain) -> SafeString:
        return link(client_url(domain.tenant), domain.tenant)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_the_consoles(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_the_consoles(obj) and super().has_delete_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # A client that gets one more domain has its primary one.
        return {"is_primary": False, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(
        self, request: HttpRequest, obj: Domain | None = None
    ) -> tuple[str, ...]:
        # A domain that moved would take the first client's people to the second one's pages.
        return ("tenant",) if obj else ()

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name == "tenant":
            companies: QuerySet[Client] = Client.objects.companies()
            kwargs["queryset"] = companies
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        domain = self.get_object(request, unquote(object_id))
        if domain is not None and domain.is_primary and self.has_delete_permission(request, domain):
            messages.error(
                request,
                format_html(
                    _t("{} is the primary domain of {}. Mark another one there first."),
                    domain,
                    link(client_url(domain.tenant), domain.tenant),
                ),
            )
            return HttpResponseRedirect(reverse("admin:tenants_domain_change", args=[domain.pk]))
        return super().delete_view(request, object_id, extra_context)


def _is_the_consoles(obj: Any) -> bool:
    return isinstance(obj, Domain) and obj.tenant.is_public
