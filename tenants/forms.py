"""Forms of the clients' pages."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminColorInputWidget

from tenants.models import Client, Domain
from tenants.schemas.inspect import schema_exists
from tenants.validators import (
    RESERVED_SCHEMA_NAMES,
    RESERVED_SCHEMA_PREFIXES,
    SCHEMA_NAME_MAX_LENGTH,
    suggest_schema_name,
)

#: How many endings (`_2`, `_3` …) are tried for a suggestion that is taken.
_ENDINGS = 99


class ClientForm(forms.ModelForm):
    """A client. A schema name that is left empty is made from the name."""

    class Meta:
        model = Client
        fields = ("name", "schema_name", "plan", "admin_name", "admin_email", "colour")
        widgets: ClassVar[dict[str, Any]] = {"colour": UnfoldAdminColorInputWidget()}

    class Media:
        js = ("tenants/client_form.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schema_name = self.fields.get("schema_name")
        if schema_name is not None:
            schema_name.required = False
            schema_name.help_text = _(
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
            schema_name.widget.attrs.update(attrs)

    def clean_schema_name(self) -> str:
        schema_name = self.cleaned_data["schema_name"]
        is_new = schema_name and schema_name != self.initial.get("schema_name")
        if is_new and schema_exists(schema_name):
            raise ValidationError(
                _("The database has a schema “%(name)s” already. Choose another name."),
                code="schema_exists",
                params={"name": schema_name},
            )
        return schema_name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
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
        return data


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


class ClientDomainForm(forms.ModelForm):
    """A row of a client's domains. Which of them is the primary one is the formset's concern."""

    class Meta:
        model = Domain
        fields = ("domain", "is_primary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # The column's heading names it to those who see it, and to nobody else.
            field.widget.attrs["aria-label"] = field.label

    def _get_validation_exclusions(self) -> set[str]:
        # The constraint “one primary domain” looks at the database, where the row that gives
        # the place up in this same submission still holds it.
        return {*super()._get_validation_exclusions(), "is_primary"}


class ClientDomainFormSet(PaginationInlineFormSet):
    """All domains of one client: exactly one primary, if there are any."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance._state.adding:
            form.initial["is_primary"] = index == 0 and not self.initial_form_count()

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if self._is_kept(form)]
        primary = [form for form in kept if form.cleaned_data.get("is_primary")]
        if not kept and self.instance.is_provisioned and self.initial_form_count():
            raise ValidationError(
                _("This client has a schema: without a domain nobody could reach it."),
                code="no_domain",
            )
        if kept and not primary:
            raise ValidationError(
                _("Mark one of the domains as the primary one: links lead there."),
                code="no_primary",
            )
        if len(primary) > 1:
            raise ValidationError(
                _("Only one domain can be the primary one. These are marked: %(domains)s."),
                code="several_primary",
                params={"domains": ", ".join(form.cleaned_data["domain"] for form in primary)},
            )

    def _is_kept(self, form: forms.ModelForm) -> bool:
        if self.can_delete and self._should_delete_form(form):
            return False
        return bool(form.cleaned_data.get("domain"))

    def save(self, commit: bool = True) -> list[Domain]:
        """Save the rows; the old primary gives up its place before the new one takes it."""
        if commit:
            chosen = [
                form.instance.pk
                for form in self.forms
                if self._is_kept(form) and form.cleaned_data["is_primary"]
            ]
            Domain.objects.filter(tenant=self.instance, is_primary=True).exclude(
                pk__in=[pk for pk in chosen if pk]
            ).update(is_primary=False)
        return super().save(commit)


class DomainForm(forms.ModelForm):
    """One domain by itself."""

    class Meta:
        model = Domain
        fields = ("domain", "tenant", "is_primary")

    def _get_validation_exclusions(self) -> set[str]:
        # `clean` says the same as the constraint, and says whose place it is.
        return {*super()._get_validation_exclusions(), "is_primary"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        client = data.get("tenant") or (self.instance.tenant if self.instance.pk else None)
        if client is None:
            return data
        other = client.domains.filter(is_primary=True).exclude(pk=self.instance.pk).first()
        if data.get("is_primary") and other is not None:
            self.add_error(
                "is_primary",
                ValidationError(
                    _(
                        "%(client)s has a primary domain, %(domain)s. Move the mark on the "
                        "client's own page."
                    ),
                    code="several_primary",
                    params={"client": client, "domain": other},
                ),
            )
        if not data.get("is_primary") and other is None:
            self.add_error(
                "is_primary",
                ValidationError(
                    _("%(client)s has no other primary domain, so this one has to be it."),
                    code="no_primary",
                    params={"client": client},
                ),
            )
        return data
