"""What can be done to one client: the buttons at the top of its page, and the pages behind them.

Opening any of these pages changes nothing. It says what will happen; the button on it does it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from tenants.admin.base import (
    client_url,
    may_invite,
    may_provision,
    operation_url,
    origin_of,
    report_refusal,
)
from tenants.admin.client_lifecycle import ClientLifecycle, refusal_of
from tenants.exceptions import TenantError
from tenants.models import Client, OperationKind
from tenants.operations.invite import link_hindrance, sign_in_link
from tenants.operations.request import request_operation

#: What a menu of Unfold's lacks; ``tenants/client.js`` does the rest.
MENU = {
    "data-menu": True,
    "role": "button",
    "tabindex": "0",
    "aria-haspopup": "true",
    "x-bind:aria-expanded": "actionDropdownOpen",
}


class ClientActions(ClientLifecycle):
    """The buttons at the top of a client's page, for its ModelAdmin."""

    actions_detail = (
        "create_schema",
        "reactivate",
        "restore",
        "migrate_schema",
        "sign_in_link",
        {
            "title": _("More"),
            "items": ["suspend", "archive", "change_removal", "drop_schema"],
        },
    )

    def has_provision_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_provision(request)

    def has_invite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_invite(request)

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
        return [action for action in actions if not _refusal(client, action.method.__name__)]

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

    @action(
        description=_("Sign-in link"),
        permissions=["view", "invite"],
        url_path="sign-in-link",
        icon="key",
    )
    def sign_in_link(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain the link; after a POST, show it. That it was shown is written into the
        client's history; the link itself is kept nowhere."""
        client = self.client_of(request, object_id)
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            "title": _t("Sign-in link"),
            "client": client,
            "original": client,
            "back": client_url(client),
            "valid_for": _in_words(settings.PASSWORD_RESET_TIMEOUT),
        }
        try:
            if refused := link_hindrance(client):
                raise refused
            if request.method == "POST":
                context["link"] = sign_in_link(
                    client, origin=origin_of(request), acting_user=request.user
                )
                self.log_change(
                    request, client, _t("Was shown a sign-in link for %s.") % client.admin_email
                )
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        response = self.page(request, "tenants/sign_in_link.html", context)
        add_never_cache_headers(response)
        return response

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


def _refusal(client: Client, name: str) -> TenantError | None:
    return link_hindrance(client) if name == "sign_in_link" else refusal_of(client, name)


def _in_words(seconds: int) -> str:
    now = timezone.now()
    return timeuntil(now + timedelta(seconds=seconds), now)
