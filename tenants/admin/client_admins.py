"""The admins of a client's tenant: who they are, one more, and a link with which they get in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from console.accounts.mail import mail_is_set
from console.names import validate_name
from tenants.admin.base import client_url, may_invite, origin_of, report_refusal
from tenants.admin.client_page import ClientPages, QuestionForm
from tenants.exceptions import AdminExists, TenantError, UserIsInactive, UserIsNoAdmin
from tenants.models import Client
from tenants.operations.invite import (
    TenantAdmin,
    add_tenant_admin,
    admin_hindrance,
    find_admin,
    link_hindrance,
    mail_sign_in_link,
    sign_in_link,
    tenant_admins,
)


class AdminForm(QuestionForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        validators=[validate_name],
        widget=UnfoldAdminTextInputWidget,
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=UnfoldAdminEmailInputWidget,
        help_text=_("With it they sign in. Several admins cannot share one."),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@dataclass(frozen=True, slots=True)
class AdminsPanel:
    #: ``None`` where the schema does not answer.
    admins: list[TenantAdmin] | None
    #: Where links are asked for, and admins added; empty where this user or this client cannot.
    link_url: str
    add_url: str


def admins_of(client: Client, request: HttpRequest) -> AdminsPanel | None:
    """The panel, with what those may do who may invite; ``None`` where there is no tenant."""
    if not client.is_provisioned:
        return None
    may = may_invite(request)
    link = reverse("admin:tenants_client_sign_in_link", args=[client.pk])
    add = reverse("admin:tenants_client_add_admin", args=[client.pk])
    return AdminsPanel(
        tenant_admins(client),
        link_url=link if may and not link_hindrance(client) else "",
        add_url=add if may and not admin_hindrance(client) else "",
    )


class ClientAdmins(ClientPages):
    """The pages of a tenant's admins, for the ModelAdmin of clients."""

    def has_invite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_invite(request)

    @action(
        description=_("Add admin"),
        permissions=["view", "invite"],
        url_path="add-admin",
        icon="person_add",
    )
    def add_admin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(client: Client, answer: dict[str, Any]) -> HttpResponse:
            try:
                user = add_tenant_admin(client, **answer, acting_user=request.user)
            except (AdminExists, UserIsNoAdmin, UserIsInactive) as error:
                raise ValidationError({"email": str(error)}) from error
            messages.success(request, _t("%s is an admin now, without a password.") % user)
            if link_hindrance(client):
                return HttpResponseRedirect(client_url(client))
            link = reverse("admin:tenants_client_sign_in_link", args=[client.pk])
            return HttpResponseRedirect(f"{link}?{urlencode({'email': user.email})}")

        return self.ask(
            request,
            object_id,
            template="tenants/client_add_admin.html",
            title=_("Add admin"),
            form_class=AdminForm,
            refused=admin_hindrance,
            do=do,
        )

    @action(
        description=_("Sign-in link"),
        permissions=["view", "invite"],
        url_path="sign-in-link",
        icon="key",
    )
    def sign_in_link(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain the link; after a POST, show it or send it. ``email`` says to whom; without
        it, it is the first admin."""
        client = self.client_of(request, object_id)
        if client is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        asked = request.POST if request.method == "POST" else request.GET
        email = asked.get("email") or None
        who = {"email": email, "acting_user": request.user}
        context = {
            "title": _t("Sign-in link"),
            "client": client,
            "original": client,
            "back": client_url(client),
            "valid_for": _in_words(settings.PASSWORD_RESET_TIMEOUT),
            "may_mail": mail_is_set(),
        }
        try:
            context["admin"] = find_admin(client, **who)
            if request.method == "POST" and "mail" in request.POST:
                sent_to = mail_sign_in_link(client, origin=origin_of(request), **who)
                return self.done(request, client, _t("The link was sent to %(to)s."), to=sent_to)
            if request.method == "POST":
                context["link"] = sign_in_link(client, origin=origin_of(request), **who)
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        response = self.page(request, "tenants/sign_in_link.html", context)
        add_never_cache_headers(response)
        return response


def _in_words(seconds: int) -> str:
    now = timezone.now()
    return timeuntil(now + timedelta(seconds=seconds), now)
