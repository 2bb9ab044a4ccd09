"""Forms for the staff's own users: a role is chosen, finer rights are beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console.accounts import rights
from console.accounts.forms import NewUserForm, UserForm
from console.accounts.models import User
from console.accounts.roles import SUMMARIES, StaffRole


class RoleWidget(forms.RadioSelect):
    """The roles with what they are for; those that may not be given cannot be chosen."""

    template_name = "console/widgets/roles.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allowed: set[int] = set()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        role = int(value or 0)
        option["summary"] = SUMMARIES.get(
            role, _("Nothing but the rights that are ticked one by one.")
        )
        if role and role not in self.allowed:
            option["attrs"]["disabled"] = True
        return option


def role_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Role"),
        choices=[*((role.value, role.label) for role in reversed(StaffRole)), ("", _("No role"))],
        coerce=int,
        empty_value=None,
        required=False,
        widget=RoleWidget,
    )


class RoleForm(forms.ModelForm):
    """A form with the field ``role``. The ModelAdmin's ``get_form`` sets ``acting_user``."""

    acting_user: User

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


class StaffForm(RoleForm, UserForm):
    """Changes one of the staff. The role is one of the user's groups; ``groups`` has the rest."""

    role = role_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [pk for pk in self._current("groups") if pk in StaffRole.values]
        self._prepare_role(min(roles, default=None))
        groups = self.fields.get("groups")
        if groups is not None:
            groups.label = _("Other groups")

    def offered_groups(self) -> Any:
        return super().offered_groups().exclude(pk__in=StaffRole.values)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "role" in cleaned and "groups" in cleaned:
            chosen = [group.pk for group in cleaned["groups"] if group.pk not in StaffRole.values]
            cleaned["groups"] = Group.objects.filter(pk__in=[*chosen, cleaned["role"] or 0])
        return cleaned


class NewStaffForm(RoleForm, NewUserForm):
    """Adds one of the staff with a role. They set their password with a link."""

    role = role_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_role(None)

    def _save_m2m(self) -> None:
        super()._save_m2m()
        if role := self.cleaned_data["role"]:
            self.instance.groups.add(role)
