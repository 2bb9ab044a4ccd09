"""Forms for signing in and for managing users and groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from console.accounts import rights
from console.accounts.models import User
from console.names import validate_name
from console.others import LeavesOthersWork


class SignInForm(AuthenticationForm):
    """E-mail address and password; one message for whatever was wrong with them."""

    error_messages: ClassVar[dict[str, Any]] = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "This e-mail address and password do not match an account that may sign in here."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"


class ForgottenForm(forms.Form):
    """Whose password has been forgotten."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class ChecklistWidget(forms.CheckboxSelectMultiple):
    """Check boxes in rows; those that may not be touched are shown and cannot be ticked."""

    template_name = "console/widgets/checklist.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allowed: set[int] = set()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if int(str(value)) not in self.allowed:
            option["attrs"]["disabled"] = True
        return option


class RightsForm(LeavesOthersWork):
    """A form in which rights are given. The ModelAdmin's ``get_form`` sets the two attributes."""

    acting_user: User
    #: The rights that this side has.
    offered: QuerySet[Permission]

    def _check_list(
        self, name: str, allowed: set[int], choices: Iterable[Any], chosen_now: Iterable[int]
    ) -> None:
        field = self.fields[name]
        field.widget = ChecklistWidget()
        field.widget.allowed = allowed
        field.widget.is_required = False
        field.choices = choices
        field.help_text = (
            ""
            if self.acting_user.is_superuser
            else _("You can give and take what you have yourself.")
        )
        field.current = set(chosen_now)
        field.allowed = allowed
        # Browsers do not send disabled boxes: what was shown there was not taken away.
        field.shown = {int(key) for key in self.shown(name) or () if key.isdecimal()}
        if kept := field.shown - allowed:
            self.data = self.data.copy()
            sent = self.data.getlist(self.add_prefix(name))
            self.data.setlist(self.add_prefix(name), [*sent, *map(str, sorted(kept))])

    def _chosen(self, name: str) -> QuerySet[Any]:
        """What was ticked, with what is there and may not be touched left as it is."""
        field = self.fields[name]
        ticked = {obj.pk for obj in self.cleaned_data[name]}
        if ticked - field.current - field.allowed - field.shown:
            raise ValidationError(_t("You cannot give rights that you do not have yourself."))
        result = (ticked & field.allowed) | (field.current - field.allowed)
        return field.queryset.model.objects.filter(pk__in=result)

    def _in_words(self, name: str, field: forms.Field, value: Any) -> str:
        if getattr(field, "queryset", None) is None or field.queryset.model is not Permission:
            return super()._in_words(name, field, value)
        given = field.queryset.filter(pk__in=value or []).select_related("content_type")
        return ", ".join(sorted(map(rights.full_name, given)))

    def _current(self, name: str) -> list[int]:
        if self.instance.pk is None:
            return []
        return list(getattr(self.instance, name).values_list("pk", flat=True))


class GroupForm(RightsForm):
    class Meta:
        model = Group
        fields = ("name", "permissions")

    def prepare_fields(self) -> None:
        if "name" in self.fields:
            # The model is Django's.
            self.fields["name"].validators.append(validate_name)
        if "permissions" in self.fields:
            self.fields["permissions"].label = _("Rights")
            self._check_list(
                "permissions",
                rights.grantable(self.acting_user, self.offered),
                rights.in_rows(self.offered),
                self._current("permissions"),
            )

    def clean_permissions(self) -> QuerySet[Permission]:
        return self._chosen("permissions")


class UserForm(RightsForm):
    """Changes a user, with the groups and rights of their own."""

    class Meta:
        model = User
        fields = (
            "email",
            "name",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        )

    def prepare_fields(self) -> None:
        if "user_permissions" in self.fields:
            self.fields["user_permissions"].label = _("Rights of their own")
            self._check_list(
                "user_permissions",
                rights.grantable(self.acting_user, self.offered),
                rights.in_rows(self.offered),
                self._current("user_permissions"),
            )
        if "is_superuser" in self.fields:
            self.fields["is_superuser"].label = _("Superuser")
            self.fields["is_superuser"].help_text = _("Has every right here and may give any.")
        if "groups" in self.fields:
            groups = [(group.pk, group.name) for group in self.offered_groups()]
            self._check_list(
                "groups",
                rights.grantable_groups(self.acting_user),
                [(None, groups)] if groups else [],
                self._current("groups"),
            )

    def offered_groups(self) -> QuerySet[Group]:
        return Group.objects.order_by("name")

    def clean_user_permissions(self) -> QuerySet[Permission]:
        return self._chosen("user_permissions")

    def clean_groups(self) -> QuerySet[Group]:
        return self._chosen("groups")


class NewUserForm(forms.ModelForm):
    """Adds a user who has no password yet. Rights are given on the next page."""

    class Meta:
        model = User
        fields = ("email", "name")
        widgets: ClassVar[dict[str, Any]] = {
            "email": UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off"}),
            "name": UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        }

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)
