"""What stands below the form on a client's page: use, admins, history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tenants.admin.client_admins import admins_of
from tenants.admin.client_history import history_of
from tenants.admin.client_use import use_panel
from tenants.models import Client


class ClientPanels:
    """For the ModelAdmin of clients. Each panel has a fixed number of queries."""

    change_form_outer_before_template = "tenants/client_contents.html"
    change_form_outer_after_template = "tenants/client_panels.html"

    def render_change_form(
        self: Any,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Client | None = None,
        **kwargs: Any,
    ) -> HttpResponse:
        if obj is not None and not obj.is_public:
            context.update(_panels(obj, request))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def _panels(client: Client, request: HttpRequest) -> dict[str, Any]:
    found = {
        "use": (_("Use"), use_panel(client, request)),
        "admins": (_("Admins of the tenant"), admins_of(client, request)),
        "history": (_("History"), history_of(client, request)),
    }
    shown = {name: pair for name, pair in found.items() if pair[1] is not None}
    return {
        **{name: panel for name, (_title, panel) in shown.items()},
        "panels": [f"tenants/client_{name}.html" for name in shown],
        "contents": [(f"client-{name}", title) for name, (title, _panel) in shown.items()],
    }
