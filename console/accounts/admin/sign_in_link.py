"""A link with which a colleague sets a password of their own, in place of one that is told."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from console.accounts.history import UserEvent
from console.accounts.links import own_link
from console.accounts.mail import MailNotTaken, mail_is_set, send_sign_in_link
from console.accounts.models import User
from console.history.record import record_event

logger = logging.getLogger(__name__)

DAY = 24 * 60 * 60


class SignInLinkPage:
    """The page “Sign-in link” of a user, for a ModelAdmin of users.

    For those who may change the user, and so have every right that the user has: whoever opens
    the link is signed in as that user.
    """

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.sign_in_link_view))
        return [
            path("<id>/sign-in-link/", view, name="accounts_user_sign_in_link"),
            *super().get_urls(),
        ]

    def sign_in_link_view(self: Any, request: HttpRequest, id: str) -> HttpResponse:
        """Explain the link; after a POST, show it. It is kept nowhere, but that it was shown is
        written down."""
        user = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        if hindrance := _hindrance(request, user):
            messages.error(request, hindrance)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sign-in link"),
            "opts": self.opts,
            "original": user,
            "person": user,
            "days": settings.PASSWORD_RESET_TIMEOUT // DAY,
            "back": back,
            "may_mail": mail_is_set(),
        }
        if request.method == "POST" and "mail" in request.POST:
            self._send(request, user, place=context["site_title"])
            return HttpResponseRedirect(back)
        if request.method == "POST":
            context["link"] = own_link(request, user)
            record_event(user, UserEvent.LINK_SHOWN, email=user.email)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "accounts/sign_in_link.html", context)

    def _send(self: Any, request: HttpRequest, user: User, *, place: Any) -> None:
        """Send the link. What is written down is committed each time: that it is being sent before
        the server is spoken to, so that no link is on its way without a trace."""
        if not mail_is_set():
            messages.error(
                request, _("The console has no mail server, so it cannot send anything.")
            )
            return
        with transaction.atomic(durable=True):
            record_event(user, UserEvent.LINK_BEING_SENT, email=user.email)
        try:
            send_sign_in_link(user, own_link(request, user), place=place)
        except MailNotTaken as exc:
            logger.warning("A sign-in link for a user was not sent: %s", exc)
            record_event(user, UserEvent.LINK_NOT_SENT, email=user.email)
            messages.error(
                request,
                _(
                    "The mail server did not take the message to %s, and nothing was sent. Try "
                    "again later, or show the link and pass it on yourself."
                )
                % user.email,
            )
            return
        record_event(user, UserEvent.LINK_SENT, email=user.email)
        messages.success(request, _("The link was sent to %s.") % user.email)


def _hindrance(request: HttpRequest, user: User) -> str:
    """Why this user is to have no link; empty if there is no reason."""
    if user.pk == request.user.pk:
        return _("You are signed in: change your own password under “Change password”.")
    if not (user.is_active and user.is_staff):
        return _("%(user)s may not sign in here, so a link would lead nowhere.") % {"user": user}
    return ""
