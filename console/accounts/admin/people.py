"""A company's own people, and their groups."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.accounts import rights
from console.accounts.admin.activation import Activation
from console.accounts.admin.filters import (
    SENTENCES,
    SUPERUSER,
    OwnGroupsFilter,
    RoleFilter,
    State,
    StateFilter,
)
from console.accounts.admin.groups import GroupAdmin
from console.accounts.admin.users import UserAdmin
from console.accounts.admins import is_last_admin
from console.accounts.models import User
from console.accounts.role_forms import NewPersonForm, PersonForm
from console.accounts.roles import TenantRole
from console.sites import tenant_site


@admin.register(User, site=tenant_site)
class PersonAdmin(Activation, UserAdmin):
    roles = TenantRole
    form = PersonForm
    add_form = NewPersonForm
    list_display = ("person", "role_label", "state", "group_count", "last_sign_in")
    list_filter = (RoleFilter, StateFilter, ("groups", OwnGroupsFilter))
    readonly_fields = (*UserAdmin.readonly_fields, "state_in_words")
    fieldsets = (
        (None, {"fields": ("email", "name", "state_in_words", "password_state")}),
        (_("Role"), {"fields": ("role",)}),
        (
            _("Finer rights, beside the role"),
            {"fields": ("groups", "user_permissions"), "classes": ("collapse",)},
        ),
        (_("Dates"), {"fields": ("last_sign_in", "date_joined")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Superusers are made in a terminal; here it is only seen who is one."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.is_superuser:
            return fieldsets
        return [
            (title, {**options, "fields": (*options["fields"], "superuser_state")})
            if title == _("Role")
            else (title, options)
            for title, options in fieldsets
        ]

    @display(
        description=_("role"),
        ordering="role_id",
        label={
            SUPERUSER: "danger",
            TenantRole.OWNER: "primary",
            TenantRole.MANAGER: "info",
            TenantRole.MEMBER: "success",
            TenantRole.VIEWER: "default",
        },
    )
    def role_label(self, user: Any) -> Any:
        return self.shown_role(user)

    @display(
        description=_("state"),
        label={State.ACTIVE: "success", State.INVITED: "info", State.DEACTIVATED: "warning"},
    )
    def state(self, user: User) -> Any:
        state = State.of(user)
        return state, state.label

    @display(description=_("state"))
    def state_in_words(self, user: User) -> str:
        return str(SENTENCES[State.of(user)])

    # --- Deleting -----------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One at a time: Django's deletion of a selection does not ask who stays in charge."""
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or (obj.pk != request.user.pk and rights.may_manage(request.user, obj))
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            user = self.get_object(request, object_id)
            if user is not None and (hindrance := self._why_not_deleted(request, user)):
                messages.error(request, hindrance)
                url = reverse("admin:accounts_user_change", args=[user.pk])
                return HttpResponseRedirect(url)
            return super().delete_view(request, object_id, extra_context)

    def _why_not_deleted(self, request: HttpRequest, user: User) -> str:
        """Why nobody may; empty if there is no reason, or none for those who may not ask."""
        if user.pk == request.user.pk:
            return _t("You cannot delete yourself. Somebody else who may, can.")
        if self.has_delete_permission(request, user) and is_last_admin(user, self.roles):
            return _t("This is the last owner who can sign in, and cannot be deleted.")
        # Django's page would read and name every booking.
        if self.has_delete_permission(request, user) and user.time_entries.exists():
            return _t("%(user)s has booked time, which is kept. Deactivate them instead.") % {
                "user": user
            }
        return ""


@admin.register(Group, site=tenant_site)
class PeopleGroupAdmin(GroupAdmin):
    roles: ClassVar[Any] = TenantRole
    why_kept = _("It is the same for everybody who has it, so it cannot be changed here.")
