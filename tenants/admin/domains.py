"""Domains: host names, and whose they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants.admin.base import PageMixin, SecondLook, client_url, link, report_refusal
from tenants.admin.holding import HoldsClient
from tenants.admin.state_badge import label, status_badge
from tenants.exceptions import TenantError
from tenants.forms import DomainForm
from tenants.models import Client, Domain
from tenants.operations.hindrance import domain_hindrance
from tenants.operations.locking import hold_client
from tenants.resources import DomainResource
from tenants.validators import normalize_hostname


@admin.register(Domain, site=public_site)
class DomainAdmin(ImportExportMixin, PageMixin, SecondLook, HoldsClient, ModelAdmin):
    """The console's own domain can only be looked at, and so can those of archived clients, which
    can be given up as well once there is no schema. A primary domain gives up that place on its
    client's page before it can be deleted."""

    form = DomainForm
    actions = None
    list_display = ("name", "client_link", "status", "place")
    list_filter = ("is_primary", ("tenant__status", ChoicesDropdownFilter))
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__name", "tenant__schema_name")
    search_help_text = _("Domain, client or schema name")
    autocomplete_fields = ("tenant",)
    resource_classes = (DomainResource,)

    # --- What is shown ----------------------------------------------------------------------

    @display(description=_("domain"), ordering="domain")
    def name(self, domain: Domain) -> SafeString | str:
        if not (shown := domain.in_unicode):
            return domain.domain
        quiet = "text-font-subtle-light dark:text-font-subtle-dark"
        return format_html('{} <span class="{}">{}</span>', domain.domain, quiet, shown)

    @display(description=_("client"), ordering="tenant__name")
    def client_link(self, domain: Domain) -> str | SafeString:
        # The console is no client, so it has no such page.
        if domain.tenant.is_public:
            return str(domain.tenant)
        return link(client_url(domain.tenant), domain.tenant)

    @display(description=_("client's status"), ordering="tenant__status")
    def status(self, domain: Domain) -> SafeString | None:
        return None if domain.tenant.is_public else status_badge(domain.tenant)

    @display(description=_("primary"), ordering="is_primary")
    def place(self, domain: Domain) -> SafeString | None:
        return label(_t("Primary"), "info") if domain.is_primary else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Domain], search_term: str
    ) -> tuple[QuerySet[Domain], bool]:
        # A name beyond ASCII is found as its owner writes it.
        if not search_term.isascii():
            found, _duplicates = super().get_search_results(
                request, queryset, normalize_hostname(search_term)
            )
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    # --- What may be changed ----------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = isinstance(obj, Domain) and (obj.tenant.is_public or obj.tenant.is_archived)
        return not is_fixed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_fixed = isinstance(obj, Domain) and obj.tenant.is_public
        return not is_fixed and super().has_delete_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        # A client that gets one more domain has its primary one.
        return {"is_primary": False, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(
        self, request: HttpRequest, obj: Domain | None = None
    ) -> tuple[str, ...]:
        # A domain that moved would take the first client's people to the second one's pages.
        return ("tenant",) if obj else ()

    def client_to_hold(self, request: HttpRequest, object_id: str | None) -> Any:
        if object_id is None:
            return request.POST.get("tenant") or None
        domain = self.get_object(request, unquote(object_id))
        return domain and domain.tenant_id

    def choices_for(
        self, field_name: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any]:
        """Those that a list of choices offers, as the field itself does."""
        if field_name != "tenant":
            return queryset
        return queryset.filter(pk__in=Client.objects.in_use())

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name == "tenant":
            clients: QuerySet[Client] = Client.objects.in_use()
            kwargs["queryset"] = clients
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        domain = self.get_object(request, unquote(object_id))
        if domain is None or not self.has_delete_permission(request, domain):
            return super().delete_view(request, object_id, extra_context)
        try:
            with transaction.atomic():
                if request.method == "POST":
                    domain.tenant = hold_client(domain.tenant_id)
                    domain.refresh_from_db(fields=["is_primary"])
                if refusal := domain_hindrance(domain):
                    raise refusal
                return super().delete_view(request, object_id, extra_context)
        except Domain.DoesNotExist:  # Somebody was quicker; Django's page says that it is gone.
            return super().delete_view(request, object_id, extra_context)
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(reverse("admin:tenants_domain_change", args=[domain.pk]))
