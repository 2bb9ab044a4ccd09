"""Users, as far as both sides have the same; and the users of a tenant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from console.accounts import rights
from console.accounts.admin.base import RightsAdmin, swapped
from console.accounts.admin.sign_in_link import SignInLinkPage
from console.accounts.forms import NewUserForm, UserForm
from console.accounts.models import User
from console.sites import monogram, tenant_site


class UserAdmin(SignInLinkPage, RightsAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    add_form_template = "accounts/add_user.html"
    change_password_form = AdminPasswordChangeForm
    rights_field = "user_permissions"
    in_words: ClassVar[dict[str, str]] = {"password_state": "password_is_set"}

    list_display = ("person", "role", "group_count", "is_active", "last_login")
    list_filter = (
        ("is_active", BooleanRadioFilter),
        ("is_superuser", BooleanRadioFilter),
        ("groups", RelatedDropdownFilter),
    )
    search_fields = ("email", "name")
    search_help_text = _("Name or e-mail address")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("password_state", "superuser_state", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password_state")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Rights"), {"fields": ("groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name")}),)
    # One at a time: whoever is deleted is named, and looked at, before.
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return (
            super()
            .get_queryset(request)
            # Carried by the row: a ModelAdmin is shared by all requests.
            .annotate(group_total=Count("groups"), is_oneself=Q(pk=request.user.pk))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser makes superusers; the others see who is one."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return swapped(fieldsets, {"is_superuser": "superuser_state"})

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or rights.may_manage(request.user, obj)
        )

    @display(description=_("user"), ordering="email", header=True)
    def person(self, user: User) -> list[Any]:
        return [user.get_full_name(), user.email if user.name else "", monogram(str(user))]

    @display(description=_("role"), ordering="is_superuser", label={"all": "primary"})
    def role(self, user: User) -> Any:
        return ("all", _t("Superuser")) if user.is_superuser else None

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
        shown = format_html_join(" · ", '<a class="console-link" href="{}">{}</a>', links)
        return format_html("{} {}", self.password_is_set(user), shown)


@admin.register(User, site=tenant_site)
class TenantUserAdmin(UserAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or (obj.pk != request.user.pk and rights.may_manage(request.user, obj))
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if object_id == str(request.user.pk):
            messages.error(request, _t("You cannot delete yourself. Somebody else who may, can."))
            url = reverse("admin:accounts_user_change", args=[object_id])
            return HttpResponseRedirect(url)
        return super().delete_view(request, object_id, extra_context)
