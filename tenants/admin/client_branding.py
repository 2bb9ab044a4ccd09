"""The colour and the logo on a client's page, with a sample of what they look like."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import Storage
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.decorators import display

from console.uploads import was_cut
from tenants.branding.sample import render_sample, shades
from tenants.branding.views import logo_response
from tenants.models import Client


class ClientBranding:
    """For the ModelAdmin of clients."""

    def get_urls(self: Any) -> list[URLPattern]:
        site = self.admin_site
        logo = site.admin_view(self.logo_view, cacheable=True)
        return [
            path("shades/", site.admin_view(self.shades_view), name="tenants_client_shades"),
            path("<int:pk>/logo/<str:name>", logo, name="tenants_client_logo"),
            *super().get_urls(),
        ]

    @display(description=_("Sample"))
    def sample(self, client: Client) -> str:
        return render_sample(client)

    @method_decorator(require_safe)
    def shades_view(self: Any, request: HttpRequest) -> HttpResponse:
        """The shades of ``?colour=#2563eb`` as JSON, for the sample; 400 for what is no colour."""
        if not (self.has_view_or_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        found = shades(request.GET.get("colour", "").lower())
        return JsonResponse(found, status=200 if found else 400)

    @method_decorator(require_safe)
    def logo_view(self: Any, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """A client's logo, for those who may see the client."""
        client = Client.objects.companies().filter(pk=pk, logo=name).first()
        if not self.has_view_permission(request, client):
            raise PermissionDenied
        if client is None:
            raise Http404
        response = logo_response(client)
        response["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    def get_form(self: Any, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"was_cut": True}) if was_cut(request) else form

    def save_model(self: Any, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        """Save, and take away the file that is of no use afterwards: the old one once all is
        written, or the new one if it is not."""
        if "logo" not in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        storage: Storage = obj.logo.storage
        old = Client.objects.values_list("logo", flat=True).get(pk=obj.pk) if change else ""
        super().save_model(request, obj, form, change)
        request.stored_logo = obj.logo.name  # type: ignore[attr-defined]
        if old and old != obj.logo.name:
            transaction.on_commit(lambda: storage.delete(old))

    def render_change_form(
        self: Any, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context.get("errors") and "logo" in request.FILES:
            # Browsers do not fill in a file again.
            messages.warning(request, _t("Choose the logo again: it was not kept."))
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Exception:
            if name := request.__dict__.pop("stored_logo", ""):
                Client._meta.get_field("logo").storage.delete(name)
            raise
