"""The page of a company's own settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from unfold.forms import AdminForm

from console.company.admin.base import PageAdmin
from console.company.forms import CompanySettingsForm, for_looking
from console.company.models import Settings
from console.form_errors import error_links
from console.sites import tenant_site
from console.uploads import was_cut
from tenants.branding.sample import draw_sample, shades
from tenants.exceptions import ClientBusy, TenantError
from tenants.models import Client, Feature
from tenants.operations.own_settings import (
    BRANDING,
    change_own_settings,
    domains_of,
    hold_own_client,
    may_brand,
)
from tenants.use import own_use


@admin.register(Settings, site=tenant_site)
class SettingsAdmin(PageAdmin):
    """What the company may change of itself, and what it may know of its plan and addresses."""

    def more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.shades_view)
        return [path("shades/", view, name="company_settings_shades")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            return self._save(request)
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = CompanySettingsForm(instance=request.tenant)
        return self._page(request, form)

    def _save(self, request: HttpRequest) -> HttpResponse:
        """The form is judged by the row as it is now, which nobody else changes meanwhile."""
        with transaction.atomic():
            client, busy = request.tenant, None
            try:
                client = hold_own_client(client)
            except ClientBusy:
                busy = Exception(
                    _("Somebody else is changing your settings at this moment. Save again.")
                )
            form_class = CompanySettingsForm.turned_down(busy)
            form = form_class(
                request.POST, request.FILES, instance=client, was_cut=was_cut(request)
            )
            if form.is_valid() and self._change(request, form):
                return HttpResponseRedirect(reverse("admin:company_settings_changelist"))
        if "logo" in request.FILES:
            # Browsers do not fill in a file again.
            messages.warning(request, _("Choose the logo again: it was not kept."))
        return self._page(request, form)

    def _change(self, request: HttpRequest, form: CompanySettingsForm) -> bool:
        """Whether the changes are saved; where not, the form says why."""
        changes = form.changes()
        if not changes:
            messages.info(request, _("Nothing was changed."))
            return True
        try:
            change_own_settings(request.tenant, changes=changes, acting_user=request.user)
        except ValidationError as exc:
            form.add_error(None, exc)
        except TenantError as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, _("The settings were saved."))
            return True
        return False

    def _page(self, request: HttpRequest, form: CompanySettingsForm) -> HttpResponse:
        client: Client = request.tenant
        may_change = self.has_change_permission(request)
        if not may_change:
            for_looking(form)
        context = {
            "adminform": AdminForm(form, _fieldsets(form), {}, model_admin=self),
            "errors": form.errors,
            "error_links": error_links(form, ()),
            "media": self.media + form.media,
            "has_file_field": form.is_multipart(),
            "inline_admin_formsets": [],
            "may_change": may_change,
            "may_brand": may_brand(client),
            "sample": draw_sample(
                client,
                host=request.get_host().partition(":")[0],
                shades_url=reverse("admin:company_settings_shades"),
                logo_url=reverse("logo", args=[client.logo.name]) if client.logo else "",
                labels={"light": _("Your pages, light"), "dark": _("Your pages, dark")},
            ),
            "row": Settings.objects.filter(pk=Settings.ONLY).first(),
            "plan": client.plan,
            "use": {"bars": own_use(client), "features": _features(client)},
            "domains": domains_of(client),
            "support": settings.SUPPORT_EMAIL,
            **_SUBMIT_ROW,
            "has_change_permission": may_change,
        }
        return self.page(request, "company/settings.html", context)

    @method_decorator(require_safe)
    def shades_view(self, request: HttpRequest) -> HttpResponse:
        """The shades of ``?colour=#2563eb`` as JSON, for the sample; 400 for what is no colour."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = shades(request.GET.get("colour", "").lower())
        return JsonResponse(found, status=200 if found else 400)


#: What Django's row of buttons asks of the page of an object: here there is one button.
_SUBMIT_ROW = {
    "add": False,
    "change": True,
    "is_popup": False,
    "save_as": False,
    "show_save_and_continue": False,
    "has_add_permission": False,
    "has_delete_permission": False,
    "has_view_permission": True,
    "has_editable_inline_admin_formsets": False,
}


def _fieldsets(form: CompanySettingsForm) -> list[tuple[str, dict[str, Any]]]:
    fieldsets = [
        (_("Company"), {"fields": ["name"]}),
        (_("Language and time"), {"fields": ["language", "time_zone", "week_starts_on"]}),
    ]
    if set(form.fields) >= BRANDING:
        fieldsets.append((_("Colour and logo"), {"fields": ["colour", "logo"]}))
    return fieldsets


def _features(client: Client) -> list[tuple[str, bool]]:
    plan = client.plan
    return [(str(feature.label), plan.has(feature)) for feature in Feature] if plan else []
