"""Users and groups, on both sides. Each side has its own; they only share these pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
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
from console.accounts.forms import GroupForm, NewUserForm, RightsForm, UserForm
from console.accounts.models import User
from console.modeladmin import ModelAdmin
from console.sites import monogram, public_site, tenant_site

# Groups belong to users here; Django's name for its app is no word of ours.
apps.get_app_config("auth").verbose_name = _("People")


class RightsAdmin(ModelAdmin):
    """A ModelAdmin whose form gives rights: those of its own site, within the user's own."""

    rights_field: ClassVar[str]

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if not issubclass(form, RightsForm):
            return form
        limits = {"acting_user": request.user, "offered": rights.of_site(self.admin_site)}
        return type(form.__name__, (form,), limits)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For somebody who may only look, rights in words in place of Django's long names."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        swap = {self.rights_field: "rights_in_words", "password_state": "password_is_set"}
        return [
            (title, {**options, "fields": [swap.get(name, name) for name in options["fields"]]})
            for title, options in fieldsets
        ]

    @display(description=_("rights"))
    def rights_in_words(self, obj: Any) -> str | SafeString:
        given = getattr(obj, self.rights_field).select_related("content_type")
        return format_html_join(
            "",
            "<div>{}: {}</div>",
            (
                (model, ", ".join(label for _pk, label in row))
                for model, row in rights.in_rows(given)
            ),
        ) or _t("None")


class UserAdmin(RightsAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    rights_field = "user_permissions"

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
    readonly_fields = ("password_state", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password_state")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Rights"), {"fields": ("groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    # One at a time: whoever is deleted is named, and looked at, before.
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(group_total=Count("groups"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

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

    @display(description=_("password"))
    def password_is_set(self, user: User) -> str:
        if user.has_usable_password():
            return _t("Set.")
        return _t("Not set: this user cannot sign in yet.")

    @display(description=_("password"))
    def password_state(self, user: User) -> SafeString:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        verb = _t("Change it") if user.has_usable_password() else _t("Set one")
        return format_html(
            '{} <a class="console-link" href="{}">{}</a>', self.password_is_set(user), url, verb
        )


@admin.register(User, site=public_site)
class StaffUserAdmin(UserAdmin):
    """Staff are deactivated, never deleted: operations name them."""

    unused_rights = ("delete",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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


@admin.register(Group, site=public_site)
@admin.register(Group, site=tenant_site)
class GroupAdmin(RightsAdmin):
    form = GroupForm
    rights_field = "permissions"
    list_display = ("name", "member_count", "right_count")
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "permissions")}),)
    # One by one: each is asked whether its rights may be taken from its members.
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.pk in rights.grantable_groups(request.user)
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                member_total=Count("user", distinct=True),
                right_total=Count("permissions", distinct=True),
            )
        )

    @display(description=_("members"), ordering="member_total")
    def member_count(self, group: Any) -> int:
        return group.member_total

    @display(description=_("rights"), ordering="right_total")
    def right_count(self, group: Any) -> int:
        return group.right_total
