"""The page of one client: its sections, and what can be changed when."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import flatten_fieldsets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from tenants.admin.base import client_url, link, may_provision
from tenants.admin.holding import HoldsClient
from tenants.forms import ClientDomainForm, ClientDomainFormSet, ClientForm
from tenants.forms.domains import rows_as_they_are
from tenants.models import Client, Domain

#: What the first admin's account is made of. It is there once the schema is.
FIRST_ADMIN = ("admin_name", "admin_email")


class DomainInline(TabularInline):
    """A client's domains. An archived client can give them up once it has no schema; they are of
    use to nobody else before."""

    model = Domain
    form = ClientDomainForm
    formset = ClientDomainFormSet
    hide_title = True
    ordering = ClientDomainFormSet.order

    def get_extra(self, request: HttpRequest, obj: Client | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def has_add_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_archived(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_archived(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return not _is_closed(obj) and super().has_delete_permission(request, obj)


class ClientFormPage(HoldsClient):
    """For the ModelAdmin of clients."""

    form = ClientForm
    inlines = (DomainInline,)
    change_form_before_template = "tenants/client_form_top.html"
    readonly_fields = ("sample",)

    # --- Sections ---------------------------------------------------------------------------

    def get_fieldsets(self: Any, request: HttpRequest, obj: Client | None = None) -> Any:
        company = ("name", "schema_name", "external_reference", "tags", "notes")
        branding = ("colour", "logo", "sample")
        if obj is not None and (obj.is_archived or not self.has_change_permission(request, obj)):
            branding = ("colour", "sample")  # Which shows the logo too.
        contact = ("contact_name", "contact_email", "contact_phone")
        return (
            (_("Company"), {"fields": company}),
            (_("Plan and trial"), {"fields": ("plan", "trial_ends_on")}),
            (_("Contact"), {"fields": contact}),
            (_("First admin"), {"fields": FIRST_ADMIN, "description": _about_first_admin(obj)}),
            (_("Language and time"), {"fields": ("language", "time_zone", "week_starts_on")}),
            (_("Branding"), {"fields": branding}),
            (_("Addresses"), {"fields": ("redirect_to_primary",)}),
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Client | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return self.readonly_fields
        if obj.is_archived:
            # The logo is shown by the sample; a form without the field would still take a file.
            return (*flatten_fieldsets(self.get_fieldsets(request, obj)), "logo")
        if obj.is_provisioned or _is_worked_on(obj):
            return (*self.readonly_fields, "schema_name", *FIRST_ADMIN)
        return self.readonly_fields

    def formfield_for_dbfield(self: Any, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "plan":
            field.widget.can_delete_related = False  # A plan is not deleted from a client's page.
        return field

    # --- What may be done -------------------------------------------------------------------

    def has_change_permission(self: Any, request: HttpRequest, obj: Any = None) -> bool:
        # Of an archived client without a schema the domains can still be given up.
        return not _is_closed(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_view(
        self: Any, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Nobody deletes a client, whatever their rights: say so, and what there is instead."""
        client = self.get_object(request, unquote(object_id))
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, client):
            raise PermissionDenied
        messages.warning(
            request,
            _t("Clients are not deleted. One that was added by mistake can be archived."),
        )
        return HttpResponseRedirect(client_url(client))

    def with_client_held(self, request: HttpRequest, client: Client) -> None:
        if "domains-TOTAL_FORMS" in request.POST:
            request.POST = rows_as_they_are(request.POST, client)

    def save_model(self: Any, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if change:
            # Only what this user changed: the rest belongs to others, and to the operations.
            columns = {field.name for field in obj._meta.concrete_fields}
            changed = [name for name in form.changed_data if name in columns]
            obj.save(update_fields=[*changed, "updated_at"])
            return
        super().save_model(request, obj, form, change)

    def response_add(
        self: Any, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        """As ever, and with the next step for those who may take it."""
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        if may_provision(request):
            url = reverse("admin:tenants_client_create_schema", args=[obj.pk])
            text = _t("Nobody can sign in at {} before it has a schema.")
            messages.info(
                request,
                format_html("{} {}", format_html(text, obj), link(url, _t("Create schema"))),
            )
        return response


def _is_archived(client: Any) -> bool:
    return isinstance(client, Client) and client.is_archived


def _is_closed(client: Any) -> bool:
    """Whether nothing of the client can be changed: it is archived, and its schema is there."""
    return _is_archived(client) and client.is_provisioned


def _is_worked_on(client: Client) -> bool:
    return client.operations.open().exists()


def _about_first_admin(client: Client | None) -> str:
    if client is None or client.is_archived:
        return ""
    if client.is_provisioned:
        return _t(
            "The first account was made with the schema, for this address. Its owner changes "
            "it on the client's own pages, so it cannot be changed here."
        )
    if _is_worked_on(client):
        return _t("This and the schema's name cannot be changed while an operation is not over.")
    return ""
