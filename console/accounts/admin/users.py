"""Users, as far as both sides have the same: roles first, finer rights folded away."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import Count, IntegerField, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import template_localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from console.accounts import rights
from console.accounts.admin.base import RightsAdmin
from console.accounts.admin.filters import SUPERUSER
from console.accounts.admin.sign_in_link import SignInLinkPage
from console.accounts.admin.try_again import TryAgainPage
from console.accounts.models import User
from console.accounts.roles import Role, is_kept
from console.sites import monogram
from console.throttling.rules import is_waiting_anywhere


class UserAdmin(SignInLinkPage, TryAgainPage, RightsAdmin, DjangoUserAdmin):
    #: The roles of the side.
    roles: ClassVar[type[Role]]

    add_form_template = "accounts/add_user.html"
    change_password_form = AdminPasswordChangeForm
    rights_field = "user_permissions"
    in_words: ClassVar[dict[str, str]] = {
        "password_state": "password_is_set",
        "role": "role_in_words",
        "groups": "groups_in_words",
    }
    search_fields = ("email", "name")
    search_help_text = _("Name or e-mail address")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("password_state", "superuser_state", "last_sign_in", "date_joined")
    add_fieldsets = ((None, {"fields": ("email", "name", "role")}),)
    # One at a time: whoever is deleted is named, and looked at, before.
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # One join for both; the lowest id is that of the role with the most rights.
        kept = Q(groups__in=self.roles.values)
        return (
            super()
            .get_queryset(request)
            # Carried by the row: a ModelAdmin is shared by all requests.
            .annotate(
                role_id=Coalesce(
                    Min("groups__pk", filter=kept), Value(0), output_field=IntegerField()
                ),
                group_total=Count("groups", filter=~kept),
                is_oneself=Q(pk=request.user.pk),
            )
        )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"acting_user": request.user})

    @method_decorator(sensitive_post_parameters())
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Django's, which writes the whole row: in a transaction, so that it holds that."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or rights.may_manage(request.user, obj)
        )

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the link with which the new colleague sets a password."""
        if "_addanother" in request.POST or not self.has_change_permission(request, obj):
            return super().response_add(request, obj, post_url_continue)
        messages.success(
            request, _t("%(user)s was added, and needs a password to sign in.") % {"user": obj}
        )
        return HttpResponseRedirect(reverse("admin:accounts_user_sign_in_link", args=[obj.pk]))

    @display(description=_("user"), ordering="email", header=True)
    def person(self, user: User) -> list[Any]:
        return [user.get_full_name(), user.email if user.name else "", monogram(str(user))]

    def shown_role(self, user: Any) -> Any:
        """The value and the text of the role's badge; ``None`` for somebody without one."""
        if user.is_superuser:
            return SUPERUSER, _t("Superuser")
        return (user.role_id, self.roles(user.role_id).label) if user.role_id else None

    @display(description=_("role"))
    def role_in_words(self, user: Any) -> str:
        if not user.role_id:
            return _t("No role")
        role = self.roles(user.role_id)
        return f"{role.label}: {role.summary}"

    @display(description=_("groups"))
    def groups_in_words(self, user: User) -> str:
        groups = user.groups.order_by("name")
        return ", ".join(g.name for g in groups if not is_kept(g, self.roles)) or _t("None")

    @display(description=_("last sign-in"), ordering="last_login")
    def last_sign_in(self, user: User) -> str | None:
        """In words: Unfold shows a moment on a form as Python writes it."""
        return localize(template_localtime(user.last_login)) if user.last_login else None

    @display(description=_("groups"), ordering="group_total")
    def group_count(self, user: Any) -> int:
        return user.group_total

    @display(description=_("superuser"), boolean=True)
    def superuser_state(self, user: User) -> bool:
        return user.is_superuser

    @display(description=_("password"))
    def password_is_set(self, user: User) -> str:
        if user.has_usable_password():
            return _t("Set.")
        return _t("Not set: this user cannot sign in yet.")

    @display(description=_("password"))
    def password_state(self, user: Any) -> SafeString:
        """Whether there is one, and the ways to another that are open to who looks at this."""
        links = []
        if user.is_oneself:
            links.append((reverse("admin:password_change"), _t("Change it")))
        else:
            if user.is_active and user.is_staff:
                url = reverse("admin:accounts_user_sign_in_link", args=[user.pk])
                links.append((url, _t("Sign-in link")))
            url = reverse("admin:auth_user_password_change", args=[user.pk])
            links.append((url, _t("Change it") if user.has_usable_password() else _t("Set one")))
            if is_waiting_anywhere(user.get_username()):
                url = reverse("admin:accounts_user_try_again", args=[user.pk])
                links.append((url, _t("Has to wait after failed sign-ins: let them try again")))
        shown = format_html_join(" · ", '<a class="console-link" href="{}">{}</a>', links)
        return format_html("{} {}", self.password_is_set(user), shown)
