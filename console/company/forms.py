"""The form of a company's own settings."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from console.others import LeavesOthersWork
from tenants.forms.fields import ColourField, LogoField, TimeZoneField
from tenants.forms.turned_down import CanBeTurnedDown
from tenants.models import Client
from tenants.operations.own_settings import BRANDING, may_brand


class CompanySettingsForm(LeavesOthersWork, CanBeTurnedDown):
    """Of a client's row what is its own to change; colour and logo where its plan has them.

    It judges and does not save: ``change_own_settings`` does, with ``changes()``.
    """

    time_zone = TimeZoneField(
        label=_("Time zone"), help_text=_("All times on these pages are shown in it.")
    )
    colour = ColourField(
        label=_("Colour"), help_text=_("The main colour of these pages, as “#2563eb”.")
    )
    logo = LogoField(
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, 1 MB at the most. Best square; letters stand in for it."),
    )
    without_initial = ("logo",)

    class Meta:
        model = Client
        fields = ("name", "language", "time_zone", "week_starts_on", "colour", "logo")
        labels: ClassVar[dict[str, Any]] = {
            "name": _("Company name"),
            "week_starts_on": _("Weeks start on"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "name": _("As it stands at the top of every page."),
            "language": _("For everybody here."),
            "week_starts_on": _("In the calendars of these pages."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "name": UnfoldAdminTextInputWidget({"autocomplete": "organization"}),
            "language": UnfoldAdminSelectWidget(),
            "week_starts_on": UnfoldAdminSelectWidget(),
        }

    class Media:
        js = ("tenants/branding.js",)

    def __init__(self, *args: Any, was_cut: bool = False, **kwargs: Any) -> None:
        """``was_cut``: there was a logo, which was too large to be kept."""
        super().__init__(*args, **kwargs)
        self._was_cut = was_cut
        if not may_brand(self.instance):
            for name in BRANDING:
                del self.fields[name]
        self.fields["time_zone"].keep(self.instance.time_zone)

    def clean_logo(self) -> Any:
        if self._was_cut:
            raise ValidationError(_("The file is larger than 1 MB."), code="large_file")
        return self.cleaned_data["logo"]

    def changes(self) -> dict[str, Any]:
        """What its user changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


def for_looking(form: forms.BaseForm) -> forms.BaseForm:
    """The form of somebody who may see and not change."""
    for field in form.fields.values():
        field.disabled = True
    return form
