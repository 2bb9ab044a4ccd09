"""Forms for users: a role is chosen, finer rights are beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console.accounts import rights
from console.accounts.admins import is_last_admin
from console.accounts.forms import NewUserForm, UserForm
from console.accounts.models import User
from console.accounts.roles import Role, StaffRole, TenantRole


class RoleWidget(forms.RadioSelect):
    """The roles with what they are for; those that may not be given cannot be chosen."""

    template_name = "console/widgets/roles.html"

    def __init__(self, *args: Any, roles: type[Role] = Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles
        self.allowed: set[int] = set()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if role := int(value or 0):
            option["summary"] = self.roles(role).summary
            if role not in self.allowed:
                option["attrs"]["disabled"] = True
        else:
            option["summary"] = _("Nothing but the rights that are ticked one by one.")
        return option


def role_field(roles: type[Role]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Role"),
        choices=[*((role.value, role.label) for role in reversed(roles)), ("", _("No role"))],
        coerce=int,
        empty_value=None,
        required=False,
        widget=RoleWidget(roles=roles),
    )


class RoleForm(forms.ModelForm):
    """A form with the field ``role``. The ModelAdmin's ``get_form`` sets ``acting_user``."""

    acting_user: User
    roles: ClassVar[type[Role]]

    def _prepare_role(self, current: int | None) -> None:
        field = self.fields.get("role")
        if field is None:
            return
        field.current = current
        field.widget.allowed = rights.grantable_groups(self.acting_user) | {current}
        field.initial = "" if current is None else current

    def clean_role(self) -> int | None:
        role = self.cleaned_data["role"]
        if role is not None and role not in self.fields["role"].widget.allowed:
            raise ValidationError(_t("You cannot give rights that you do not have yourself."))
        return role


class UserWithRoleForm(RoleForm, UserForm):
    """Changes a user. The role is one of the user's groups; ``groups`` has the rest.

    Keeps the last admin of the side.
    """

    last_admin_message: ClassVar[Any]

    def prepare_fields(self) -> None:
        super().prepare_fields()
        roles = [pk for pk in self._current("groups") if pk in self.roles.values]
        self._prepare_role(min(roles, default=None))
        groups = self.fields.get("groups")
        if groups is not None:
            groups.label = _("Other groups")
            there = self.initial.get("groups", ())
            self.initial["groups"] = [group for group in there if group.pk not in roles]

    def offered_groups(self) -> Any:
        return super().offered_groups().exclude(pk__in=self.roles.values)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "role" in cleaned and "groups" in cleaned:
            chosen = [group.pk for group in cleaned["groups"] if group.pk not in self.roles.values]
            cleaned["groups"] = Group.objects.filter(pk__in=[*chosen, cleaned["role"] or 0])
        if not self._stays_admin(cleaned) and is_last_admin(self.instance, self.roles):
            raise ValidationError(self.last_admin_message, code="last_admin")
        return cleaned

    def _stays_admin(self, cleaned: dict[str, Any]) -> bool:
        """Whether an admin of the side would still be one."""
        raise NotImplementedError


class NewUserWithRoleForm(RoleForm, NewUserForm):
    """Adds a user with a role. They set their password with a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_role(None)

    def _save_m2m(self) -> None:
        super()._save_m2m()
        if role := self.cleaned_data["role"]:
            self.instance.groups.add(role)


class StaffForm(UserWithRoleForm):
    """Changes one of the staff. Keeps the last superuser who can sign in."""

    roles = StaffRole
    role = role_field(StaffRole)
    last_admin_message = _(
        "This is the last superuser who can sign in. Make somebody else a superuser first."
    )

    def _stays_admin(self, cleaned: dict[str, Any]) -> bool:
        needed = ("is_active", "is_staff", "is_superuser")
        return all(cleaned.get(name, getattr(self.instance, name)) for name in needed)


class NewStaffForm(NewUserWithRoleForm):
    roles = StaffRole
    role = role_field(StaffRole)


class PersonForm(UserWithRoleForm):
    """Changes one of a company's people. Keeps the last owner who can sign in.

    Whether somebody is active is changed by a button, and nothing here makes superusers.
    """

    roles = TenantRole
    role = role_field(TenantRole)
    last_admin_message = _(
        "This is the last owner who can sign in. Make somebody else an owner first."
    )

    class Meta(UserForm.Meta):
        fields = ("email", "name", "groups", "user_permissions")

    def _stays_admin(self, cleaned: dict[str, Any]) -> bool:
        if self.instance.is_superuser or "role" not in cleaned:
            return True
        return cleaned["role"] == TenantRole.OWNER


class NewPersonForm(NewUserWithRoleForm):
    roles = TenantRole
    role = role_field(TenantRole)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if TenantRole.MEMBER in self.fields["role"].widget.allowed:
            self.fields["role"].initial = TenantRole.MEMBER
