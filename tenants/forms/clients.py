"""The form of a client."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from console.others import LeavesOthersWork
from tenants.forms.fields import ColourField, LogoField, TagsField, TimeZoneField
from tenants.forms.turned_down import CanBeTurnedDown
from tenants.models import Client
from tenants.operations.plans import plans_for
from tenants.schemas.inspect import schema_exists
from tenants.validators import (
    RESERVED_SCHEMA_NAMES,
    RESERVED_SCHEMA_PREFIXES,
    SCHEMA_NAME_MAX_LENGTH,
    suggest_schema_name,
)

#: How many endings (`_2`, `_3` …) are tried for a suggestion that is taken.
_ENDINGS = 99


class ClientForm(LeavesOthersWork, CanBeTurnedDown):
    """A client. A schema name that is left empty is made from the name."""

    tags = TagsField(
        label=_("Tags"),
        required=False,
        known=Client.objects.tags_in_use,
        help_text=_("Words to find clients by, with commas between them."),
    )
    time_zone = TimeZoneField(
        label=_("Time zone"), initial=Client._meta.get_field("time_zone").default
    )
    colour = ColourField(
        label=_("Colour"),
        initial=Client._meta.get_field("colour").default,
        help_text=_("The main colour of the client's own pages, as “#2563eb”."),
    )
    logo = LogoField(
        label=_("Logo"),
        help_text=_("PNG, JPEG or WebP, 1 MB at the most. Best square; letters stand in for it."),
    )
    without_initial = ("logo", "confirmed_name")
    #: Whether there was a logo that was too large to be kept; the ModelAdmin's ``get_form`` knows.
    was_cut = False
    #: A name that somebody else has is asked about once; then it is in here, and taken.
    confirmed_name = forms.CharField(required=False, widget=forms.HiddenInput())

    class Meta:
        model = Client
        fields = (
            "name",
            "schema_name",
            "external_reference",
            "tags",
            "notes",
            "plan",
            "trial_ends_on",
            "contact_name",
            "contact_email",
            "contact_phone",
            "admin_name",
            "admin_email",
            "time_zone",
            "language",
            "week_starts_on",
            "colour",
            "logo",
            "redirect_to_primary",
        )

        widgets: ClassVar[dict[str, Any]] = {"notes": UnfoldAdminTextareaWidget({"rows": 4})}

    class Media:
        js = ("tenants/client_form.js", "tenants/branding.js")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tags" in self.fields:
            self.fields["tags"].suggest()
        if "time_zone" in self.fields:
            self.fields["time_zone"].keep(self.instance.time_zone)
        if "plan" in self.fields:
            self.fields["plan"].queryset = plans_for(self.instance)
        if "schema_name" in self.fields:
            self._prepare_schema_name(self.fields["schema_name"])

    def _prepare_schema_name(self, field: forms.Field) -> None:
        field.required = False
        field.help_text = _(
            "The client's schema in the database; suggested from the name. It cannot be "
            "changed once the schema is made."
        )
        attrs = {
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": str(SCHEMA_NAME_MAX_LENGTH),
        }
        if self.instance._state.adding:
            attrs |= {
                "data-suggest-from": "id_name",
                "data-reserved": json.dumps(sorted(RESERVED_SCHEMA_NAMES)),
                "data-reserved-prefixes": json.dumps(RESERVED_SCHEMA_PREFIXES),
            }
        field.widget.attrs.update(attrs)

    def clean_schema_name(self) -> str:
        schema_name: str = self.cleaned_data["schema_name"]
        is_new = schema_name and schema_name != self.initial.get("schema_name")
        if is_new and schema_exists(schema_name):
            raise ValidationError(
                _("The database has a schema “%(name)s” already. Choose another name."),
                code="schema_exists",
                params={"name": schema_name},
            )
        return schema_name

    def clean_logo(self) -> Any:
        if self.was_cut:
            raise ValidationError(_("The file is larger than 1 MB."), code="large_file")
        return self.cleaned_data["logo"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("schema_name") == "" and data.get("name"):
            suggestion = free_schema_name(data["name"])
            if suggestion:
                data["schema_name"] = suggestion
            else:
                self.add_error(
                    "schema_name",
                    _("No schema name can be made from this name. Give one."),
                )
        elif data.get("schema_name") == "":
            # The name is missing too: one message is enough, and it is there.
            del data["schema_name"]
        self._ask_about_name(data)
        self._ask_for_reference(data.get("external_reference"))
        return data

    def _ask_for_reference(self, reference: str | None) -> None:
        """Say beside the field what the constraint would say of the form as a whole."""
        others = Client.objects.exclude(pk=self.instance.pk).filter(external_reference=reference)
        if reference and "external_reference" in self.changed_data and others.exists():
            text = _t("Another client has this external reference.")
            self.add_error("external_reference", text)

    def _ask_about_name(self, data: dict[str, Any]) -> None:
        """Two companies may have one name. But a client that is added twice cannot be deleted, so
        the first attempt is turned down with a link to the other; the second is accepted."""
        name = data.get("name")
        if not name or "name" not in self.changed_data or name == data.get("confirmed_name"):
            return
        others = Client.objects.companies().filter(name__iexact=name)
        other = others.exclude(pk=self.instance.pk).first()
        if other is None:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("confirmed_name")] = name
        url = reverse("admin:tenants_client_change", args=[other.pk])
        question = _t("There is already a client {link}. If this is another one, save it again.")
        link = format_html(
            '<a class="tenants-link" href="{}" target="_blank">“{}”</a>', url, other.name
        )
        self.add_error("name", format_html(question, link=link))


def free_schema_name(name: str) -> str:
    """A schema name made from a company's name that nobody has yet; empty where there is none."""
    suggestion = suggest_schema_name(name)
    if not suggestion:
        return ""
    taken = set(
        Client.objects.filter(schema_name__startswith=suggestion[:36]).values_list(
            "schema_name", flat=True
        )
    )
    endings = ("", *(f"_{number}" for number in range(2, _ENDINGS + 1)))
    for ending in endings:
        candidate = suggestion[: SCHEMA_NAME_MAX_LENGTH - len(ending)].rstrip("_") + ending
        if candidate not in taken and not schema_exists(candidate):
            return candidate
    return ""
