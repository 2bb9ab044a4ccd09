"""What can be done to one client: make or migrate its schema, show the first admin's link.

Opening any of these pages changes nothing. It says what will happen; the button on it does it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
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
    PageMixin,
    client_url,
    may_invite,
    may_provision,
    operation_url,
    origin_of,
    report_refusal,
)
from tenants.exceptions import NoDomain, NotProvisioned, PublicIsUntouchable, TenantError
from tenants.models import Client, OperationKind
from tenants.operations.hindrance import hindrance
from tenants.operations.invite import sign_in_link
from tenants.operations.request import request_operation


class ClientActions(PageMixin):
    """The buttons at the top of a client's page, for its ModelAdmin."""

    actions_detail = ("create_schema", "migrate_schema", "sign_in_link")

    def has_provision_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_provision(request)

    def has_invite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_invite(request)

    def get_actions_detail(self: Any, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """The actions that this user has and that this client, as it is now, can take."""
        actions = super().get_actions_detail(request, object_id)
        client = self._client(request, object_id) if actions else None
        if client is None:
            return []
        return [action for action in actions if not _hindrance(client, action.method.__name__)]

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
        client = self._client(request, object_id)
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
            if refused := _hindrance(client, "sign_in_link"):
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
        client = self._client(request, object_id)
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            if refused := _hindrance(client, kind):
                raise refused
            if request.method == "POST":
                operation = request_operation(client, kind, acting_user=request.user)
                return HttpResponseRedirect(operation_url(operation))
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        return self.page(
            request,
            "tenants/confirm_operation.html",
            {
                "title": kind.label,
                "client": client,
                "original": client,
                "kind": kind,
                "creates": kind == OperationKind.CREATE_SCHEMA,
                "back": client_url(client),
            },
        )

    def _client(self: Any, request: HttpRequest, object_id: Any) -> Client | None:
        client = self.get_object(request, unquote(str(object_id)))
        if client is not None and not self.has_view_permission(request, client):
            raise PermissionDenied
        return client


def _hindrance(client: Client, wanted: str) -> TenantError | None:
    """Why this cannot be done to the client as it is, or ``None``.

    The verbs decide; this hides buttons, and answers at once where a verb would wait for the
    row of a client that a worker holds.
    """
    if wanted == "sign_in_link":
        return _no_link(client)
    open_operation = client.operations.open().first()
    return hindrance(client, OperationKind(wanted), open_operation=open_operation)


def _no_link(client: Client) -> TenantError | None:
    if client.is_public:
        return PublicIsUntouchable()
    if not client.is_provisioned:
        return NotProvisioned(client=client)
    return None if client.primary_domain else NoDomain(client=client)


def _in_words(seconds: int) -> str:
    now = timezone.now()
    return timeuntil(now + timedelta(seconds=seconds), now)
