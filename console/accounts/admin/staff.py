"""The staff, and the groups of the staff."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from console.accounts.admin.base import swapped
from console.accounts.admin.filters import SUPERUSER, OwnGroupsFilter, RoleFilter
from console.accounts.admin.groups import GroupAdmin
from console.accounts.admin.users import UserAdmin
from console.accounts.models import User
from console.accounts.role_forms import NewStaffForm, StaffForm
from console.accounts.roles import StaffRole
from console.sites import public_site


@admin.register(User, site=public_site)
class StaffUserAdmin(UserAdmin):
    """Staff are deactivated, never deleted: operations name them."""

    roles = StaffRole
    form = StaffForm
    add_form = NewStaffForm
    unused_rights = ("delete",)
    list_display = ("person", "role_label", "group_count", "is_active", "last_sign_in")
    list_filter = (
        RoleFilter,
        ("is_active", BooleanRadioFilter),
        ("groups", OwnGroupsFilter),
    )
    fieldsets = (
        (None, {"fields": ("email", "name", "password_state")}),
        (_("Role"), {"fields": ("role", "is_superuser")}),
        (_("Access"), {"fields": ("is_active", "is_staff")}),
        (
            _("Finer rights, beside the role"),
            {"fields": ("groups", "user_permissions"), "classes": ("collapse",)},
        ),
        (_("Dates"), {"fields": ("last_sign_in", "date_joined")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser makes superusers; the others see who is one."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return swapped(fieldsets, {"is_superuser": "superuser_state"})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description=_("role"),
        ordering="role_id",
        label={
            SUPERUSER: "primary",
            StaffRole.MANAGER: "info",
            StaffRole.OPERATOR: "success",
            StaffRole.VIEWER: "default",
        },
    )
    def role_label(self, user: Any) -> Any:
        return self.shown_role(user)


@admin.register(Group, site=public_site)
class StaffGroupAdmin(GroupAdmin):
    roles: ClassVar[Any] = StaffRole
    why_kept = _(
        "This role is kept by the console: it gets its rights back with every start, so it "
        "cannot be changed here."
    )
