"""The page that lets somebody try their password again, who has to wait after failed sign-ins."""

from __future__ import annotations

from typing import Any

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
from console.accounts.models import User
from console.history.record import record_event
from console.throttling.rules import forget_failures, is_waiting_anywhere


class TryAgainPage:
    """For a ModelAdmin of users; for those who may change the user."""

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.try_again_view))
        return [
            path("<id>/try-again/", view, name="accounts_user_try_again"),
            *super().get_urls(),
        ]

    def try_again_view(self: Any, request: HttpRequest, id: str) -> HttpResponse:
        """Say whether the user has to wait; after a POST, they do not."""
        user = self.get_object(request, unquote(id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        if request.method == "POST":
            if let_try_again(user):
                messages.success(request, _("%(user)s can try again now.") % {"user": user})
            return HttpResponseRedirect(back)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Let them try again"),
            "opts": self.opts,
            "original": user,
            "person": user,
            "is_waiting": is_waiting_anywhere(user.get_username()),
            "back": back,
        }
        return TemplateResponse(request, "accounts/try_again.html", context)


def let_try_again(user: User) -> bool:
    """Forget the user's failed sign-ins, and write that down; whether there were any."""
    with transaction.atomic():
        if not forget_failures(user.get_username()):
            return False
        record_event(user, UserEvent.LET_TRY_AGAIN, email=user.email)
    return True
