"""The buttons “Deactivate” and “Reactivate”: of one user, and of those that are selected."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from console.accounts import activation
from console.accounts.models import User

#: How many are asked about at a time; each is named.
AT_ONCE = 200


class Activation:
    """For a ModelAdmin of users with ``roles``. Each button asks first, and a POST does it."""

    actions = ("deactivate_selected", "reactivate_selected")
    actions_detail = ("deactivate", "reactivate")

    def has_manage_permission(self: Any, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether somebody manages people at all; whom is asked of each."""
        return self.has_change_permission(request)

    def get_actions_detail(self: Any, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Of the two, the one that this user can take."""
        user = self.get_object(request, unquote(str(object_id)))
        if user is None or user.pk == request.user.pk:
            return []
        if not self.has_change_permission(request, user):
            return []
        wanted = "deactivate" if user.is_active else "reactivate"
        found = super().get_actions_detail(request, object_id)
        return [action for action in found if action.method.__name__ == wanted]

    @action(
        description=_("Deactivate"),
        permissions=["manage"],
        url_path="deactivate",
        icon="person_off",
    )
    def deactivate(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, deactivates=True)

    @action(
        description=_("Reactivate"),
        permissions=["manage"],
        url_path="reactivate",
        icon="person_check",
        variant=ActionVariant.PRIMARY,
    )
    def reactivate(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, deactivates=False)

    def _ask_of_one(
        self: Any, request: HttpRequest, object_id: str, *, deactivates: bool
    ) -> HttpResponse:
        user = self.get_object(request, unquote(str(object_id)))
        if user is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        back = reverse("admin:accounts_user_change", args=[user.pk])
        if request.method == "POST":
            if self._do(request, user, deactivates=deactivates):
                text = _t("%(user)s is deactivated.") if deactivates else _t("%(user)s is active.")
                messages.success(request, text % {"user": user})
            return HttpResponseRedirect(back)
        return self._question(request, [user], back=back, deactivates=deactivates)

    @admin.action(description=_("Deactivate"), permissions=["manage"])
    def deactivate_selected(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        return self._ask_of_many(request, queryset, deactivates=True)

    @admin.action(description=_("Reactivate"), permissions=["manage"])
    def reactivate_selected(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        return self._ask_of_many(request, queryset, deactivates=False)

    def _ask_of_many(
        self, request: HttpRequest, queryset: QuerySet[User], *, deactivates: bool
    ) -> HttpResponse | None:
        """The page that asks, which sends the same selection again; then what it asked about."""
        chosen = list(queryset.filter(is_active=deactivates).order_by("email")[: AT_ONCE + 1])
        if not chosen or len(chosen) > AT_ONCE:
            none = _t("Nothing was done: nobody among the selected is active.")
            if not deactivates:
                none = _t("Nothing was done: everybody among the selected is active.")
            many = _t("Nothing was done: select %(n)d at the most.") % {"n": AT_ONCE}
            messages.warning(request, many if chosen else none)
            return None
        if "sure" not in request.POST:
            back = reverse("admin:accounts_user_changelist")
            return self._question(request, chosen, back=back, deactivates=deactivates)
        count = sum(self._do(request, user, deactivates=deactivates) for user in chosen)
        if count:
            if deactivates:
                text = ngettext("%(n)d user is deactivated.", "%(n)d users are deactivated.", count)
            else:
                text = ngettext(
                    "%(n)d user is active again.", "%(n)d users are active again.", count
                )
            messages.success(request, text % {"n": count})
        return None

    def _do(self: Any, request: HttpRequest, user: User, *, deactivates: bool) -> bool:
        """Whether it was done; if not, the page that comes next says why not."""
        try:
            if deactivates:
                activation.deactivate(user, roles=self.roles, acting_user=request.user)
            else:
                activation.reactivate(user, acting_user=request.user)
        except PermissionDenied:
            text = _t("%(user)s has rights that you do not have yourself, and was left as is.")
            messages.error(request, text % {"user": user})
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
        else:
            return True
        return False

    def _question(
        self: Any, request: HttpRequest, users: list[User], *, back: str, deactivates: bool
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            "accounts/activation.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _t("Deactivate") if deactivates else _t("Reactivate"),
                "original": users[0] if len(users) == 1 else None,
                "users": users,
                "deactivates": deactivates,
                "action": request.POST.get("action", ""),
                "checkbox_name": ACTION_CHECKBOX_NAME,
                "back": back,
            },
        )
