"""What can be done to one client: the buttons at the top of its page, and the pages behind them.

Opening any of these pages changes nothing. It says what will happen; the button on it does it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from tenants.admin.base import may_provision, operation_url
from tenants.admin.client_admins import ClientAdmins
from tenants.admin.client_data import ClientData
from tenants.admin.client_lifecycle import (
    ClientLifecycle,
    action_hindrance,
    open_operation_of,
    refusal_of,
)
from tenants.admin.client_panels import ClientPanels
from tenants.exceptions import TenantError
from tenants.models import Client, Operation, OperationKind
from tenants.operations.data import data_hindrance
from tenants.operations.invite import admin_hindrance, link_hindrance
from tenants.operations.request import request_operation

#: What a menu of Unfold's lacks; ``tenants/client.js`` does the rest.
MENU = {
    "data-menu": True,
    "role": "button",
    "tabindex": "0",
    "aria-haspopup": "true",
    "x-bind:aria-expanded": "actionDropdownOpen",
}


class ClientActions(ClientPanels, ClientAdmins, ClientData, ClientLifecycle):
    """The buttons at the top of a client's page, for its ModelAdmin."""

    actions_detail = (
        "create_schema",
        "reactivate",
        "restore",
        "migrate_schema",
        "sign_in_link",
        "import_data",
        {
            "title": _("More"),
            "items": ["add_admin", "suspend", "archive", "change_removal", "drop_schema"],
        },
    )

    def has_provision_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_provision(request)

    def _get_actions_navigation(self: Any, *args: Any) -> list[Any]:
        """As Unfold's; a menu can be opened with the keyboard and says whether it is open."""
        navigation: list[Any] = super()._get_actions_navigation(*args)
        for item in navigation:
            if "items" in item:
                item["attrs"] = MENU
        return navigation

    def get_actions_detail(self: Any, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The actions that this user has and that this client, as it is now, can take."""
        actions = super().get_actions_detail(request, object_id)
        client = self.client_of(request, object_id) if actions else None
        if client is None:
            return []
        open_operation = open_operation_of(client)
        return [
            action
            for action in actions
            if not _refusal(client, action.method.__name__, open_operation)
        ]

    @action(
        description=_("Create schema"),
        permissions=["view", "provision"],
        url_path="create-schema",
        icon="add_circle",
        variant=ActionVariant.PRIMARY,
    )
    def create_schema(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operation(request, object_id, OperationKind.CREATE_SCHEMA)

    @action(
        description=_("Migrate schema"),
        permissions=["view", "provision"],
        url_path="migrate-schema",
        icon="upgrade",
    )
    def migrate_schema(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operation(request, object_id, OperationKind.MIGRATE_SCHEMA)

    def _operation(
        self: Any, request: HttpRequest, object_id: str, kind: OperationKind
    ) -> HttpResponse:
        """Ask whether it is meant; after a POST, start the operation and lead to its page."""

        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            operation = request_operation(client, kind, acting_user=request.user)
            return HttpResponseRedirect(operation_url(operation))

        return self.ask(
            request,
            object_id,
            template="tenants/confirm_operation.html",
            title=kind.label,
            refused=lambda client: refusal_of(client, kind),
            do=do,
            context=lambda client: {
                "kind": kind,
                "creates": kind == OperationKind.CREATE_SCHEMA,
            },
        )


def _refusal(client: Client, name: str, open_operation: Operation | None) -> TenantError | None:
    if name == "sign_in_link":
        return link_hindrance(client)
    if name == "import_data":
        return data_hindrance(client)
    if name == "add_admin":
        return admin_hindrance(client)
    return action_hindrance(client, name, open_operation=open_operation)
