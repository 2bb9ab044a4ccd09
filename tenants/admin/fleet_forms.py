"""What has to be said before something is done about a finding."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from console.names import validate_name
from tenants.exceptions import NameDoesNotMatch
from tenants.models import Plan, SchemaFinding
from tenants.validators import normalize_hostname


class FindingForm(forms.Form):
    """Nothing has to be said, if this is not extended."""

    def __init__(self, data: Any = None, *, finding: SchemaFinding) -> None:
        self.finding = finding
        super().__init__(data)


class AdoptForm(FindingForm):
    """Of the client that is made; nothing is asked where one has the schema's name already."""

    name = forms.CharField(
        label=_("Name"), max_length=120, validators=[validate_name],
        widget=UnfoldAdminTextInputWidget, help_text=_("Of the company whose schema it is."),
    )  # fmt: skip
    plan = forms.ModelChoiceField(
        Plan.objects.filter(is_retired=False), label=_("Plan"), widget=UnfoldAdminSelectWidget
    )
    admin_name = forms.CharField(
        label=_("Admin's name"), max_length=150, validators=[validate_name],
        widget=UnfoldAdminTextInputWidget, help_text=_("Whom to turn to. No account is made."),
    )  # fmt: skip
    admin_email = forms.EmailField(
        label=_("Admin's e-mail address"), max_length=254, widget=UnfoldAdminEmailInputWidget
    )
    domain = forms.CharField(
        label=_("Domain"), max_length=253, widget=UnfoldAdminTextInputWidget,
        help_text=_("The address at which its people will find it, such as acme.example.com."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, finding: SchemaFinding) -> None:
        super().__init__(data, finding=finding)
        if finding.client is not None:
            self.fields.clear()

    def clean_domain(self) -> str:
        return normalize_hostname(self.cleaned_data["domain"])


class DropOrphanForm(FindingForm):
    typed_name = forms.CharField(
        label=_("Name of the schema"),
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.finding.schema_name:
            raise ValidationError(str(NameDoesNotMatch(schema=self.finding.schema_name)))
        return typed
