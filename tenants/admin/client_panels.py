"""What stands around the form on a client's page: above it how things stand, below it history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tenants.admin.client_admins import admins_of
from tenants.admin.client_history import history_of
from tenants.admin.client_summary import summary_of
from tenants.admin.client_use import use_panel
from tenants.models import Client


class ClientPanels:
    """For the ModelAdmin of clients. Each panel has a fixed number of queries."""

    change_form_outer_before_template = "tenants/client_overview.html"
    change_form_outer_after_template = "tenants/client_panels.html"

    def render_change_form(
        self: Any,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Client | None = None,
        **kwargs: Any,
    ) -> HttpResponse:
        # A form that was not saved is what its user wants to see, and nothing else.
        if obj is not None and not context["errors"]:
            context.update(_panels(obj, request, context["inline_admin_formsets"]))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def _panels(client: Client, request: HttpRequest, inlines: list[Any]) -> dict[str, Any]:
    above = {
        "summary": summary_of(client, request),
        "use": use_panel(client),
        "admins": admins_of(client, request),
    }
    history = history_of(client, request)
    contents = [("client_form", _("Details"))]
    if inlines:
        contents.append(("domains-group", _("Domains")))
    if history is not None:
        contents.append(("client-history", _("History")))
    return {
        **above,
        "history": history,
        "overview": [f"tenants/client_{name}.html" for name, panel in above.items() if panel],
        "panels": ["tenants/client_history.html"] if history else [],
        "contents": contents,
    }
